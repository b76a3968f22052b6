"""The quick look in floats never contradicts the exact one: it may only spare it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core import opening, screen
from common.core.closing import find_closing
from common.core.deal import Deal, DealState
from common.core.edge import close_edge
from common.core.events import BookMessage, FundingRate, HaltLevel, IndexPrice, InstrumentUpdate
from common.core.market import Direction, Instrument, Venue
from common.core.money import bps_of
from common.core.opening import NoOpening, find_opening
from common.core.order import Fill
from common.core.screen import is_below_target
from common.core.standing import Standings, holding
from common.core.terms import Terms
from common.core.view import MarketView

D = Decimal
SECOND = 10**9
NOW = 1_000 * SECOND
TICKS = ("0.5", "1", "0.01", "5")
STEP = D("0.001")
PRICE = 2_000

near = st.integers(-40, 40)
sizes = st.integers(1, 30)


@st.composite
def ladders(
    draw: st.DrawFn, tick: Decimal
) -> tuple[tuple[tuple[int, int, int], ...], tuple[tuple[int, int, int], ...]]:
    """Both sides of a book around PRICE, a few levels deep, not crossed, sometimes too thin."""
    bid = int(D(PRICE + draw(near)) / tick)
    gap = draw(st.integers(1, 4))
    deep = draw(st.integers(1, 5))
    bids = tuple((bid - n * draw(st.integers(1, 3)) - n, draw(sizes), 1) for n in range(deep))
    asks = tuple((bid + gap + n * 2, draw(sizes), 1) for n in range(deep))
    return bids, asks


@st.composite
def views(draw: st.DrawFn) -> MarketView:
    terms = Terms(
        market="BTC",
        size=draw(sizes) * STEP,
        rule=draw(st.sampled_from(("net", "net", "net", "original"))),
        edge_min_bps=D(draw(st.integers(0, 30))),
        limit_slack_bps=D(draw(st.integers(0, 9))),
        slippage_max_bps=D(draw(st.integers(1, 30))),
        median_warmup_ns=0,
        price_band_bps=D(10_000),
    )
    instruments = {v: _instrument(v, D(draw(st.sampled_from(TICKS))), draw(st.integers(0, 9))) for v in Venue}
    view = MarketView(terms, instruments)
    for venue, instrument in instruments.items():
        bids, asks = draw(ladders(instrument.tick))
        view.hear(BookMessage(venue, True, bids, asks, 1, NOW))
        view.hear(IndexPrice(venue, D(PRICE), NOW))
        view.hear(FundingRate(venue, D(draw(st.integers(-100, 100))) / 100_000, NOW))
    for direction in Direction:
        if draw(st.integers(0, 9)):
            view.medians[direction].add(NOW, float(draw(st.integers(-60, 60))))
    return view


def _instrument(venue: Venue, tick: Decimal, fee_bps: int) -> Instrument:
    return Instrument(venue, "BTC", "BTC", tick, STEP, STEP, D(fee_bps) / 10_000, D("0.05"), D("0.03"))


@given(views())
def test_what_the_quick_look_says_of_opening_is_what_the_exact_one_says(view: MarketView) -> None:
    quick = find_opening(view, NOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "worth_a_look", lambda view: list(Direction))
        exact = find_opening(view, NOW)
    assert quick == exact


@given(views(), st.sampled_from(Direction), st.integers(-60, 60), sizes, st.integers(0, 5 * 3600))
def test_what_the_quick_look_says_of_closing_is_what_the_exact_one_says(
    view: MarketView, direction: Direction, captured: int, steps: int, age_s: int
) -> None:
    deal, halt = _opened(direction, captured, steps * STEP, NOW - age_s * SECOND), HaltLevel.NONE
    promising = Standings(view).promising((deal,), halt, NOW)
    assert find_closing(view, promising, halt, NOW) == find_closing(view, (deal,), halt, NOW)


@given(views(), st.sampled_from(Direction))
def test_the_bound_on_an_edge_is_above_it_and_hardly_more(view: MarketView, direction: Direction) -> None:
    """Never below the exact edge; above it by what rounding may do to two limits, and no more, unless it says no."""
    exact = opening.weigh(view, direction, NOW)
    bound = screen._reach(view, direction.sell_venue, direction.buy_venue, direction.opposite)
    assert (exact is None) is (bound is None)
    if exact is None or bound is None:
        return
    looked_at_bps = view.terms.edge_min_bps - view.terms.sign_ahead_bps
    threshold = bps_of(looked_at_bps, exact.pair.notional)
    above = (exact.edge - threshold) / exact.pair.size
    ticks = sum(i.tick for i in view.instruments.values())
    slack = bps_of(view.terms.limit_slack_bps, exact.pair.sell.quote.worst + exact.pair.buy.quote.worst)
    assert above <= D(str(bound))
    assert bound < 0 or D(str(bound)) <= above + 2 * ticks + slack / 2 + D("0.0001")


@given(views(), st.sampled_from(Direction), st.integers(-60, 60), sizes)
def test_the_bound_on_what_a_close_keeps_is_as_good_as_exact(
    view: MarketView, direction: Direction, captured: int, steps: int
) -> None:
    deal = _opened(direction, captured, steps * STEP, NOW)
    held = holding(view, deal)
    pair = view.pair(direction.opposite, deal.size)
    assert held is not None
    if pair is None:
        assert is_below_target(view, held, -10_000)
        return
    kept_bps = float(close_edge(deal, pair) / pair.notional * 10_000)
    assert not is_below_target(view, held, kept_bps)
    assert is_below_target(view, held, kept_bps + 0.001)


def _opened(direction: Direction, captured: int, size: Decimal, at_ns: int) -> Deal:
    prices = {direction.sell_venue: D(PRICE + captured), direction.buy_venue: D(PRICE)}
    fills = tuple(
        Fill(v, f"f{v}", f"x-BTC-1-{v[0]}0", direction.side_at(v), prices[v], size, 7_000, at_ns) for v in Venue
    )
    return Deal("x-BTC-1", "BTC", 1, direction, size, DealState.OPEN, 10**8, 0, at_ns, at_ns, (), fills)


def _quiet_view() -> MarketView:
    view = MarketView(Terms(market="BTC", size=D("0.01")), {v: _instrument(v, D(1), 5) for v in Venue})
    for venue in Venue:
        view.hear(BookMessage(venue, True, ((PRICE, 100, 1),), ((PRICE + 1, 100, 1),), 1, NOW))
        view.hear(IndexPrice(venue, D(PRICE), NOW))
    for direction in Direction:
        view.medians[direction].add(NOW - 60 * SECOND, -1.0)
        view.medians[direction].add(NOW, -1.0)
    return view


def test_a_quiet_market_is_not_looked_at_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    view = _quiet_view()
    monkeypatch.setattr(opening, "weigh", None)
    assert find_opening(view, NOW) == NoOpening("edge")
    assert Standings(view).promising((_opened(Direction.SELL_APEX, 0, D("0.01"), NOW),), HaltLevel.NONE, NOW) == ()


def test_an_order_to_shrink_looks_at_every_deal_exactly() -> None:
    deal = _opened(Direction.SELL_APEX, 0, D("0.01"), NOW)
    for halt in (HaltLevel.REDUCE, HaltLevel.FLATTEN):
        assert Standings(_quiet_view()).promising((deal,), halt, NOW) == (deal,)


def test_a_standing_is_worked_out_anew_when_the_deal_or_a_listing_changes() -> None:
    view, deal = _quiet_view(), _opened(Direction.SELL_APEX, 0, D("0.01"), NOW)
    standings = Standings(view)
    first = standings.of(deal)
    assert standings.of(deal) is first
    again = _opened(Direction.SELL_APEX, 0, D("0.01"), NOW)
    assert standings.of(again) is not first
    second = standings.of(again)
    view.hear(InstrumentUpdate(_instrument(Venue.APEX, D("0.5"), 5), NOW))
    assert standings.of(again) is not second
