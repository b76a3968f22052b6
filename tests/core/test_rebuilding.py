"""What cannot be mapped to a deal is named, and nothing is guessed at."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from common.core.account import ForcedFill
from common.core.deal import Deal, DealState
from common.core.history import History, PastOrder
from common.core.ids import OrderName, order_name
from common.core.market import Instrument, Side, Venue
from common.core.order import REVERSED, Fill, Lifetime, Order, Purpose, Report, reversal
from common.core.rebuilding import Addition, Before, Retold, retell
from common.ledger.forced import forced_rows

SIZE = Decimal("0.01")
#: the smallest order is ten of these
DUST = Decimal("0.001")
SECOND_NS = 1_000_000_000


def instrument(venue: Venue) -> Instrument:
    tenth = Decimal("0.1")
    return Instrument(venue, "ETH", "ETH-USD", tenth, Decimal("0.001"), SIZE, Decimal(0), tenth, tenth)


def no_forced(forced: ForcedFill, deals: tuple[Deal, ...]) -> Sequence[tuple[Order, Fill]]:
    raise AssertionError("nobody was to bear this")


def before(*deals: Deal) -> Before:
    return Before("ETH", deals, {v: instrument(v) for v in Venue}, no_forced, 5_000, 99)


def past(name: str, side: Side, at_s: int, *, reduce_only: bool = False, size: Decimal = SIZE) -> PastOrder:
    """`name` is the client id behind `old111-ETH-`."""
    client_id = f"old111-ETH-{name}"
    venue = Venue.DYDX if name.split("-")[1][0] == "d" else Venue.APEX
    report = Report(client_id, f"v-{name}", size, final=True)
    limit = Decimal(2_000)
    return PastOrder(venue, "ETH", side, size, limit, Lifetime.FOK, reduce_only, at_s * SECOND_NS, report)


def histories(*orders: PastOrder) -> list[History]:
    """Each order filled at once, and wholly."""
    fills = [
        Fill(o.venue, f"f-{o.report.client_id}", o.report.client_id, o.side, o.limit, o.size, 7, o.created_ns + 1)
        for o in orders
    ]
    return [
        History(v, tuple(o for o in orders if o.venue is v), tuple(f for f in fills if f.venue is v)) for v in Venue
    ]


OPENING = (past("4-a0", Side.SELL, 1), past("4-d1", Side.BUY, 1))
EXIT = (past("4-d2", Side.SELL, 5, reduce_only=True), past("4-a3", Side.BUY, 5, reduce_only=True))


def told(*orders: PastOrder) -> Retold:
    return retell(before(), histories(*orders))


def test_two_legs_are_an_open_deal_under_its_old_name() -> None:
    found = told(*OPENING)
    (deal,) = found.new
    assert found.strange == ()
    assert (deal.deal_id, deal.number, deal.direction, deal.state) == ("old111-ETH-4", 4, 1, DealState.OPEN)
    assert (deal.held_uusd, deal.size, deal.attempts_from) == (20_000_000, SIZE, 5_000)
    assert [(o.client_id, o.purpose) for o in deal.orders] == [
        ("old111-ETH-4-a0", Purpose.OPEN),
        ("old111-ETH-4-d1", Purpose.OPEN),
    ]
    assert dict(found.positions) == {Venue.DYDX: SIZE, Venue.APEX: -SIZE}


def test_one_leg_is_a_deal_that_its_worker_has_to_even() -> None:
    (deal,) = told(OPENING[1]).new
    assert (deal.state, deal.direction, deal.held_uusd) == (DealState.OPENING, 1, 20_000_000)


def test_half_an_exit_is_a_deal_that_is_closing() -> None:
    (deal,) = told(*OPENING, past("4-a2", Side.BUY, 5, reduce_only=True)).new
    assert (deal.state, deal.orders[-1].purpose) == (DealState.CLOSING, Purpose.CLOSE)


def purposes(*orders: PastOrder) -> list[Purpose]:
    """Of what came after the opening."""
    (deal,) = told(*OPENING, *orders).new
    return [order.purpose for order in deal.orders[2:]]


def test_an_exit_and_what_evened_it_are_told_apart() -> None:
    """The exit's two are 2 and 3, or 2 filled nothing: then 4 is no partner of 3."""
    (deal,) = told(*OPENING, *EXIT).new
    assert [order.purpose for order in deal.orders[2:]] == [Purpose.CLOSE, Purpose.CLOSE]
    assert (deal.state, deal.held_uusd) == (DealState.CLOSED, 0)
    evening = past("4-d4", Side.SELL, 6, reduce_only=True)
    assert purposes(EXIT[1], evening) == [Purpose.CLOSE, Purpose.EVEN]


def test_an_exit_that_takes_dust_along_is_one_exit() -> None:
    bought = replace(EXIT[1], size=SIZE + DUST, report=replace(EXIT[1].report, filled_size=SIZE + DUST))
    assert purposes(EXIT[0], bought) == [Purpose.CLOSE, Purpose.CLOSE]


def test_an_exit_is_told_whatever_came_to_nothing_before_it() -> None:
    """An evening order, or the single leg of an exit, takes one number, an exit of both legs two."""
    for first in (3, 4):
        sold = past(f"4-d{first}", Side.SELL, 5, reduce_only=True)
        bought = past(f"4-a{first + 1}", Side.BUY, 5, reduce_only=True)
        assert purposes(sold, bought) == [Purpose.CLOSE, Purpose.CLOSE]


def test_a_deal_is_even_where_no_venue_would_take_an_order_for_the_rest() -> None:
    """Dust at the venue with the larger smallest order is more than the other's smallest order."""
    more = {Venue.DYDX: replace(instrument(Venue.DYDX), min_size=2 * SIZE), Venue.APEX: instrument(Venue.APEX)}
    opened = past("4-a0", Side.SELL, 1, size=2 * SIZE), past("4-d1", Side.BUY, 1, size=3 * SIZE)
    sold = past("4-d2", Side.SELL, 5, reduce_only=True, size=2 * SIZE)
    (deal,) = retell(replace(before(), instruments=more), histories(*opened, sold)).new
    assert [order.purpose for order in deal.orders[2:]] == [Purpose.CLOSE]


def test_an_order_that_is_not_of_this_fleet_is_named() -> None:
    alien = replace(OPENING[0], report=replace(OPENING[0].report, client_id="my-own-order"))
    assert told(alien).strange == ("apex order my-own-order is not of this fleet",)
    resting = replace(OPENING[0], lifetime=None)
    assert told(resting).strange == ("apex order old111-ETH-4-a0 is not of this fleet",)
    elsewhere = replace(OPENING[0], venue=Venue.DYDX)
    assert told(elsewhere).strange == ("dydx order old111-ETH-4-a0 is not of this fleet",)


def test_an_order_that_may_still_fill_is_named() -> None:
    alive = replace(OPENING[0], report=replace(OPENING[0].report, final=False))
    assert told(alive).strange == ("apex order old111-ETH-4-a0 may still fill",)


def test_fills_that_do_not_add_up_are_named() -> None:
    more = replace(OPENING[0], report=replace(OPENING[0].report, filled_size=2 * SIZE))
    assert told(more).strange == ("apex order old111-ETH-4-a0 filled 0.02, its fills since then are 0.01",)


def test_a_deal_that_was_opened_before_the_history_begins_is_named_and_not_made_up() -> None:
    found = told(past("4-a2", Side.BUY, 5, reduce_only=True))
    assert found.new == ()
    assert found.strange == ("deal old111-ETH-4 was opened before that: old111-ETH-4-a2",)


def test_opening_orders_that_contradict_each_other_are_named() -> None:
    found = told(OPENING[0], past("4-d1", Side.SELL, 1))
    assert found.new == () and "contradict each other" in found.strange[0]


def test_a_forced_fill_that_no_deal_can_have_borne_is_named() -> None:
    forced = ForcedFill(Venue.DYDX, "liq", "ETH", "BUY", Decimal(2_000), SIZE, 0, 5, 5)
    found = retell(before(), [History(Venue.DYDX, forced=(forced,))])
    assert found.strange == ("dydx forced fill liq: no deal was there to bear it",)


def test_a_forced_fill_is_offered_to_the_deals_that_were_live_then_oldest_first() -> None:
    """Of three deals the first was closed before, the third opened after."""
    first = (*OPENING, *EXIT)
    second = past("5-a0", Side.SELL, 2), past("5-d1", Side.BUY, 2)
    third = past("6-a0", Side.SELL, 3), past("6-d1", Side.BUY, 3)
    fourth = past("7-a0", Side.SELL, 9), past("7-d1", Side.BUY, 9)
    forced = ForcedFill(Venue.DYDX, "liq", "ETH", "SELL", Decimal(2_000), SIZE, 0, 7 * SECOND_NS, 7 * SECOND_NS)
    offered: list[tuple[str, ...]] = []

    def book(one: ForcedFill, deals: tuple[Deal, ...]) -> Sequence[tuple[Order, Fill]]:
        offered.append(tuple(deal.deal_id for deal in deals))
        return ()

    told = [*histories(*first, *second, *third, *fourth), History(Venue.DYDX, forced=(forced,))]
    retell(replace(before(), book_forced=book), told)
    assert offered == [("old111-ETH-5", "old111-ETH-6")]
    late = replace(forced, venue_ns=100 * SECOND_NS)
    retell(replace(before(), book_forced=book), [*histories(*first), History(Venue.DYDX, forced=(late,))])
    assert offered[-1] == ("old111-ETH-4",), "without a live deal the last finished one bears it"


def test_what_the_ledger_knows_is_not_told_again() -> None:
    (deal,) = told(*OPENING).new
    found = retell(before(deal), histories(*OPENING))
    assert (found.new, found.more, found.facts, found.strange) == ((), (), (), ())


def test_a_fill_that_the_ledger_lacks_is_a_fact_about_its_order() -> None:
    (deal,) = told(*OPENING).new
    deaf = replace(deal, fills=deal.fills[:1])
    found = retell(before(deaf), histories(*OPENING))
    assert [fact.client_id for fact in found.facts] == [deal.fills[1].client_id]
    assert dict(found.positions) == {Venue.DYDX: SIZE, Venue.APEX: -SIZE}


def test_a_fill_that_was_taken_back_since_is_a_fact_about_its_order() -> None:
    (deal,) = told(*OPENING).new
    dydx, apex = histories(*OPENING)
    found = retell(before(deal), [dydx, replace(apex, fills=(*apex.fills, reversal(apex.fills[0])))])
    assert (found.strange, found.more) == ((), ())
    assert [fact.client_id for fact in found.facts] == [apex.fills[0].client_id]
    assert dict(found.positions) == {Venue.DYDX: SIZE, Venue.APEX: 0}


@pytest.mark.parametrize("known", [False, True])
def test_a_forced_fill_that_was_taken_back_is_undone_in_every_deal_that_bore_it(known: bool) -> None:
    """Whether the ledger has the forced fill already or not."""
    deals = (*OPENING, past("5-a0", Side.SELL, 2), past("5-d1", Side.BUY, 2))
    forced = ForcedFill(Venue.DYDX, "liq", "ETH", "SELL", Decimal(2_000), 2 * SIZE, 0, 7 * SECOND_NS, 7 * SECOND_NS)
    undone = replace(forced, fill_id=forced.fill_id + REVERSED, side="BUY")
    ledger = replace(before(), book_forced=forced_rows)
    taken, back = ([*histories(*deals), History(Venue.DYDX, forced=heard)] for heard in ((forced,), (forced, undone)))
    once = retell(ledger, taken)
    assert dict(once.positions) == {Venue.DYDX: 0, Venue.APEX: -2 * SIZE}
    found = retell(replace(ledger, deals=once.new if known else ()), back)
    assert dict(found.positions) == {Venue.DYDX: 2 * SIZE, Venue.APEX: -2 * SIZE}
    assert found.strange == () and len(found.more) == (2 if known else 0)
    again = retell(replace(ledger, deals=_with(once.new, found.more)), back) if known else found
    assert dict(again.positions) == dict(found.positions) and (again.more == () or not known)


def _with(deals: tuple[Deal, ...], more: tuple[Addition, ...]) -> tuple[Deal, ...]:
    added = {one.deal_id: one for one in more}
    return tuple(replace(d, fills=d.fills + added[d.deal_id].fills) for d in deals)


def test_orders_that_a_known_deal_lacks_are_added_to_it() -> None:
    (deal,) = told(*OPENING).new
    found = retell(before(deal), histories(*OPENING, *EXIT))
    (more,) = found.more
    assert found.new == () and more.deal_id == deal.deal_id
    assert [(o.client_id[-2:], o.purpose) for o in more.orders] == [("d2", Purpose.CLOSE), ("a3", Purpose.CLOSE)]
    assert len(more.fills) == 2


def test_two_files_that_gave_a_number_twice_are_both_told() -> None:
    other = [
        replace(o, report=replace(o.report, client_id=o.report.client_id.replace("old111", "new222"))) for o in OPENING
    ]
    found = told(*OPENING, *other)
    assert {deal.deal_id: deal.number for deal in found.new} == {"new222-ETH-4": 4, "old111-ETH-4": 5}


def test_what_a_person_wrote_off_is_not_expected_at_the_venues() -> None:
    (deal,) = told(*OPENING).new
    found = retell(before(replace(deal, state=DealState.WRITTEN_OFF)), histories(*OPENING))
    assert not any(found.positions.values()) and found.strange == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("k3f9ab-BTC-17-d0", OrderName("k3f9ab", "BTC", 17, Venue.DYDX, 0)),
        ("k3f9ab-DOGE-1-a17000000002", OrderName("k3f9ab", "DOGE", 1, Venue.APEX, 17_000_000_002)),
        ("k3f9ab-BTC-017-d0", None),
        ("k3f9ab-BTC-17-x0", None),
        ("k3f9ab-BTC-17-d", None),
        ("k3f9ab-BTC-17", None),
        ("k3f9ab-BTC-17-d0-1", None),
        ("-BTC-17-d0", None),
        ("k3f9ab-BTC-17-d²", None),
        ("forced:apex:915378710825951327:0", None),
        ("", None),
    ],
)
def test_a_client_id_is_taken_apart_or_is_not_ours(text: str, name: OrderName | None) -> None:
    assert order_name(text) == name
