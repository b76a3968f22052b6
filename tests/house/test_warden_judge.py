"""What the warden concludes from facts: leverage, losses, clocks, differences, foreign orders. Each able to fail."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.core.account import AccountFacts, Position
from common.core.deal import Deal, DealState
from common.core.errors import ConfigError
from common.core.events import HaltLevel
from common.core.ids import hand_id
from common.core.market import Direction, Instrument, Venue
from common.core.order import Fill
from common.core.terms import SECOND_NS
from common.venues.base import ClockReading, Outlook
from common.warden import agreement, margin, prices
from common.warden.agreement import Place, Sums
from common.warden.judge import CLOCK_LOOKS, LOSS_LOOKS, MARGIN_LOOKS, Facts, Judge, Judgement
from common.warden.terms import WardenTerms
from common.warden.verdicts import Calm, Kind, Streaks, is_passing, reason

TERMS = WardenTerms()
NOW = 1_700_000_000 * SECOND_NS
USD = 1_000_000
NAMES = ("k3f9aa",)


def listing(venue: Venue, market: str, smallest: str = "0.001") -> Instrument:
    size = Decimal(smallest)
    fee = Decimal("0.0005")
    return Instrument(venue, market, market, Decimal(1), size, size, fee, Decimal("0.05"), Decimal("0.03"))


LISTED = {(v, m): listing(v, m, s) for v in Venue for m, s in (("BTC", "0.001"), ("SOL", "0.1"))}


def account(venue: Venue, equity: int = 100, held: Mapping[str, str] | None = None, mark: int = 40_000) -> AccountFacts:
    """An account of `equity` USD that holds these sizes, all at one mark."""
    positions = tuple(Position(m, Decimal(s), Decimal(mark), Decimal(mark)) for m, s in (held or {}).items())
    gross = sum(int(abs(p.size * p.mark) * USD) for p in positions)
    return AccountFacts(venue, equity * USD, gross, positions, NOW)


class Watcher:
    """A judge that is shown one look after the other, two seconds apart."""

    def __init__(self, terms: WardenTerms = TERMS) -> None:
        self.judge, self.now_ns = Judge(terms, LISTED), NOW

    def look(
        self,
        accounts: Iterable[AccountFacts],
        ledger: Mapping[Place, str] | None = None,
        orders: Mapping[Venue, tuple[tuple[str, str], ...]] | None = None,
        **others: object,
    ) -> Judgement:
        sums = Sums({p: Decimal(s) for p, s in (ledger or {}).items()}, frozenset())
        facts = Facts(self.now_ns, sums, sums, {a.venue: a for a in accounts}, orders, incarnations=NAMES)
        self.now_ns += TERMS.look_every_ns
        return self.judge.look(replace(facts, **others))  # type: ignore[arg-type]

    def looks(self, times: int, *given: object, **others: object) -> list[Judgement]:
        return [self.look(*given, **others) for _ in range(times)]  # type: ignore[arg-type]


FLAT = [account(venue) for venue in Venue]
LEVEL = {(Venue.DYDX, "BTC"): "0.002", (Venue.APEX, "BTC"): "-0.002"}
HEDGED = [account(Venue.DYDX, held={"BTC": "0.002"}), account(Venue.APEX, held={"BTC": "-0.002"})]


# ---- an ordinary fleet ------------------------------------------------------------------------------------------


def test_a_fleet_whose_books_agree_is_never_halted() -> None:
    said = Watcher().looks(50, HEDGED, LEVEL, {v: ((f"k3f9aa-BTC-1-{v[0]}0", "BTC"),) for v in Venue})
    assert not [v for judgement in said for v in judgement.verdicts]


# ---- margin -----------------------------------------------------------------------------------------------------


def test_leverage_above_the_bound_in_two_looks_shrinks_the_whole_fleet() -> None:
    watcher = Watcher()
    heavy = [account(Venue.DYDX, held={"BTC": "0.0071"}), account(Venue.APEX)]
    ledger = {(Venue.DYDX, "BTC"): "0.0071"}
    first, second = watcher.looks(MARGIN_LOOKS, heavy, ledger)
    assert not first.verdicts
    [verdict] = second.verdicts
    assert (verdict.kind, verdict.market, verdict.level) == (Kind.LEVERAGE, "*", HaltLevel.REDUCE)
    assert "dydx" in verdict.text and "2.84" in verdict.text


@given(st.integers(1, 1000), st.integers(0, 5000))
def test_leverage_is_judged_exactly_at_its_bound(equity: int, gross: int) -> None:
    facts = replace(account(Venue.DYDX, equity), gross_uusd=gross * USD)
    found = [v.kind for v in margin.margin_verdicts(facts, {}, TERMS)]
    assert (Kind.LEVERAGE in found) is (gross * 10 > 28 * equity)


def test_without_equity_any_position_is_too_much_and_none_is_fine() -> None:
    found = margin.margin_verdicts(account(Venue.APEX, 0, {"BTC": "0.001"}), {}, TERMS)
    assert Kind.LEVERAGE in {verdict.kind for verdict in found}
    assert not margin.is_calm(account(Venue.APEX, 0, {"BTC": "0.001"}), {}, TERMS)
    assert not margin.margin_verdicts(account(Venue.APEX, 0), {}, TERMS)
    assert not margin.margin_verdicts(account(Venue.APEX, -5), {}, TERMS)


def test_the_distance_to_liquidation_is_what_prices_may_move_until_the_maintenance_margin() -> None:
    held = account(Venue.DYDX, 100, {"BTC": "0.01"})
    assert margin.liquidation_distance(held, {(Venue.DYDX, "BTC"): Decimal("0.03")}) == Decimal("0.22")
    assert margin.liquidation_distance(account(Venue.DYDX), {}) is None


@given(st.integers(1, 1000), st.lists(st.tuples(st.sampled_from("ABCD"), st.integers(-900, 900)), max_size=4))
def test_moving_by_the_distance_leaves_exactly_the_maintenance_margin(equity: int, held: list[tuple[str, int]]) -> None:
    facts = account(Venue.APEX, equity, {m: str(s) for m, s in held if s}, mark=1)
    needed = {(Venue.APEX, m): Decimal("0.05") for m, _ in held}
    distance = margin.liquidation_distance(facts, needed)
    notional = [abs(p.size) for p in facts.positions]
    assert (distance is None) is (not notional)
    if distance is not None:
        left = equity - distance * sum(notional)
        assert abs(left - Decimal("0.05") * sum(notional)) < Decimal("1e-15")


def test_a_near_liquidation_shrinks_the_fleet_even_where_leverage_is_allowed() -> None:
    terms = WardenTerms(leverage_reduce=Decimal(9), liquidation_distance_min=Decimal("0.12"))
    heavy = [account(Venue.DYDX, held={"BTC": "0.017"}), account(Venue.APEX)]
    said = Watcher(terms).looks(MARGIN_LOOKS, heavy, {(Venue.DYDX, "BTC"): "0.017"})[-1]
    assert [v.kind for v in said.verdicts] == [Kind.LIQUIDATION]
    lighter = [account(Venue.DYDX, held={"BTC": "0.016"}), account(Venue.APEX)]
    assert not Watcher(terms).looks(9, lighter, {(Venue.DYDX, "BTC"): "0.016"})[-1].verdicts


# ---- taking back ------------------------------------------------------------------------------------------------

CALM_LOOKS = TERMS.calm_ns // TERMS.look_every_ns


def test_our_own_halt_is_taken_back_after_a_while_of_calm_and_not_before() -> None:
    said = Watcher().looks(CALM_LOOKS + 1, HEDGED, LEVEL, held_by=Kind.LEVERAGE)
    assert [judgement.lift for judgement in said] == [False] * CALM_LOOKS + [True]


def test_what_was_too_heavy_must_become_light_before_it_is_forgiven() -> None:
    between = [account(Venue.DYDX, held={"BTC": "0.0065"}), account(Venue.APEX)]
    said = Watcher().looks(2 * CALM_LOOKS, between, {(Venue.DYDX, "BTC"): "0.0065"}, held_by=Kind.LEVERAGE)
    assert not any(judgement.lift for judgement in said)
    said = Watcher().looks(2 * CALM_LOOKS, between, {(Venue.DYDX, "BTC"): "0.0065"}, held_by=Kind.CLOCK)
    assert said[-1].lift


def test_a_venue_that_does_not_answer_is_not_calm() -> None:
    said = Watcher().looks(2 * CALM_LOOKS, HEDGED[:1], held_by=Kind.CLOCK)
    assert not any(judgement.lift for judgement in said)


def test_one_relapse_begins_the_calm_anew() -> None:
    watcher = Watcher()
    watcher.looks(CALM_LOOKS, HEDGED, LEVEL, held_by=Kind.LEVERAGE)
    watcher.look([account(Venue.DYDX, held={"BTC": "0.02"}), HEDGED[1]], held_by=Kind.LEVERAGE)
    assert not any(judgement.lift for judgement in watcher.looks(CALM_LOOKS, HEDGED, LEVEL, held_by=Kind.LEVERAGE))


def test_only_our_own_halt_of_a_kind_that_passes_and_over_nobody_elses_may_be_taken_back() -> None:
    verdict = margin.margin_verdicts(account(Venue.DYDX, 1, {"BTC": "0.1"}), {}, TERMS)[0]
    assert is_passing("warden", reason(verdict, HaltLevel.NONE, "", ""))
    assert not is_passing("ann", verdict.why)
    over_ann = reason(verdict, HaltLevel.HALT, "ann", "odd prices")
    assert "ann" in over_ann and "odd prices" in over_ann and not is_passing("warden", over_ann)
    twice = reason(verdict, HaltLevel.HALT, "warden", over_ann)
    assert twice.count("odd prices") == 1 and not is_passing("warden", twice)
    assert is_passing("warden", reason(verdict, HaltLevel.HALT, "warden", "clock: dydx's clock is +3 s off"))
    assert not is_passing("warden", "difference: apex holds 1 BTC")
    assert not is_passing("warden", "loss: 11 % lost today")


# ---- ledger against venues --------------------------------------------------------------------------------------


def test_a_position_that_no_fill_explains_halts_its_market_alone_after_several_looks() -> None:
    planted = [
        account(Venue.DYDX, held={"BTC": "0.002"}),
        account(Venue.APEX, held={"BTC": "-0.002", "SOL": "3"}, mark=10),
    ]
    said = Watcher().looks(TERMS.difference_looks, planted, LEVEL)
    assert not [v for judgement in said[:-1] for v in judgement.verdicts]
    [verdict] = said[-1].verdicts
    assert (verdict.kind, verdict.market, verdict.level) == (Kind.DIFFERENCE, "SOL", HaltLevel.HALT)
    assert "apex holds 3 SOL, the ledger 0" in verdict.text


def test_a_position_that_the_venue_does_not_have_is_a_difference_too() -> None:
    [verdict] = Watcher().looks(TERMS.difference_looks, [HEDGED[0], account(Venue.APEX)], LEVEL)[-1].verdicts
    assert verdict.market == "BTC" and "apex holds 0 BTC, the ledger -0.002" in verdict.text


def test_a_difference_that_changes_begins_anew() -> None:
    watcher = Watcher()
    for number in range(4 * TERMS.difference_looks):
        held = account(Venue.APEX, held={"SOL": str(1 + number // (TERMS.difference_looks - 1))}, mark=10)
        assert not watcher.look([account(Venue.DYDX), held]).verdicts


def test_a_market_in_which_something_is_on_its_way_is_not_judged() -> None:
    planted = [account(Venue.DYDX), account(Venue.APEX, held={"SOL": "3"}, mark=10)]
    quiet, moving = Sums({}, frozenset()), Sums({}, frozenset({"SOL"}))
    for before, after in ((quiet, moving), (moving, quiet)):
        assert not Watcher().looks(9, planted, before=before, after=after)[-1].verdicts
    filled = Sums({(Venue.APEX, "SOL"): Decimal(3)}, frozenset())
    assert not Watcher().looks(9, planted, before=filled, after=quiet)[-1].verdicts
    assert Watcher().looks(9, planted, before=quiet, after=quiet)[-1].verdicts


@given(st.decimals("-5", "5", places=3), st.decimals("-5", "5", places=3))
@example(Decimal("1.1"), Decimal("1.0"))
@example(Decimal("1.099"), Decimal("1.0"))
def test_a_difference_is_one_from_the_smallest_order_on(ours: Decimal, theirs: Decimal) -> None:
    held = {"SOL": str(theirs)} if theirs else {}
    sums = Sums({(Venue.APEX, "SOL"): ours}, frozenset())
    dust = {(Venue.APEX, "SOL"): Decimal("0.1")}
    found = agreement.differences(sums, account(Venue.APEX, held=held), sums, dust)
    assert bool(found) is (abs(theirs - ours) >= Decimal("0.1"))


@given(st.lists(st.integers(0, 2), max_size=60), st.integers(2, 6))
def test_only_what_stood_unchanged_in_so_many_looks_in_a_row_persists(values: list[int], needed: int) -> None:
    streaks = Streaks[str, int](needed)
    for number, value in enumerate(values):
        told = streaks.look({"here": value} if value else {})
        last = values[max(0, number + 1 - needed) : number + 1]
        assert bool(told) is (len(last) == needed and set(last) == {value} and value > 0)


# ---- foreign orders ---------------------------------------------------------------------------------------------


def test_an_order_that_we_did_not_send_halts_its_market_and_is_named() -> None:
    watcher = Watcher()
    orders = {Venue.DYDX: (("k3f9aa-BTC-7-d0", "BTC"), ("by-hand", "SOL"), ("", "SOL")), Venue.APEX: ()}
    assert not watcher.look(FLAT, orders=orders).verdicts
    assert not watcher.look(FLAT).verdicts
    [verdict] = watcher.look(FLAT, orders=orders).verdicts
    assert (verdict.kind, verdict.market, verdict.level) == (Kind.FOREIGN, "SOL", HaltLevel.HALT)
    assert "by-hand" in verdict.text and "no client id" in verdict.text and "k3f9aa" not in verdict.text


def test_an_order_by_hand_halts_its_market_and_is_told_as_such() -> None:
    watcher = Watcher()
    orders = {Venue.APEX: ((hand_id(NOW), "BTC"), ("stray", "BTC")), Venue.DYDX: ()}
    for _ in range(2):
        found = watcher.look(FLAT, orders=orders).verdicts
    by_hand, foreign = sorted(found, key=lambda verdict: verdict.kind)
    assert (by_hand.kind, by_hand.market, by_hand.level) == (Kind.BY_HAND, "BTC", HaltLevel.HALT)
    assert by_hand.text == f"apex has orders placed by hand: {hand_id(NOW)}"
    assert foreign.kind == Kind.FOREIGN and "stray" in foreign.text and "hand-" not in foreign.text


def test_ours_is_what_begins_with_this_file_and_this_market() -> None:
    assert agreement.is_ours("k3f9aa-BTC-7-d0", "BTC", NAMES)
    assert agreement.is_ours("older1-BTC-7-d0", "BTC", ("older1", "k3f9aa"))
    for name in ("k3f9ab-BTC-7-d0", "k3f9aa-BTCX-7-d0", "k3f9aaBTC", "", "xk3f9aa-BTC-1-d0"):
        assert not agreement.is_ours(name, "BTC", NAMES)


def test_an_order_that_is_gone_at_the_next_look_was_nothing() -> None:
    watcher = Watcher()
    for number in range(8):
        orders: dict[Venue, tuple[tuple[str, str], ...]] = {Venue.DYDX: ((f"x{number}", "SOL"),)}
        assert not watcher.look(FLAT, orders=orders).verdicts


# ---- clocks -----------------------------------------------------------------------------------------------------


def reading(off_s: float, trip_s: float = 0.0) -> ClockReading:
    return ClockReading(Venue.APEX, int(off_s * SECOND_NS), int(trip_s * SECOND_NS), NOW)


def test_a_clock_that_is_off_in_several_readings_halts_and_one_slow_answer_does_not() -> None:
    judge = Judge(TERMS, LISTED)
    said = [judge.clock(reading(-2.5)) for _ in range(CLOCK_LOOKS)]
    assert said[:-1] == [None] * (CLOCK_LOOKS - 1)
    assert said[-1] is not None and said[-1].level is HaltLevel.HALT and said[-1].market == "*"
    assert judge.clock(reading(0.1)) is None
    assert not any(judge.clock(reading(2.5, trip_s=4.0)) for _ in range(9))


def test_a_clock_that_is_still_off_keeps_our_halt_in_force() -> None:
    watcher = Watcher()
    watcher.judge.clock(reading(3))
    assert not watcher.looks(2 * CALM_LOOKS, HEDGED, LEVEL, held_by=Kind.CLOCK)[-1].lift
    watcher.judge.clock(reading(0))
    assert watcher.looks(2 * CALM_LOOKS, HEDGED, LEVEL, held_by=Kind.CLOCK)[-1].lift


@given(st.integers(-(10**10), 10**10), st.integers(0, 10**10))
def test_a_warning_comes_before_a_halt(offset_ns: int, trip_ns: int) -> None:
    said = ClockReading(Venue.DYDX, offset_ns, trip_ns, NOW)
    assert margin.clock_verdict(said, TERMS) is None or margin.clock_warning(said, TERMS)
    assert said.surely_off_ns <= abs(offset_ns)


# ---- losses -----------------------------------------------------------------------------------------------------


def both(dydx: int, apex: int) -> list[AccountFacts]:
    return [account(Venue.DYDX, dydx), account(Venue.APEX, apex)]


def test_more_lost_today_than_allowed_shrinks_the_fleet_and_is_not_taken_back() -> None:
    watcher = Watcher()
    watcher.look(both(100, 100))
    assert LOSS_LOOKS >= 5, "a venue that starts may value an account oddly for a moment"
    said = watcher.looks(LOSS_LOOKS, both(60, 119))
    assert not [v for judgement in said[:-1] for v in judgement.verdicts]
    [verdict] = said[-1].verdicts
    assert (verdict.kind, verdict.market, verdict.level) == (Kind.LOSS, "*", HaltLevel.REDUCE)
    assert "today" in verdict.text and not is_passing("warden", verdict.why)


def test_what_moves_between_the_venues_is_no_loss_and_half_an_answer_is_not_half_a_loss() -> None:
    watcher = Watcher()
    watcher.look(both(100, 100))
    assert not watcher.looks(9, both(20, 180))[-1].verdicts
    assert not watcher.looks(9, both(20, 180)[:1])[-1].verdicts


def test_a_new_day_begins_where_the_account_stands_but_the_peak_remains() -> None:
    watcher = Watcher()
    watcher.look(both(100, 100))
    watcher.now_ns += margin.DAY_NS
    assert not watcher.looks(9, both(85, 85))[-1].verdicts
    watcher.now_ns += margin.DAY_NS
    [verdict] = watcher.looks(9, both(79, 80))[-1].verdicts
    assert "since the peak" in verdict.text


def test_a_person_who_lets_the_fleet_go_on_is_not_asked_again_for_the_same_loss() -> None:
    watcher = Watcher()
    watcher.look(both(100, 100))
    assert watcher.looks(9, both(50, 50))[-1].verdicts
    watcher.judge.forgive()
    assert not watcher.looks(9, both(50, 50))[-1].verdicts
    assert watcher.looks(9, both(40, 40))[-1].verdicts


@given(st.lists(st.integers(1, 300), min_size=1, max_size=40))
def test_the_peak_is_the_highest_ever_seen(equities: list[int]) -> None:
    base = None
    for number, equity in enumerate(equities):
        base = margin.baseline(base, equity, NOW + number)
        assert base.peak_uusd == max(equities[: number + 1])
        assert base.start_uusd == equities[0]


# ---- the numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"leverage_calm": Decimal(3)},
        {"skew_warn_ns": 3 * SECOND_NS},
        {"daily_loss_max": Decimal(10)},
        {"difference_looks": 1},
        {"look_every_ns": 0},
    ],
)
def test_numbers_that_make_no_sense_are_refused_by_name(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong)).removesuffix("_ns")):
        WardenTerms(**wrong)  # type: ignore[arg-type]


def test_calm_counts_from_the_first_quiet_look() -> None:
    calm = Calm(10)
    assert [calm.look((), at) for at in (0, 5, 10, 11)] == [False, False, True, True]
    assert not calm.look(("reason",), 12)
    assert [calm.look((), at) for at in (13, 22, 23)] == [False, False, True]


# ---- transfers ----------------------------------------------------------------------------------------------------


@given(st.integers(-1000, 10**9), st.integers(-1000, 10**9))
def test_the_transfer_makes_equities_even_and_is_asked_for_below_the_ratio_alone(dydx: int, apex: int) -> None:
    equities = {Venue.DYDX: dydx, Venue.APEX: apex}
    found = margin.transfer(equities, Decimal("0.6"))
    low, high = sorted(equities.values())
    assert (found is not None) is (high > 0 and 10 * low < 6 * high)
    if found is not None:
        assert equities[found.giver] == high and equities[found.taker] == low
        assert 0 <= (high - found.amount_uusd) - (low + found.amount_uusd) <= 1


def test_a_transfer_is_spoken_as_something_that_can_be_done_and_needs_both_venues() -> None:
    equities = {Venue.DYDX: 40 * USD, Venue.APEX: 100 * USD}
    found = margin.transfer(equities, Decimal("0.6"))
    assert found is not None
    assert margin.spoken(found, equities) == (
        "apex has 100.00 USD, dydx has 40.00 USD: a transfer of 30.00 USD from apex to dydx would make them even"
    )
    assert margin.transfer({Venue.APEX: 100 * USD}, Decimal("0.6")) is None


def test_what_a_venue_has_under_way_is_not_lost_but_carries_nothing() -> None:
    leaving = replace(account(Venue.DYDX, 60, {"BTC": "0.0043"}), pending_uusd=40 * USD)
    assert margin.total_uusd([leaving, account(Venue.APEX)]) == 200 * USD
    assert margin.leverage(leaving) == Decimal(172) / 60
    assert Kind.LEVERAGE in {v.kind for v in margin.margin_verdicts(leaving, {}, TERMS)}
    watcher = Watcher()
    watcher.look(FLAT)
    gone = [replace(account(Venue.DYDX, 60), pending_uusd=40 * USD), account(Venue.APEX)]
    assert not watcher.looks(2 * LOSS_LOOKS, gone)[-1].verdicts


# ---- USD against USDC ---------------------------------------------------------------------------------------------


def said_of(*bps: float, usd: float = 1000.0) -> dict[Venue, dict[str, Outlook]]:
    """Both venues' indices of as many markets, ApeX's so many basis points above dYdX's."""
    coins = "ABCDEFGHIJ"
    dydx = {coin: Outlook(Decimal(str(usd)), Decimal(0)) for coin, _ in zip(coins, bps, strict=False)}
    apex = {
        coin: Outlook(Decimal(str(usd)) * (1 + Decimal(str(off)) / 10_000), Decimal(0))
        for coin, off in zip(coins, bps, strict=False)
    }
    return {Venue.DYDX: dydx, Venue.APEX: apex}


def test_the_dollars_are_compared_market_by_market_and_one_odd_market_does_not_count() -> None:
    assert prices.parted_bps(said_of(1, 2, 900)) == 2
    assert prices.parted_bps(said_of(-60, -61, 3)) == -60
    assert prices.parted_bps({Venue.APEX: said_of(1)[Venue.APEX]}) is None
    assert prices.parted_bps({}) is None


def test_dollars_that_part_are_told_about_first_then_halt_in_two_looks_and_pass() -> None:
    judge = Judge(TERMS, LISTED)
    assert judge.peg(said_of(24)) is None and not judge.peg_warning
    assert judge.peg(said_of(26)) is None and "+26 bp" in judge.peg_warning
    assert judge.peg(said_of(-51)) is None, "one look"
    verdict = judge.peg(said_of(-51))
    assert verdict is not None
    assert (verdict.kind, verdict.market, verdict.level) == (Kind.PEG, "*", HaltLevel.HALT)
    assert "-51 bp" in verdict.text and is_passing("warden", verdict.why)
    assert judge.peg(said_of(10)) is None and not judge.peg_warning


def test_a_halt_for_the_dollars_stays_while_they_are_apart_and_while_that_is_not_known() -> None:
    watcher = Watcher()
    for _ in range(2):
        watcher.judge.peg(said_of(80))
    watcher.judge.peg({})
    assert not watcher.looks(2 * CALM_LOOKS, HEDGED, LEVEL, held_by=Kind.PEG)[-1].lift
    watcher.judge.peg(said_of(0))
    assert watcher.looks(2 * CALM_LOOKS, HEDGED, LEVEL, held_by=Kind.PEG)[-1].lift


@given(st.integers(-200, 200))
def test_a_warning_of_the_dollars_comes_before_a_halt(off: int) -> None:
    parted = Decimal(off)
    assert (prices.peg_verdict(parted, TERMS) is not None) is (abs(off) > 50)
    assert bool(prices.peg_warning(parted, TERMS)) is (abs(off) > 25)


# ---- funding ------------------------------------------------------------------------------------------------------


def held(edge_usd: str = "0.01") -> Deal:
    """ApeX short, dYdX long 2 A at 1,000 USD."""
    size, micro = Decimal(2), int(Decimal(edge_usd) * USD)
    fills = tuple(Fill(v, v, f"{v}-order", Direction.SELL_APEX.side_at(v), Decimal(1000), size, 0, NOW) for v in Venue)
    return Deal("x-A-1", "A", 1, Direction.SELL_APEX, size, DealState.OPEN, USD, micro, NOW, NOW, (), fills)


def rates(dydx: str, apex: str) -> dict[Venue, dict[str, Outlook]]:
    said = {Venue.DYDX: dydx, Venue.APEX: apex}
    return {venue: {"A": Outlook(Decimal(1000), Decimal(rate))} for venue, rate in said.items()}


@pytest.mark.parametrize(
    ("dydx", "apex", "usd"), [("0.00001", "0", "-0.02"), ("0", "0.00001", "0.02"), ("0.00002", "0.00002", "0")]
)
def test_longs_pay_shorts_where_the_rate_is_positive(dydx: str, apex: str, usd: str) -> None:
    assert prices.funding_hourly(held(), rates(dydx, apex)) == Decimal(usd)


def test_a_deal_whose_next_hour_costs_more_than_it_was_opened_for_is_told_about() -> None:
    assert "x-A-1 pays 0.0200 USD" in prices.funding_warning(held("0.01"), rates("0.00001", "0"))
    assert not prices.funding_warning(held("0.03"), rates("0.00001", "0"))
    assert not prices.funding_warning(held("-0.5"), rates("0", "0.00001")), "it is paid, whatever it was opened for"
    assert prices.funding_hourly(held(), {Venue.DYDX: {}}) is None and not prices.funding_warning(held(), {})
