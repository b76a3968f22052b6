"""Key files: `dydxconfig.ini` and `apexconfig.ini`, in the original's sections, mode 0600.

A worker reads STARK and API keys from them. An `eth_private_key`, which the original kept there too, is never read
here: it belongs to onboarding alone.
"""

import configparser
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from common.core.errors import ConfigError
from common.core.market import Venue

_FIELDS = ("public_key", "public_key_y_coordinate", "private_key", "key", "secret", "passphrase")


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
    """Keys from the file; ConfigError (with the remedy) when missing, readable by others, or incomplete."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        parser.read_string(path.read_text())
    except FileNotFoundError:
        raise ConfigError(f"no keys for {venue}: {path} does not exist") from None
    except configparser.Error:
        raise ConfigError(f"{path} is not an ini file with a section [{venue}]") from None
    if mode & 0o077:
        raise ConfigError(f"{path} can be read by others (mode {mode:o}): chmod 600 {path}")
    values = {name: parser.get(venue.value, name, fallback="") for name in _FIELDS}
    missing = [name for name, value in values.items() if not value and name != "public_key_y_coordinate"]
    if missing:
        raise ConfigError(f"{path} lacks {', '.join(missing)} in section [{venue}]")
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
