"""What is signed ahead is what would be signed at the moment: the same bytes, or it is not used."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.core.errors import LocalError
from common.core.market import Side, Venue
from common.core.order import Lifetime, Order, Purpose
from common.sim.listings import COLLATERAL_ID, listings
from common.venues import ahead as ahead_module
from common.venues import stark
from common.venues.ahead import Ahead
from common.venues.apex import wire_market as apex_market
from common.venues.apex import wire_order as apex
from common.venues.dydx import wire_market as dydx_market
from common.venues.dydx import wire_order as dydx
from common.venues.keys import Keys

FEE = Decimal("0.0005")
HOUR_NS = 3600 * 10**9
NOW_NS = 1_795_329_029_150_000_000
LISTED = {venue: listings(venue, FEE)["BTC"] for venue in Venue}


@dataclass(frozen=True)
class Place:
    """A venue's two ways to the same request, and what stands behind an order there."""

    venue: Venue
    ahead: Any
    listing: Any
    signings: tuple[Any, Any]

    def scratch(self, order: Order, signing: Any) -> bytes:
        if self.venue is Venue.DYDX:
            return dydx.order_body(order, self.listing, signing)
        return apex.prepare(order, self.listing, signing).pack()

    def by(self, ahead: Any, order: Order, signing: Any) -> bytes:
        made = ahead.of(order, self.listing, signing)
        if self.venue is Venue.DYDX:
            return bytes(made.at(dydx.expires_ns(order)))
        return bytes(made.at(order.created_ns, signing.keys).pack())


def keys(venue: Venue) -> Keys:
    return Keys(venue, "0x1", "", "0x5ab3d1", "key-1", "c2VjcmV0LTE=", "passphrase-1")


def dydx_place() -> Place:
    one = LISTED[Venue.DYDX]
    listing = dydx_market.Listing(one.instrument, Decimal(one.resolution), int(one.synthetic_id, 16))
    signings = [dydx.make_signing(position, FEE, keys(Venue.DYDX), 1) for position in (1812, 1813)]
    return Place(Venue.DYDX, lambda: Ahead(dydx.unstamped, dydx.hours_signed), listing, (signings[0], signings[1]))


def apex_place() -> Place:
    one = LISTED[Venue.APEX]
    i, ids = one.instrument, (int(one.synthetic_id, 16), int(COLLATERAL_ID, 16))
    listing = apex_market.Listing(
        "BTC", i.name, i.tick, i.step, i.min_size, i.initial_margin, i.maintenance_margin, True,
        Decimal(one.resolution), *ids, Decimal("0.000001"),
    )  # fmt: skip
    signings = [apex.Signing(position, FEE, keys(Venue.APEX)) for position in (1812, 1813)]
    return Place(Venue.APEX, lambda: Ahead(apex.unstamped, apex.hours_signed), listing, (signings[0], signings[1]))


PLACES = {Venue.DYDX: dydx_place(), Venue.APEX: apex_place()}


def order(venue: Venue, **changes: Any) -> Order:
    made = Order(
        f"k3f9ab-BTC-17-{venue.value[0]}0", "k3f9ab-BTC-17", venue, "BTC", Side.BUY, Purpose.OPEN, Decimal("0.001"),
        Decimal(20_000), Lifetime.FOK, False, NOW_NS,
    )  # fmt: skip
    return replace(made, **changes)


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "client_id": st.sampled_from(["k3f9ab-BTC-17-d0", "k3f9ab-BTC-18-d0"]),
        "side": st.sampled_from(list(Side)),
        "size": st.sampled_from([Decimal("0.001"), Decimal("0.0010"), Decimal("0.002")]),
        "limit": st.sampled_from([Decimal(20_000), Decimal(20_001), Decimal("20001.0")]),
        "lifetime": st.sampled_from(list(Lifetime)),
        "reduce_only": st.booleans(),
        "created_ns": st.sampled_from([NOW_NS, NOW_NS + 7_123_456, NOW_NS + HOUR_NS]),
    },
)


@pytest.mark.parametrize("venue", list(Venue))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(st.tuples(st.booleans(), CHANGES, st.integers(0, 1)), min_size=2, max_size=6))
def test_a_request_is_the_same_whatever_was_signed_before(venue: Venue, steps: list[tuple[bool, Any, int]]) -> None:
    """Foreseen and sent orders of one desk in any order, alike in some things and not in others."""
    place = PLACES[venue]
    ahead = place.ahead()
    for is_foreseen, changes, account in steps:
        one, signing = order(venue, **changes), place.signings[account]
        if is_foreseen:
            ahead.make(one, place.listing, signing)
        else:
            assert place.by(ahead, one, signing) == place.scratch(one, signing)


@pytest.mark.parametrize("venue", list(Venue))
def test_what_was_signed_ahead_is_not_signed_again(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    signed: list[int] = []
    sign = stark.sign

    def counted(message: int, key: int) -> str:
        signed.append(message)
        return sign(message, key)

    monkeypatch.setattr(stark, "sign", counted)
    place = PLACES[venue]
    ahead, behind = place.ahead(), (place.listing, place.signings[0])
    assert ahead.make(order(venue), *behind) and not ahead.make(order(venue), *behind)
    later = order(venue, created_ns=NOW_NS + 7_123_456)
    sent = place.by(ahead, later, place.signings[0])
    assert len(signed) == 1 and sent == place.scratch(later, place.signings[0]) and len(signed) == 2


def test_what_is_kept_is_bounded_and_the_oldest_goes_first() -> None:
    ahead = Ahead[None, None, str](lambda one, _, __: one.client_id, lambda _: 0)
    for number in range(ahead_module.KEPT + 1):
        assert ahead.make(order(Venue.DYDX, limit=Decimal(1 + number)), None, None)
    assert not ahead.make(order(Venue.DYDX, limit=Decimal(2)), None, None)
    assert ahead.make(order(Venue.DYDX, limit=Decimal(1)), None, None)
    assert len(ahead._kept) == ahead_module.KEPT


def test_what_cannot_be_signed_is_a_bug_ahead_as_well() -> None:
    place = PLACES[Venue.DYDX]
    with pytest.raises(LocalError):
        place.ahead().make(order(Venue.DYDX, limit=Decimal("0.5")), place.listing, place.signings[0])
