"""Money and what it cost, exactly: against slow formulas with fractions, and against what the ledger itself says."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.deal import Deal, DealState
from common.core.market import Direction, Side, Venue
from common.core.order import Fill, Lifetime, Order, OrderState, Purpose, reversal
from common.ledger import overview
from common.ledger.story import FillKey, Story
from common.result.curve import profit
from common.result.earned import deal_pnl_uusd, earned, free_share, still_open
from common.result.nakedness import naked, stretches_of
from common.result.slippage import marked, slipped
from common.telemetry.rows import Mark, Span

SECOND_NS = 1_000_000_000
START_NS = 1_700_000_000 * SECOND_NS


def order(deal_id: str, seq: int, venue: Venue, side: Side, purpose: Purpose, **given: object) -> Order:
    """One order of a deal, done; 10 base at 100 unless told otherwise."""
    values = {"size": Decimal(10), "limit": Decimal(100), **given}
    return Order(
        client_id=f"{deal_id}-{venue.value[0]}{seq}",
        deal_id=deal_id,
        venue=venue,
        market=deal_id.split("-")[1],
        side=side,
        purpose=purpose,
        lifetime=Lifetime.FOK,
        reduce_only=purpose is not Purpose.OPEN,
        created_ns=START_NS,
        state=OrderState.DONE,
        **values,  # type: ignore[arg-type]
    )


def fill(of: Order, number: int, price: str | Decimal, size: str | Decimal, fee_uusd: int = 0) -> Fill:
    """One fill of an order."""
    return Fill(of.venue, f"{of.client_id}-{number}", of.client_id, of.side, Decimal(price), Decimal(size), fee_uusd, 1)


def deal(deal_id: str, orders: tuple[Order, ...], fills: tuple[Fill, ...], **given: object) -> Deal:
    """A deal of +1 (sell ApeX, buy dYdX) with these rows; open unless told otherwise."""
    values = {"state": DealState.OPEN, "held_uusd": 1, "opened_ns": START_NS, "direction": Direction.SELL_APEX, **given}
    return Deal(
        deal_id=deal_id,
        market=deal_id.split("-")[1],
        number=int(deal_id.split("-")[2]),
        size=Decimal(10),
        edge_uusd=1_000,
        changed_ns=START_NS,
        orders=orders,
        fills=fills,
        **values,  # type: ignore[arg-type]
    )


PRICES = st.integers(9_000, 11_000).map(lambda cents: Decimal(cents) / 100)
SIZES = st.integers(1, 50).map(lambda tenths: Decimal(tenths) / 10)


@st.composite
def deals(draw: st.DrawFn, market: str = "BTC", number: int = 1) -> Deal:
    """Any deal: fills of any size to any side at both venues, some of them taken back."""
    name, orders, fills = f"a-{market}-{number}", [], []
    for seq in range(draw(st.integers(0, 6))):
        venue, side = draw(st.sampled_from(Venue)), draw(st.sampled_from(Side))
        orders.append(order(name, seq, venue, side, draw(st.sampled_from(Purpose))))
        for n in range(draw(st.integers(0, 2))):
            one = fill(orders[-1], n, draw(PRICES), draw(SIZES), draw(st.integers(-50, 100_000)))
            fills += [one, reversal(one)] if draw(st.integers(0, 5)) == 0 else [one]
    live = draw(st.booleans())
    return deal(name, tuple(orders), tuple(fills), state=DealState.OPEN if live else DealState.CLOSED)


def story(*of: Deal, heard_ns: dict[FillKey, int] | None = None) -> Story:
    """A story of these deals alone; fills were heard a second apart unless told otherwise."""
    fills = [(one.venue, one.fill_id) for each in of for one in each.fills]
    heard = {key: START_NS + n * SECOND_NS for n, key in enumerate(fills, 1)}
    return Story(START_NS, of, (), {**heard, **(heard_ns or {})}, (), ())


# ---- earned ------------------------------------------------------------------------------------------------------

QUOTES = st.fixed_dictionaries({(m, v): st.tuples(PRICES, PRICES) for m in ("BTC", "ETH") for v in Venue})
HERE = {("BTC", venue): (Decimal(90), Decimal(110)) for venue in Venue}


def slow_worth(one: Deal, quotes: dict[tuple[str, Venue], tuple[Decimal, Decimal]]) -> Fraction:
    """µUSD: what came in, less what went out, less fees, and all that is left sold or bought back for a fee."""
    gone = {f.fill_id.removesuffix("!reversed") for f in one.fills if f.fill_id.endswith("!reversed")}
    worth = Fraction(0)
    for venue in Venue:
        traded = fees = position = Fraction(0)
        for f in one.fills:
            if f.venue is venue and f.fill_id.removesuffix("!reversed") not in gone:
                sign = 1 if f.side is Side.BUY else -1
                traded += Fraction(f.price) * Fraction(f.size)
                fees += f.fee_uusd
                position += sign * Fraction(f.size)
                worth -= sign * Fraction(f.price) * Fraction(f.size) * 10**6
        worth -= fees
        if position:
            price = Fraction(quotes[one.market, venue][0 if position > 0 else 1])
            worth += position * price * 10**6 - abs(position) * price * (fees / traded)
    return worth


@given(deals(), QUOTES)
def test_one_deal_is_worth_what_closing_it_would_leave(
    one: Deal, quotes: dict[tuple[str, Venue], tuple[Decimal, Decimal]]
) -> None:
    found = deal_pnl_uusd(one, quotes)
    assert found is not None and abs(found - slow_worth(one, quotes)) < 1 + Fraction(1, 1000)


@given(st.tuples(deals("BTC", 1), deals("ETH", 1), deals("BTC", 2)), QUOTES)
def test_sums_are_the_ledgers_own_and_marking_adds_only_what_is_open(
    many: tuple[Deal, ...], quotes: dict[tuple[str, Venue], tuple[Decimal, Decimal]]
) -> None:
    sums = earned(many, quotes)
    rows = [overview.deal_row(one) for one in many]
    assert sums.fees_uusd == sum(row.fees_uusd for row in rows)
    assert 0 <= sums.closed_uusd - sum(row.pnl_uusd for row in rows) < len(rows), "rounded once, not deal by deal"
    assert sums.pnl_uusd is not None
    assert abs(Fraction(sums.pnl_uusd) - sum((slow_worth(one, quotes) for one in many), Fraction(0))) < 3


@given(deals(), QUOTES)
def test_the_curve_ends_where_the_result_does(
    one: Deal, quotes: dict[tuple[str, Venue], tuple[Decimal, Decimal]]
) -> None:
    told = {venue.value: (str(sold), str(bought)) for (m, venue), (sold, bought) in quotes.items() if m == "BTC"}
    span = Span("BTC", START_NS + 10**12, 10, 0, {}, {}, 1.0, {}, (), told, {})
    end_uusd = profit(story(one), [span])[-1][1]
    found = deal_pnl_uusd(one, quotes)
    assert found is not None and abs(end_uusd - found) <= 2


def test_quotes_from_before_the_market_moved_make_no_loss_out_of_an_even_deal() -> None:
    """Quoted 99 and 101; the market went to 200, where both legs filled: what is lost is the spread of both venues."""
    orders = tuple(
        order("a-BTC-1", n, venue, side, Purpose.OPEN)
        for n, (venue, side) in enumerate(((Venue.APEX, Side.SELL), (Venue.DYDX, Side.BUY)))
    )
    one = deal("a-BTC-1", orders, tuple(fill(each, 0, "200", "1") for each in orders))
    told = {venue.value: ("99", "101") for venue in Venue}
    before = Span("BTC", START_NS + 1, 1, 0, {}, {}, 1.0, {}, (), told, {})
    assert profit(story(one), [before]) == ((START_NS, 0), (START_NS + 1, 0), (START_NS + 2 * SECOND_NS, -4_000_000))


def test_what_has_no_price_is_not_guessed_at() -> None:
    opened = order("a-BTC-1", 0, Venue.DYDX, Side.BUY, Purpose.OPEN)
    one = deal("a-BTC-1", (opened,), (fill(opened, 0, "100", "10"),))
    apart = {("BTC", Venue.APEX): (Decimal(1), Decimal(1))}
    assert still_open(one, apart) is None and earned([one], apart).pnl_uusd is None
    assert earned([one], apart).closed_uusd == 0


def test_what_was_written_off_is_not_ours_to_close() -> None:
    opened = order("a-BTC-1", 0, Venue.DYDX, Side.BUY, Purpose.OPEN)
    one = deal("a-BTC-1", (opened,), (fill(opened, 0, "100", "10", 7),), state=DealState.WRITTEN_OFF)
    assert earned([one], {}).pnl_uusd == -7


def test_closing_pays_the_spread_and_the_fee_at_the_rate_that_was_paid() -> None:
    """Bought 10 at 100 for 0.1 %; sold again at 90 for 0.1 %: −100, −1 and −0.9 USD."""
    opened = order("a-BTC-1", 0, Venue.DYDX, Side.BUY, Purpose.OPEN)
    one = deal("a-BTC-1", (opened,), (fill(opened, 0, "100", "10", 1_000_000),))
    assert deal_pnl_uusd(one, HERE) == -101_900_000


def test_volume_without_a_fee_is_by_notional() -> None:
    opened = order("a-BTC-1", 0, Venue.DYDX, Side.BUY, Purpose.OPEN)
    fills = (fill(opened, 0, "100", "3", 5), fill(opened, 1, "100", "1", 0))
    assert free_share([deal("a-BTC-1", (opened,), fills)]) == Decimal("0.25")
    assert free_share([]) is None


# ---- nakedness ----------------------------------------------------------------------------------------------------

D = Decimal
TIMES = st.lists(st.integers(0, 40), min_size=24, max_size=24)


def slow_naked_ns(one: Deal, heard_ns: dict[FillKey, int], to_ns: int) -> int:
    """Moment by moment: one nanosecond for each at which long and short are not the same, but for dust."""
    count = 0
    for at_ns in range(START_NS, to_ns):
        known = [f for f in one.fills if heard_ns[f.venue, f.fill_id] <= at_ns]
        net = sum((f.side.sign * f.size for f in known), D(0))
        count += abs(net) > one.size / 100
    return count


@given(deals(), TIMES)
def test_the_time_naked_is_every_moment_at_which_it_was(one: Deal, times: list[int]) -> None:
    heard = {(f.venue, f.fill_id): START_NS + times[n] for n, f in enumerate(one.fills)}
    to_ns = START_NS + 50
    told = sum(stretch.for_ns for stretch in stretches_of(one, heard, to_ns))
    assert told == slow_naked_ns(one, heard, to_ns)


def by_venue(one: Deal, expected: dict[str, Decimal] | None = None) -> dict[str, tuple[int, int, int]]:
    told = story(one)
    found = naked([one], told.heard_ns, expected or {}, START_NS + 100 * SECOND_NS)
    return {row.venue.value: (row.legs, row.cost_uusd, row.naked_ns // SECOND_NS) for row in found}


def test_a_leg_that_missed_costs_the_round_trip_of_the_other() -> None:
    """dYdX bought 10 at 100, ApeX never sold: sold again at 99 a second later, 1 USD of fees each way."""
    name = "a-BTC-1"
    orders = (
        order(name, 0, Venue.APEX, Side.SELL, Purpose.OPEN),
        order(name, 1, Venue.DYDX, Side.BUY, Purpose.OPEN),
        order(name, 2, Venue.DYDX, Side.SELL, Purpose.EVEN),
    )
    fills = (fill(orders[1], 0, "100", "10", 1_000_000), fill(orders[2], 0, "99", "10", 1_000_000))
    one = deal(name, orders, fills, state=DealState.CLOSED)
    assert by_venue(one) == {"apex": (1, 12_000_000, 1), "dydx": (0, 0, 0)}


def test_a_leg_that_came_late_costs_what_it_was_worse_by() -> None:
    """ApeX was to sell at 101 and sold at 100.5 a second later: 5 USD on 10; against its limit of 100 it gained."""
    name = "a-BTC-1"
    orders = (
        order(name, 0, Venue.APEX, Side.SELL, Purpose.OPEN),
        order(name, 1, Venue.DYDX, Side.BUY, Purpose.OPEN),
        order(name, 2, Venue.APEX, Side.SELL, Purpose.EVEN),
    )
    fills = (fill(orders[1], 0, "100", "10"), fill(orders[2], 0, "100.5", "10"))
    one = deal(name, orders, fills)
    assert by_venue(one, {orders[0].client_id: D(101)}) == {"apex": (1, 5_000_000, 1), "dydx": (0, 0, 0)}
    assert by_venue(one) == {"apex": (1, -5_000_000, 1), "dydx": (0, 0, 0)}


def test_a_leg_that_closed_late_is_the_fault_of_its_own_venue() -> None:
    name = "a-BTC-1"
    orders = (
        order(name, 0, Venue.APEX, Side.SELL, Purpose.OPEN),
        order(name, 1, Venue.DYDX, Side.BUY, Purpose.OPEN),
        order(name, 2, Venue.APEX, Side.BUY, Purpose.CLOSE),
        order(name, 3, Venue.DYDX, Side.SELL, Purpose.CLOSE),
        order(name, 4, Venue.DYDX, Side.SELL, Purpose.EVEN),
    )
    fills = (*(fill(orders[n], 0, "100", "10") for n in (0, 1, 2)), fill(orders[4], 0, "98", "10"))
    one = deal(name, orders, fills, state=DealState.CLOSED)
    #: naked for a second while it opened, for want of dYdX, and for a second while it closed, for want of dYdX
    assert by_venue(one, {orders[3].client_id: D(99)}) == {"apex": (0, 0, 0), "dydx": (1, 10_000_000, 2)}


# ---- slippage -----------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(PRICES, PRICES, SIZES, st.sampled_from(Side)), min_size=1, max_size=8))
def test_slippage_is_the_mean_by_notional_and_the_worst(legs: list[tuple[Decimal, Decimal, Decimal, Side]]) -> None:
    many, expected = [], {}
    for number, (price, wanted, size, side) in enumerate(legs, 1):
        one = order(f"a-BTC-{number}", 0, Venue.APEX, side, Purpose.OPEN)
        many.append(deal(f"a-BTC-{number}", (one,), (fill(one, 0, price, size),)))
        expected[one.client_id] = wanted
    (found,) = slipped(many, expected)
    costs = [Fraction(side.sign) * (Fraction(p) - Fraction(w)) * Fraction(s) for p, w, s, side in legs]
    notional = [Fraction(w) * Fraction(s) for _, w, s, _ in legs]
    assert found.mean_bps is not None and found.worst_bps is not None
    assert abs(Fraction(found.mean_bps) - sum(costs, Fraction(0)) / sum(notional, Fraction(0)) * 10_000) < Fraction(
        1, 10**9
    )
    worst = max(cost / size for cost, size in zip(costs, notional, strict=True)) * 10_000
    assert abs(Fraction(found.worst_bps) - worst) < Fraction(1, 10**9)
    assert 0 <= found.cost_uusd - sum(costs) * 10**6 < 1, "a cost is never told smaller than it is"


def test_a_fill_without_a_quote_is_counted_and_guesses_nothing() -> None:
    one = order("a-BTC-1", 0, Venue.APEX, Side.SELL, Purpose.CLOSE)
    (found,) = slipped([deal("a-BTC-1", (one,), (fill(one, 0, "100", "1"),))], {})
    assert (found.orders, found.unknown, found.mean_bps, found.worst_bps) == (1, 1, None, None)
    assert not slipped([deal("a-BTC-1", (one,), ())], {}), "an order that never filled slipped nowhere"


@pytest.mark.parametrize(("side", "bps"), [("BUY", "-100"), ("SELL", "100")])
def test_a_price_that_rose_is_for_the_buyer_and_against_the_seller(side: str, bps: str) -> None:
    marks = [Mark("BTC", 1, "apex", "x", side, "100", "2", 5, "101")]
    (found,) = marked(marks)
    assert (found.venue, found.after_s, found.fills, found.mean_bps) == (Venue.APEX, 5, 1, D(bps))
