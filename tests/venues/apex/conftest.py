"""What the ApeX tests share: samples of messages, one account's keys, an order."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from common.core.market import Side, Venue
from common.core.order import Lifetime, Order, Purpose
from common.venues.apex.wire_market import Listing, find_listing
from common.venues.apex.wire_order import Signing
from common.venues.keys import Keys

SAMPLES = Path(__file__).parent / "samples"
#: the throw-away key that the recorded requests of the official client were signed with
STARK_PRIVATE = "4a2e2cbde814ed49382a2bd615069bf8aaf86687cb3358600179da0958336e9"
STARK_PUBLIC = "19abec62609941b13de20e07d9bb976317f74bba753d810215cf7fccb55fcd8"

Sample = Callable[[str], Any]
MakeOrder = Callable[..., Order]


@pytest.fixture
def sample() -> Sample:
    """A recorded-like message by name."""
    return lambda name: orjson.loads((SAMPLES / f"{name}.json").read_bytes())


@pytest.fixture
def listing(sample: Sample) -> Listing:
    return find_listing(sample("symbols")["data"], "BTC")


@pytest.fixture
def keys() -> Keys:
    return Keys(Venue.APEX, STARK_PUBLIC, "", STARK_PRIVATE, "key-1", "secret-1", "passphrase-1")


@pytest.fixture
def signing(keys: Keys) -> Signing:
    return Signing(position_id=330547708362228116, taker_fee=Decimal("0.0005"), keys=keys)


@pytest.fixture
def make_order() -> MakeOrder:
    def make(**changes: Any) -> Order:
        fields: dict[str, Any] = {
            "client_id": "k3f9-BTC-17-a0",
            "deal_id": "k3f9-BTC-17",
            "venue": Venue.APEX,
            "market": "BTC",
            "side": Side.BUY,
            "purpose": Purpose.OPEN,
            "size": Decimal("0.003"),
            "limit": Decimal("20000.5"),
            "lifetime": Lifetime.FOK,
            "reduce_only": False,
            "created_ns": 1_700_000_000_123_456_789,
        }
        return Order(**{**fields, **changes})

    return make
