"""The desk's facts one by one, out of values that were told: nothing is read here but what a test needs of a ledger."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import settings
from common.core.account import FundingPaid
from common.core.deal import Deal, DealState
from common.core.events import LookedUp, Way
from common.core.market import Venue
from common.core.order import Absent, Found, OrderState, Report, reversal
from common.desk import deal_told
from common.desk.deal_told import AFTER_NS
from common.desk.facts import facts
from common.desk.shapes import MarketFacts
from common.desk.timeline import DealTold, story
from common.desk.told import DAY_NS, LedgerTold, Reader, Told, states
from common.ledger.ledger import Ledger
from common.ledger.shapes import Choice, DealRow
from common.supervisor_client import Process, Supervisor
from common.telemetry.files import Writer, folder_of
from common.telemetry.rows import Mark, Sent
from common.warden.board import Seen

SECOND_NS = 1_000_000_000
ETH = "aaaaaa-ETH-1"


@pytest.fixture
def reader(fleet: Any) -> Reader:
    return Reader(settings.load(fleet.root / "arb.toml"))


def read(fleet: Any, reader: Reader) -> tuple[Told, LedgerTold]:
    told = reader.read(fleet.now_ns + SECOND_NS)
    assert told.ledger is not None
    return told, told.ledger


def market(told: Told, at_ns: int, name: str = "BTC") -> MarketFacts:
    return next(one for one in facts(told, at_ns).markets if one.market == name)


def test_what_is_open_is_not_known_while_one_mark_is_missing(fleet: Any, reader: Reader) -> None:
    told, ledger = read(fleet, reader)
    unmarked = {**ledger.markets, "SOL": replace(ledger.markets["SOL"], unrealised_uusd=None)}
    pnl = facts(replace(told, ledger=replace(ledger, markets=unmarked)), fleet.now_ns).pnl
    assert pnl is not None and (pnl.open_uusd, pnl.total_uusd) == (None, None)


def test_programs_are_what_is_no_worker(fleet: Any, reader: Reader) -> None:
    told, _ = read(fleet, reader)
    worker, sim = Process("btc", "arb", "RUNNING", 41, 12, 0, ""), Process("btc", "btc", "FATAL", 0, 0, 1, "")
    processes = (worker, sim)
    desk = facts(replace(told, processes=processes, alive=(7, "RUNNING")), fleet.now_ns)
    assert [(p.name, p.state) for p in desk.programs] == [("btc", "FATAL")]
    assert states(processes) == {"btc": worker}
    assert desk.supervisord is not None and (desk.supervisord.pid, desk.supervisord.state) == (7, "RUNNING")


def test_programs_are_asked_for_where_a_supervisord_answers(
    fleet: Any, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process("sim", "sim", "RUNNING", 41, 12, 0, "")
    monkeypatch.setattr(Supervisor, "alive", lambda _: (7, "RUNNING"))
    monkeypatch.setattr(Supervisor, "processes", lambda _: [process])
    assert read(fleet, reader)[0].processes == (process,)


def test_how_far_liquidation_is_comes_from_the_wardens_board(fleet: Any, reader: Reader) -> None:
    told, _ = read(fleet, reader)
    board = Seen(fleet.now_ns, {Venue.DYDX: Decimal("0.4"), Venue.APEX: None}, {})
    assert [v.liquidation for v in facts(replace(told, board=board), fleet.now_ns).venues] == [Decimal("0.4"), None]


def test_a_worker_that_never_decided_has_no_age_of_a_decision(fleet: Any, reader: Reader) -> None:
    told, ledger = read(fleet, reader)
    beats = {"BTC": replace(ledger.beats["BTC"], decided_ns=0)}
    row = market(replace(told, ledger=replace(ledger, beats=beats)), fleet.now_ns + SECOND_NS)
    assert (row.heard_age_ns, row.decided_age_ns) == (SECOND_NS, None)


def test_a_venue_that_cannot_know_of_our_last_fill_does_not_disagree(fleet: Any, reader: Reader) -> None:
    fleet.hear({"BTC": "0.002", "SOL": "-1"}, fleet.now_ns + SECOND_NS)
    told, ledger = read(fleet, reader)
    at_ns = fleet.now_ns + 2 * SECOND_NS
    assert market(told, at_ns).trouble == "positions differ"
    just_filled = replace(ledger, filled_ns={"BTC": fleet.now_ns + SECOND_NS // 2})
    assert market(replace(told, ledger=just_filled), at_ns).trouble == ""
    never = replace(ledger.markets["BTC"].sides[0], venue_size=None, at_ns=None)
    sides = (never, ledger.markets["BTC"].sides[1])
    unheard = replace(ledger, markets={"BTC": replace(ledger.markets["BTC"], sides=sides)}, filled_ns={})
    assert market(replace(told, ledger=unheard), at_ns).sides[0].agrees


def test_a_stuck_deal_is_the_first_thing_to_be_looked_at(fleet: Any, reader: Reader) -> None:
    told, ledger = read(fleet, reader)
    row = ledger.markets["BTC"]
    stuck = replace(row, deals=(replace(row.deals[0], state=DealState.STUCK),))
    fleet.hear({"BTC": "0.002"}, fleet.now_ns + SECOND_NS)
    assert market(replace(told, ledger=replace(ledger, markets={"BTC": stuck})), fleet.now_ns).trouble == "stuck"


def test_a_cap_of_nothing_is_used_up_by_anything(fleet: Any, reader: Reader) -> None:
    told, ledger = read(fleet, reader)

    def used(held_uusd: int, cap_uusd: int) -> float | None:
        cap = replace(ledger.cap, held_uusd=held_uusd, cap_uusd=cap_uusd)
        return facts(replace(told, ledger=replace(ledger, cap=cap)), fleet.now_ns).used

    assert (used(1, 0), used(0, 0), used(1, 4), used(5, -4)) == (1.0, 0.0, 0.25, 1.0)


def test_funding_of_today_is_counted_once_and_belongs_to_the_day(fleet: Any, reader: Reader) -> None:
    midnight_ns = (fleet.now_ns + SECOND_NS) // DAY_NS * DAY_NS
    for name, venue_ns in (("a", midnight_ns), ("b", midnight_ns - 1)):
        fleet.ledger.book_funding(FundingPaid(Venue.DYDX, name, "BTC", -30, venue_ns), fleet.now_ns)
    for _ in range(2):
        told, _ = read(fleet, reader)
        pnl = facts(told, fleet.now_ns).pnl
        assert pnl is not None and pnl.funding_uusd == -30
        assert pnl.open_uusd is not None and pnl.total_uusd == pnl.realised_uusd + pnl.open_uusd - 30


def test_a_new_day_is_counted_from_its_beginning_by_the_same_reader(fleet: Any, reader: Reader) -> None:
    def closed(at_ns: int) -> int:
        pnl = facts(reader.read(at_ns), at_ns).pnl
        return -1 if pnl is None else pnl.closed

    ended_ns = next(row.deal.changed_ns for row in [must(deal_told.read(fleet.ledger_file, ETH)).row])
    assert (closed(ended_ns), closed(ended_ns + DAY_NS), closed(ended_ns)) == (1, 0, 1)


def test_a_ledger_that_was_replaced_between_two_looks_is_counted_for_itself(fleet: Any, reader: Reader) -> None:
    assert len(read(fleet, reader)[1].deals) == 2
    fleet.ledger.close()
    for file in list(fleet.ledger_file.parent.glob("ledger.db*")):
        file.rename(file.with_name(f"old-{file.name}"))
    Ledger.create(fleet.ledger_file, created_ns=fleet.now_ns, config_hash="c", code_version="v", pid=7).close()
    _, ledger = read(fleet, reader)
    assert (ledger.deals, ledger.earned) == ((), {})


def test_a_deal_without_a_fill_earned_nothing_and_is_no_closed_one(fleet: Any, reader: Reader) -> None:
    def ended() -> tuple[int, int]:
        pnl = must(facts(read(fleet, reader)[0], fleet.now_ns).pnl)
        return pnl.closed, pnl.realised_uusd

    before = ended()
    deal = must(deal_told.read(fleet.ledger_file, "aaaaaa-BTC-1")).deal
    orders = tuple(
        replace(
            order,
            client_id=f"aaaaaa-BTC-2-{n}",
            deal_id="aaaaaa-BTC-2",
            state=OrderState.NEW,
            venue_order_id=None,
            reported_size=None,
        )
        for n, order in enumerate(deal.orders)
    )
    begun = replace(deal, deal_id="aaaaaa-BTC-2", number=2, state=DealState.OPENING, orders=orders, fills=())
    void = replace(begun, opened_ns=fleet.now_ns, changed_ns=fleet.now_ns)
    assert isinstance(fleet.ledger.reserve(void, "edge 2 bp"), Deal)
    for order in orders:
        fleet.ledger.record(LookedUp(order.client_id, Absent(proven=True), fleet.now_ns))
    fleet.ledger.move(void.deal_id, DealState.VOID, 0, "nothing filled", fleet.now_ns + 1)
    assert ended() == before


# ---- a deal's timeline ----------------------------------------------------------------------------------------------


def must(found: Any) -> Any:
    assert found is not None
    return found


def told_of(fleet: Any, **changed: Any) -> DealTold:
    row: DealRow = must(deal_told.read(fleet.ledger_file, ETH)).row
    return replace(DealTold(row, (), (), None, ()), **changed)


def test_what_a_person_chose_is_part_of_the_story(fleet: Any) -> None:
    choice = Choice(ETH, Way.KEEP, "anna", "wait for them", fleet.now_ns)
    chosen = [one for one in story(told_of(fleet, choice=choice)).happened if one.what == "chosen"]
    assert [one.text for one in chosen] == ["keep by anna: wait for them"]


def test_a_fill_that_was_taken_back_is_called_so(fleet: Any) -> None:
    fill = next(one for one in fleet.fills if ETH in one.client_id)
    back, order = reversal(fill), next(one for one in fleet.orders if one.client_id == fill.client_id)
    report = Report(order.client_id, f"v-{order.client_id}", Decimal(0), final=True)
    fleet.ledger.record(LookedUp(order.client_id, Found(report, (back,)), fleet.now_ns))
    texts = [one.text for one in must(deal_told.read(fleet.ledger_file, ETH)).happened if one.what == "fill"]
    assert sum("taken back" in text for text in texts) == 1 and sum(" filled," in text for text in texts) == 4


def test_a_mark_is_for_us_when_what_was_bought_is_dearer_and_what_was_sold_is_cheaper(fleet: Any) -> None:
    order = next(one for one in fleet.orders if one.deal_id == ETH)
    mark = Mark("ETH", fleet.now_ns, "dydx", order.client_id, "BUY", "2000", "0.01", 5, "2001")
    marks = (mark, replace(mark, side="SELL"))
    texts = [one.text for one in story(told_of(fleet, telemetry=marks)).happened if one.what == "mark"]
    assert [text.rsplit(": ", 1)[1] for text in texts] == ["+5.0 bp for us", "-5.0 bp for us"]


def test_orders_of_other_deals_are_no_part_of_it_and_a_reason_of_an_order_is(fleet: Any) -> None:
    row: DealRow = told_of(fleet).row
    orders = (replace(row.deal.orders[0], reason="not enough margin"), *row.deal.orders[1:])
    sent = Sent("ETH", fleet.now_ns, ETH, "bbbbbb-ETH-1-a0", "apex", "SELL", "OPEN", "0.01", "2000", "2000", 99)
    made = story(told_of(fleet, row=replace(row, deal=replace(row.deal, orders=orders)), telemetry=(sent,)))
    assert not [one for one in made.happened if one.what == "sent"]
    assert [one.text.endswith("not enough margin") for one in made.happened if one.what == "order"].count(True) == 1


def test_marks_that_come_after_the_end_are_waited_for(fleet: Any, tmp_path: Path) -> None:
    order = next(one for one in fleet.orders if one.deal_id == ETH)
    last_ns = max(one.at_ns for one in must(deal_told.read(fleet.ledger_file, ETH)).happened)
    mark = Mark("ETH", last_ns + AFTER_NS, "apex", order.client_id, "SELL", "2000", "0.01", 30, "1999")
    Writer(folder_of(fleet.ledger_file), "ETH").append([mark, replace(mark, at_ns=mark.at_ns + 1)])
    assert [one.what for one in must(deal_told.read(fleet.ledger_file, ETH)).happened].count("mark") == 1
