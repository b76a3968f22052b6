"""What the tests of the paper venues share: a moment, a ladder of prices, orders, a venue with one account."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.market import Side, Venue
from common.sim.accounts import AccountRecord, dydx_account_id
from common.sim.engine import PaperEngine, make_venue
from common.sim.listings import listings
from common.sim.types import PlaceRequest, SourceBook

SECOND = 1_000_000_000
#: 800 seconds past a whole hour
NOW = 1_700_000_000 * SECOND

SAMPLES = Path(__file__).parent / "samples" / "requests.json"
#: the first account of every Ganache chain, whose published key made the recordings
ADDRESS = "0x90f8bf6a479f320ead074411a4b0e7944ea8c9c1"


def _ladder(venue: Venue, mid: int = 42_000, market: str = "BTC", *, levels: int = 5, steps: int = 50) -> SourceBook:
    """Bids from `mid - 1` ticks down, asks from `mid + 1` up, `steps` at each; the index is the middle."""
    bids = tuple((mid - n, steps) for n in range(1, levels + 1))
    asks = tuple((mid + n, steps) for n in range(1, levels + 1))
    instrument = listings(venue, Decimal(0))[market].instrument
    return SourceBook(venue, market, bids, asks, instrument.price(mid))


def _ask(client_id: str, side: Side, size: str, price: int | str, lifetime: str = "IOC", **other: Any) -> PlaceRequest:
    """A BTC order; the limit fee is high enough at both venues."""
    values: dict[str, Any] = {
        "market": "BTC",
        "kind": "LIMIT",
        "post_only": False,
        "reduce_only": False,
        "limit_fee": Decimal(10**6),
        "expires_ns": NOW + 7200 * SECOND,
        "signature": "",
    }
    values |= other
    return PlaceRequest(
        client_id=client_id, side=side, size=Decimal(size), price=Decimal(price), lifetime=lifetime, **values
    )


def _opened(venue: Venue, balance: str = "1000", **settings: Any) -> PaperEngine:
    """A venue with account `a`; what it publishes is collected in `on_publish.__self__`."""
    engine = make_venue(venue, seed=settings.pop("seed", 1), **settings)
    engine.on_publish = list[Any]().append
    engine.open_account("a", Decimal(balance), NOW)
    return engine


@pytest.fixture(scope="session")
def ladder() -> Callable[..., SourceBook]:
    """Makes source books."""
    return _ladder


@pytest.fixture(scope="session")
def ask() -> Callable[..., PlaceRequest]:
    """Makes orders."""
    return _ask


@pytest.fixture(scope="session")
def opened() -> Callable[..., PaperEngine]:
    """Makes venues."""
    return _opened


@pytest.fixture(params=list(Venue))
def venue(request: pytest.FixtureRequest) -> Venue:
    """Each venue in turn."""
    return Venue(request.param)


@pytest.fixture(scope="session")
def recorded_holders() -> dict[Venue, AccountRecord]:
    """The accounts whose throw-away keys made the recordings of the official clients."""
    kept = json.loads(SAMPLES.read_text())["holders"]
    blank = AccountRecord(Venue.DYDX, dydx_account_id(ADDRESS), 0, 0, 0, ADDRESS, "", "", "")
    apex = replace(blank, venue=Venue.APEX, account_id="330547708362228116", **kept["apex"])
    return {Venue.DYDX: replace(blank, **kept["dydx"]), Venue.APEX: apex}
