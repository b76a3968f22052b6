"""The accounts that the paper venues open by themselves: throw-away keys, written as the key files of a worker.

The key file is the only place where a secret is kept (mode 0600); everything else about an account follows from its
public key, so that a restart finds the same account and the journal never sees a secret. Accounts that somebody
onboards are kept by `enrolment`; what an account is called follows here for both.
"""

import base64
import hashlib
import secrets
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from common.core.errors import ConfigError
from common.core.market import Venue
from common.sim import ids
from common.venues import keys, stark
from common.venues.keys import Keys
from common.venues.stark_points import ORDER

#: dYdX derives account ids from addresses with this uuid namespace
DYDX_NAMESPACE = uuid.UUID("0f9da948-a6fb-4c45-9edc-4685c3f3317d")
_DYDX_POSITIONS = 10**6
_SECRET_BYTES = 30
_PASSPHRASE_BYTES = 15


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """What a paper venue must know to let an account in and to verify what it sends."""

    venue: Venue
    account_id: str
    position_id: int
    #: x coordinate of the STARK public key; y only where a client asks for it
    stark_x: int
    stark_y: int
    eth_address: str
    api_key: str
    secret: str = field(repr=False)
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a venue hands out for its API."""

    key: str = field(repr=False)
    secret: str = field(repr=False)
    passphrase: str = field(repr=False)


def open_accounts(folder: Path) -> dict[Venue, AccountRecord]:
    """One account per venue with its key file in `folder`; made on the first call, the same on every later one.

    ConfigError when a key file is there but cannot be used.
    """
    return {venue: _opened(venue, folder / f"{venue.value}config.ini") for venue in Venue}


def record_of(own: Keys) -> AccountRecord:
    """The account that belongs to these keys; its Ethereum address is made up, since nobody onboarded it."""
    public = stark.public_key(int(own.private_key, 16))
    address = "0x" + _digest(own.venue, public)[-20:].hex()
    return onboarded(own.venue, address, public, Credentials(own.key, own.secret, own.passphrase))


def onboarded(venue: Venue, address: str, public: tuple[int, int], credentials: Credentials) -> AccountRecord:
    """The account of an Ethereum address and a STARK key at one venue."""
    digits = int(ids.eighteen_digits(_digest(venue, public)))
    dydx = venue is Venue.DYDX
    return AccountRecord(
        venue=venue,
        account_id=dydx_account_id(address) if dydx else str(digits),
        position_id=digits % _DYDX_POSITIONS + 1 if dydx else digits,
        stark_x=public[0],
        stark_y=public[1],
        eth_address=address,
        api_key=credentials.key,
        secret=credentials.secret,
        passphrase=credentials.passphrase,
    )


def _digest(venue: Venue, public: tuple[int, int]) -> bytes:
    return hashlib.sha256(f"{venue}:{public[0]:x}".encode()).digest()


def dydx_account_id(address: str, number: int = 0) -> str:
    """dYdX's id of an address's account with this number."""
    user = uuid.uuid5(DYDX_NAMESPACE, address.lower())
    return str(uuid.uuid5(DYDX_NAMESPACE, f"{user}{number}"))


def _opened(venue: Venue, path: Path) -> AccountRecord:
    if not path.exists():
        keys.write(_fresh(venue), path)
    try:
        return record_of(keys.read(venue, path))
    except ValueError:
        raise ConfigError(f"{path}: private_key is no STARK key; move the file away to get a new account") from None


def fresh_credentials() -> Credentials:
    """New random ones, in the shape of both venues."""
    key = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
    return Credentials(key, _text(_SECRET_BYTES), _text(_PASSPHRASE_BYTES))


def _fresh(venue: Venue) -> Keys:
    private = secrets.randbelow(ORDER - 1) + 1
    x, y = stark.public_key(private)
    given = fresh_credentials()
    return Keys(
        venue=venue,
        public_key=f"{x:x}",
        public_key_y_coordinate=f"{y:x}",
        private_key=f"{private:x}",
        key=given.key,
        secret=given.secret,
        passphrase=given.passphrase,
    )


def _text(count: int) -> str:
    """Random bytes as the URL-safe base64 text that the venues hand out."""
    return base64.urlsafe_b64encode(secrets.token_bytes(count)).decode()
