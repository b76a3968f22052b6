"""What a market's view keeps of what the feeds tell."""

from dataclasses import replace
from decimal import Decimal

import pytest

from common.core.events import IndexPrice, TermsChanged
from common.core.market import Instrument, Venue
from common.core.screen import wishes
from common.core.terms import Terms
from common.core.view import MarketView

D = Decimal
TERMS = Terms(market="BTC", size=D("0.01"))
INSTRUMENTS = {
    v: Instrument(v, "BTC", "BTC", D(1), D("0.001"), D("0.001"), D("0.0005"), D("0.05"), D("0.03")) for v in Venue
}


def test_the_last_index_of_each_venue_is_kept_with_its_time() -> None:
    view = MarketView(Terms(market="BTC", size=D("0.01")), INSTRUMENTS)
    assert view.index == {Venue.DYDX: None, Venue.APEX: None}
    view.hear(IndexPrice(Venue.DYDX, D(40_000), 5))
    view.hear(IndexPrice(Venue.DYDX, D(40_010), 9))
    assert view.index == {Venue.DYDX: IndexPrice(Venue.DYDX, D(40_010), 9), Venue.APEX: None}


@pytest.mark.parametrize("price", ["0", "-1", "NaN", "Infinity"])
def test_an_index_price_is_a_price(price: str) -> None:
    with pytest.raises(ValueError, match="index price"):
        IndexPrice(Venue.APEX, D(price), 1)


def test_other_terms_hold_at_once_but_for_what_a_trader_has_for_life() -> None:
    view = MarketView(TERMS, INSTRUMENTS)
    view.reached[Venue.APEX] = (None, None, None, None)
    before = view.scales
    wanted = replace(TERMS, size=D("7"), edge_min_bps=D(40), median_window_ns=TERMS.median_window_ns * 2)
    view.hear(TermsChanged(wanted, 0))
    assert view.terms == replace(TERMS, edge_min_bps=D(40))
    assert view.wishes == wishes(view.terms) != wishes(TERMS)
    # what was found and worked out under the old ones is not used again
    assert not view.reached and view.scales == before and view.scales is not before
