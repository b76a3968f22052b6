"""A funding payment has one name: to the audit, which reads the venue's journal, and to our desks, which ask."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from common.core.account import FundingPaid
from common.core.market import Side, Venue
from common.sim.listings import QUOTE
from common.sim.server import views_apex, views_dydx
from common.sim.server.mouth import Mouth
from common.sim.types import FundingPayment
from common.venues.apex import wire_account as apex
from common.venues.dydx import wire_account as dydx
from scripts.audit_venues import Tail

Make = Callable[..., Any]
SECOND = 10**9
NOW = 1_700_000_000 * SECOND
NEXT_HOUR = (NOW // (3600 * SECOND) + 1) * 3600 * SECOND


def heard(venue: Venue, paid: FundingPayment) -> FundingPaid:
    """What our desk reads out of the paper venue's own answer."""
    mouth = cast(Mouth, SimpleNamespace(name=lambda market: f"{market}-{QUOTE[venue]}"))
    if venue is Venue.DYDX:
        return dydx.read_fundings({"fundingPayments": [views_dydx.funding_payment(mouth, paid)]})[0]
    return apex.funding_payments({"fundingValues": [views_apex.funding_value(mouth, paid)]})[0]


@pytest.mark.parametrize("venue", list(Venue))
def test_the_audit_and_the_desk_call_a_payment_by_the_same_name(
    venue: Venue, opened: Make, ladder: Make, ask: Make, tmp_path: Path
) -> None:
    engine = opened(venue, journal_path=tmp_path / "venue.jsonl")
    engine.apply(ladder(venue), NOW)
    price = engine.instruments["BTC"].price(42_001)
    engine.place("a", ask("one", Side.BUY, "0.001", price, "FOK"), NOW)
    assert engine.account("a").positions
    engine.advance(NOW)
    engine.advance(NEXT_HOUR)
    (paid,) = engine.funding("a")
    tail = Tail(tmp_path / "venue.jsonl", venue.value)
    tail.read()
    ours = heard(venue, paid)
    assert tail.facts.funding == {ours.payment_id: (ours.payment_uusd, paid.at_ns)}
    assert ours.payment_uusd == int(paid.payment * Decimal(10**6)) != 0
