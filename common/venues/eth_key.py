"""An Ethereum key: checked, made, put into a keystore file and taken out again. Only onboarding ever has one.

The file is the usual encrypted JSON (version 3) that wallets write and read. What is wrong with a key is said without
a word of it; the library that would say more is asked for nothing before that.
"""

import json
import re
import secrets
from pathlib import Path
from typing import Any

from common import log
from common.core.errors import ConfigError
from common.venues import key_file

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_HEX = re.compile("(0[xX])?[0-9a-fA-F]{64}")
#: of scrypt, in a file that we read: more would take all memory
_KDF_N_MAX = 1 << 20
#: errors of the library for a file that is no keystore, or for another passphrase
_NO_KEYSTORE = (ValueError, TypeError, KeyError, AttributeError, AssertionError, NotImplementedError)


def checked(text: str) -> str:
    """The key as 0x and 64 hexadecimal digits; ConfigError when it is none. The log knows it from now on."""
    word = text.strip()
    if not _HEX.fullmatch(word) or not 0 < int(word, 16) < _ORDER:
        raise ConfigError("that is no Ethereum key: it must be 64 hexadecimal digits, with or without 0x before them")
    number = int(word, 16)
    key = f"0x{number:064x}"
    log.conceal(word, key, key.removeprefix("0x"))
    return key


def fresh() -> str:
    """A new random key."""
    return checked(f"{secrets.randbelow(_ORDER - 1) + 1:064x}")


def address_of(key: str) -> str:
    """The address of a key, with the capitals that are its checksum."""
    return str(_account().from_key(key).address)


def write(key: str, path: Path, passphrase: str) -> None:
    """Put a key into a new keystore file of mode 0600; ConfigError when there is a file already."""
    if path.exists() or path.is_symlink():
        raise ConfigError(f"{path} exists already and is not overwritten: name another file")
    key_file.write(path, json.dumps(_account().encrypt(key, passphrase)) + "\n")


def read(path: Path, passphrase: str) -> str:
    """The key in a keystore file; ConfigError when the file is not safe, no keystore, or the passphrase is another."""
    try:
        kept: Any = json.loads(key_file.text_of(path, "--keystore"))
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist: arbctl keys encrypt FILE makes a keystore") from None
    except ValueError:
        raise ConfigError(f"{path} is no keystore: arbctl keys encrypt FILE makes one") from None
    _refuse_costly(kept, path)
    try:
        return checked(_account().decrypt(kept, passphrase).hex())
    except _NO_KEYSTORE as error:
        if "MAC mismatch" in str(error):
            raise ConfigError(f"{path} cannot be opened: another passphrase") from None
        raise ConfigError(f"{path} is no keystore: arbctl keys encrypt FILE makes one") from None


def _refuse_costly(kept: Any, path: Path) -> None:
    crypto = (
        {str(name).lower(): value for name, value in kept.items()}.get("crypto") if isinstance(kept, dict) else None
    )
    if not isinstance(crypto, dict) or not isinstance(crypto.get("kdfparams"), dict):
        raise ConfigError(f"{path} is no keystore: arbctl keys encrypt FILE makes one")
    size = crypto["kdfparams"].get("n", 1)
    if not isinstance(size, int) or size > _KDF_N_MAX:
        raise ConfigError(f"{path} asks for more memory than any keystore needs (n = {size})")


def _account() -> Any:
    from common.compat import prepare_sdk_import

    prepare_sdk_import()
    from eth_account import Account

    return Account
