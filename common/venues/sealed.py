"""Secrets under a passphrase: scrypt makes the key, AES-256-GCM seals. An ini file can hold the word that comes out.

Used by key files that hold no plain private key. The passphrase comes from the environment or from a file that the
environment names: supervisord hands both on to the workers, while it closes file descriptors and has no session in
which a keyring could be unlocked. The library is imported when something sealed is met.
"""

import base64
import binascii
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from common import log
from common.core.errors import ConfigError
from common.venues import key_file

PASSPHRASE, PASSPHRASE_FILE = "ARB_KEYS_PASSPHRASE", "ARB_KEYS_PASSPHRASE_FILE"
#: a shorter one would be found by trying
PASSPHRASE_MIN = 8
#: 2^15 blocks of 1 kB: 32 MB and a tenth of a second for us, and the same for each guess of somebody else
_LOG_N, _R, _P = 15, 8, 1
_LOG_N_MAX = 20
_KEY_BYTES, _SALT_BYTES, _NONCE_BYTES, _TAG_BYTES = 32, 16, 12, 16
_KIND = "scrypt-aes256gcm"


def seal(secrets: Mapping[str, str], passphrase: str, about: str) -> str:
    """The secrets as one word; `about` says whose they are, and opening it as another's fails."""
    from Crypto.Cipher import AES

    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    cipher = AES.new(_key(passphrase, salt, _LOG_N), AES.MODE_GCM, nonce=nonce, mac_len=_TAG_BYTES)
    cipher.update(about.encode())
    sealed, tag = cipher.encrypt_and_digest(json.dumps(dict(secrets)).encode())
    return ".".join((_KIND, str(_LOG_N), _text(salt), _text(nonce), _text(sealed + tag)))


def opened(word: str, passphrase: str, about: str) -> dict[str, str]:
    """What was sealed; ValueError when it is another word, passphrase or owner."""
    from Crypto.Cipher import AES

    try:
        kind, log_n, *parts = word.split(".")
        salt, nonce, sealed = (base64.b64decode(part, altchars=b"-_", validate=True) for part in parts)
    except (ValueError, binascii.Error):
        raise ValueError("not sealed by this program") from None
    if kind != _KIND or not log_n.isdigit() or not 1 <= int(log_n) <= _LOG_N_MAX or len(sealed) < _TAG_BYTES:
        raise ValueError("not sealed by this program")
    cipher = AES.new(_key(passphrase, salt, int(log_n)), AES.MODE_GCM, nonce=nonce, mac_len=_TAG_BYTES)
    cipher.update(about.encode())
    found = json.loads(cipher.decrypt_and_verify(sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]))
    return {str(name): str(value) for name, value in found.items()}


def passphrase(environ: Mapping[str, str]) -> str | None:
    """The passphrase of sealed key files; None when the environment has none. ConfigError for a file of no use."""
    given = environ.get(PASSPHRASE)
    if given is None and environ.get(PASSPHRASE_FILE):
        given = passphrase_in(Path(environ[PASSPHRASE_FILE]))
    if given:
        log.conceal(given)
    return given or None


def passphrase_in(path: Path) -> str:
    """The first line of a file that is ours alone, or of what a shell or a service manager hands over (/dev/fd/3)."""
    try:
        if stat.S_ISREG(path.stat().st_mode):
            key_file.refuse_unsafe(path, path.stat())
        with path.open() as file:
            line = file.readline(key_file.SIZE_MAX).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise ConfigError(f"the passphrase in {path} cannot be read: {why}") from None
    if not line:
        raise ConfigError(f"the passphrase in {path} is empty: put it on the first line")
    log.conceal(line)
    return line


def _key(given: str, salt: bytes, log_n: int) -> bytes:
    n = 1 << log_n
    return hashlib.scrypt(given.encode(), salt=salt, n=n, r=_R, p=_P, maxmem=256 * n * _R, dklen=_KEY_BYTES)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()
