"""Key files: `dydxconfig.ini` and `apexconfig.ini`, in the original's sections, mode 0600, plain or sealed.

A worker reads STARK and API keys from them. An `eth_private_key`, which the original kept there too, is never read
here: it belongs to onboarding alone. What is wrong with a file is said without a word of what is in it, and what was
read is made known to the log, so that no line ever has it.
"""

import configparser
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from common import log
from common.core.errors import ConfigError
from common.core.market import Venue
from common.venues import key_file, sealed

FIELDS = ("public_key", "public_key_y_coordinate", "private_key", "key", "secret", "passphrase")
SECRETS = ("private_key", "key", "secret", "passphrase")
#: what else onboarding notes in the file, for people
ABOUT = ("ethereum_address", "account_id", "position_id", "host")
SEALED = "sealed"
_HEX_FIELDS = ("public_key", "public_key_y_coordinate", "private_key")
_HEX = re.compile("(0[xX])?[0-9a-fA-F]{1,64}")
#: goes into HTTP headers: what could end one, or cannot stand in one, is no key
_PLAIN = re.compile("[!-~]{1,512}")
_NOTHING: Mapping[str, str] = MappingProxyType({})


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


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of an account's keys, whole or not: each value with where it came from."""

    values: dict[str, str] = field(repr=False)
    origins: dict[str, str]
    about: dict[str, str]
    is_sealed: bool


def variable(venue: Venue, name: str) -> str:
    """The environment variable that stands in for one value of a key file: ARB_DYDX_SECRET and so on."""
    return f"ARB_{venue.upper()}_{name.upper()}"


def read(venue: Venue, path: Path, environ: Mapping[str, str] = _NOTHING) -> Keys:
    """Keys from file and environment; ConfigError (with the remedy) when they are not there, not safe, or not whole."""
    values = find(venue, path, environ).values
    missing = [name for name in FIELDS if not values.get(name) and name != "public_key_y_coordinate"]
    if missing:
        raise ConfigError(f"{path} lacks {', '.join(missing)} in section [{venue}]: onboard again")
    return Keys(venue=venue, **{name: values.get(name, "") for name in FIELDS})


def find(venue: Venue, path: Path, environ: Mapping[str, str] = _NOTHING, *, may_stay_sealed: bool = False) -> Found:
    """What file and environment have; the environment outranks the file. ConfigError for what can be no key."""
    given = {name: value for name in FIELDS if (value := environ.get(variable(venue, name)))}
    log.conceal(*(value for name, value in given.items() if name in SECRETS))
    section = _section(venue, path, may_lack=all(name in given for name in SECRETS))
    values = {name: section[name] for name in FIELDS if section.get(name)}
    stays = may_stay_sealed and sealed.passphrase(environ) is None
    if SEALED in section and not stays and not all(name in given for name in SECRETS):
        values |= _opened(venue, path, section, environ)
    if "private_key" in given and "public_key" not in given:
        given |= _public_of(venue, given["private_key"])
    _refuse_odd(venue, path, values | given)
    log.conceal(*(value for name, value in (values | given).items() if name in SECRETS))
    origin = "sealed in file" if SEALED in section else "file"
    origins = {name: origin if name in SECRETS else "file" for name in values}
    origins |= {name: f"${variable(venue, name)}" for name in given}
    about = {name: section[name] for name in ABOUT if section.get(name)}
    return Found(values | given, origins, about, SEALED in section)


def write(keys: Keys, path: Path, about: Mapping[str, str] = _NOTHING, passphrase: str | None = None) -> None:
    """Write a key file, mode 0600 from its first byte; an existing one is replaced whole. Sealed by a passphrase."""
    parser = configparser.ConfigParser(interpolation=None)
    values = {name: getattr(keys, name) for name in FIELDS}
    if passphrase is not None:
        hidden = {name: values.pop(name) for name in SECRETS}
        values[SEALED] = sealed.seal(hidden, passphrase, _owner(keys.venue, keys.public_key))
    parser[keys.venue.value] = values | dict(about)
    text = io.StringIO()
    parser.write(text)
    key_file.write(path, text.getvalue())


def _section(venue: Venue, path: Path, *, may_lack: bool) -> dict[str, str]:
    """The venue's section of the file; empty when there is no file and there need not be one."""
    try:
        text = key_file.text_of(path, f"venues.{venue}.keys in arb.toml")
    except FileNotFoundError:
        if may_lack:
            return {}
        raise ConfigError(f"no keys for {venue}: {path} does not exist; arbctl onboard {venue} makes it") from None
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error:
        raise ConfigError(f"{path} is not an ini file with a section [{venue}]: onboard again") from None
    if not parser.has_section(venue.value):
        raise ConfigError(f"{path} has no section [{venue}]: put the keys of {venue} below a line [{venue}]")
    return dict(parser.items(venue.value))


def _opened(venue: Venue, path: Path, section: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """What is sealed in a file."""
    given = sealed.passphrase(environ)
    if given is None:
        where = f"{sealed.PASSPHRASE}, or {sealed.PASSPHRASE_FILE} to a file of mode 0600 with it"
        raise ConfigError(f"{path} is sealed: set {where}")
    try:
        found = sealed.opened(section[SEALED], given, _owner(venue, section.get("public_key", "")))
    except ValueError:
        raise ConfigError(f"{path} cannot be opened: another passphrase, or the file was altered") from None
    return {name: found[name] for name in SECRETS if name in found}


def _owner(venue: Venue, public_key: str) -> str:
    return f"{venue} {public_key}"


def _public_of(venue: Venue, private_key: str) -> dict[str, str]:
    """The public key of a private one that the environment put in the place of the file's."""
    from common.venues import stark

    name = variable(venue, "private_key")
    if not _HEX.fullmatch(private_key):
        raise ConfigError(f"${name} cannot be a key: it must be hexadecimal")
    try:
        x, y = stark.public_key(int(private_key, 16))
    except ValueError:
        raise ConfigError(f"${name} is no STARK key") from None
    return {"public_key": f"0x{x:x}", "public_key_y_coordinate": f"0x{y:x}"}


def _refuse_odd(venue: Venue, path: Path, values: Mapping[str, str]) -> None:
    odd = [name for name, value in values.items() if not (_HEX if name in _HEX_FIELDS else _PLAIN).fullmatch(value)]
    if odd:
        raise ConfigError(f"{path}: {', '.join(odd)} in section [{venue}] cannot be a key: onboard again")
