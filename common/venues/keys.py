"""Key files: `dydxconfig.ini` and `apexconfig.ini`, in the original's sections, mode 0600.

A worker reads STARK and API keys from them. An `eth_private_key`, which the original kept there too, is never read
here: it belongs to onboarding alone. What is wrong with a file is said without a word of what is in it, and what was
read is made known to the log, so that no line ever has it.
"""

import configparser
import errno
import os
import re
import shlex
import stat
from dataclasses import dataclass, field
from pathlib import Path

from common import log
from common.core.errors import ConfigError
from common.core.market import Venue

_FIELDS = ("public_key", "public_key_y_coordinate", "private_key", "key", "secret", "passphrase")
_HEX_FIELDS = ("public_key", "public_key_y_coordinate", "private_key")
_SECRET_FIELDS = ("private_key", "key", "secret", "passphrase")
_HEX = re.compile("(0[xX])?[0-9a-fA-F]{1,64}")
#: goes into HTTP headers: what could end one, or cannot stand in one, is no key
_PLAIN = re.compile("[!-~]{1,512}")
_SIZE_MAX = 65_536


@dataclass(frozen=True, slots=True)
class Keys:
    """One account's keys; secrets are left out of its repr so that no log or traceback shows them."""

    venue: Venue
    public_key: str = field(repr=False)
    public_key_y_coordinate: str = field(repr=False)
    private_key: str = field(repr=False)
    key: str = field(repr=False)
    secret: str = field(repr=False)
    passphrase: str = field(repr=False)


def read(venue: Venue, path: Path) -> Keys:
    """Keys from the file; ConfigError (with the remedy) when it is not there, not safe, or not whole."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(_text(venue, path))
    except configparser.Error:
        raise ConfigError(f"{path} is not an ini file with a section [{venue}]: onboard again") from None
    if not parser.has_section(venue.value):
        raise ConfigError(f"{path} has no section [{venue}]: put the keys of {venue} below a line [{venue}]")
    values = {name: parser.get(venue.value, name, fallback="") for name in _FIELDS}
    missing = [name for name, value in values.items() if not value and name != "public_key_y_coordinate"]
    if missing:
        raise ConfigError(f"{path} lacks {', '.join(missing)} in section [{venue}]: onboard again")
    odd = [name for name, value in values.items() if value and not _fits(name, value)]
    if odd:
        raise ConfigError(f"{path}: {', '.join(odd)} in section [{venue}] cannot be a key: onboard again")
    log.conceal(*(values[name] for name in _SECRET_FIELDS))
    return Keys(venue=venue, **values)


def write(keys: Keys, path: Path) -> None:
    """Write a key file with mode 0600 from its first byte; an existing file is replaced whole."""
    parser = configparser.ConfigParser(interpolation=None)
    parser[keys.venue.value] = {name: getattr(keys, name) for name in _FIELDS}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        parser.write(file)
    draft.replace(path)


def _text(venue: Venue, path: Path) -> str:
    """The text of a file that is ours alone; what is looked at is what is read, should the name change meanwhile."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ConfigError(f"no keys for {venue}: {path} does not exist") from None
    except OSError as error:
        why = "is a link: name the file itself" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"
        raise ConfigError(f"{path} {why} (venues.{venue}.keys in arb.toml)") from None
    try:
        _refuse_unsafe(path, os.fstat(number))
        raw = os.read(number, _SIZE_MAX + 1)
    finally:
        os.close(number)
    if not raw.strip() or len(raw) > _SIZE_MAX:
        raise ConfigError(f"{path} is {'too long for a key file' if raw.strip() else 'empty'}: onboard again")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not text, so no key file: onboard again") from None


def _refuse_unsafe(path: Path, found: os.stat_result) -> None:
    name = shlex.quote(str(path))
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no plain file"
        raise ConfigError(f"{path} is {kind}: name the key file itself (venues.….keys in arb.toml)")
    if found.st_uid != os.geteuid():
        raise ConfigError(f"{path} belongs to somebody else (uid {found.st_uid}): sudo chown {os.geteuid()} {name}")
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        raise ConfigError(f"{path} can be read by others (mode {mode:o}): chmod 600 {name}")


def _fits(name: str, value: str) -> bool:
    return bool((_HEX if name in _HEX_FIELDS else _PLAIN).fullmatch(value))
