"""A person's word that real money may be traded: for these settings, these accounts, this ledger. One small file.

Nothing of it is secret: an account is named by the hash of its public key. Whoever changes arb.toml, the keys or the
ledger has to give the word again.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from common.core.market import Venue
from common.endpoints import Endpoint
from common.venues import keys
from common.venues.keys import Keys

NAME: Final = "live.json"
_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Consent:
    """Who understood what, and when; `accounts` by venue, `ledger` is the first incarnation of the file."""

    config_hash: str
    accounts: Mapping[str, str]
    ledger: str
    who: str
    at_ns: int


def file_in(var: Path) -> Path:
    """Where the word is kept."""
    return var / NAME


def read(var: Path) -> Consent | None:
    """The word that was given; None without one that can be read."""
    try:
        raw = json.loads(file_in(var).read_text())
        accounts = {str(venue): str(name) for venue, name in raw["accounts"].items()}
        return Consent(str(raw["config_hash"]), accounts, str(raw["ledger"]), str(raw["who"]), int(raw["at_ns"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write(var: Path, given: Consent) -> None:
    """Keep the word, in place of an older one."""
    draft = file_in(var).with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(given), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(file_in(var))


def accounts_of(endpoints: Mapping[Venue, Endpoint]) -> dict[str, str]:
    """The accounts that the key files belong to; ConfigError when one cannot be read."""
    return {venue.value: fingerprint(keys.read(venue, endpoint.keys)) for venue, endpoint in endpoints.items()}


def fingerprint(account: Keys) -> str:
    """A name for the account that tells nothing: from its STARK public key, however that is written."""
    number = int(account.public_key, 16)
    return hashlib.sha256(f"{account.venue}:{number:064x}".encode()).hexdigest()[:_DIGITS]
