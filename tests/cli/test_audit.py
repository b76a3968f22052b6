"""The outside checker: a clean story is clean, and every check is proved able to fail by one planted violation."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.market import Side, Venue
from common.sim.engine import make_venue
from common.sim.types import PaperRefusal, PlaceRequest, SourceBook
from scripts import audit, audit_checks, audit_limits, audit_story
from scripts.audit_facts import AddingFact, EquityFact, LedgerFacts, OneFill, StepFact, VenueFacts
from scripts.audit_venues import Tail, journal_file, read_venues
from scripts.audit_watch import Watch
from scripts.dust import smallest_orders

Story = tuple[LedgerFacts, dict[str, VenueFacts]]


@pytest.fixture
def story(fleet: Any) -> Story:
    """Everything there is, as the checker reads it, an hour later: nothing can be on its way any more."""
    later_ns = fleet.now_ns + 3600 * 10**9
    return audit.read_ledger(fleet.ledger_file, later_ns), read_venues(fleet.paper)


def broken(story: Story) -> set[str]:
    """Names of the checks that found a law broken."""
    return {f.check for f in audit_checks.judge(*story, smallest_orders()).findings if f.broken}


def worth_knowing(story: Story) -> set[str]:
    return {f.check for f in audit_checks.judge(*story, smallest_orders()).findings if not f.broken}


def with_deals(ledger: LedgerFacts, **changed: Any) -> LedgerFacts:
    """The same ledger with BTC's deal changed, in the list and in what counts."""
    deals = {k: replace(d, **changed) if k == "aaaaaa-BTC-1" else d for k, d in ledger.deals.items()}
    counted = tuple(d for d in deals.values() if d.live or d.held_uusd)
    return replace(ledger, deals=deals, limits=replace(ledger.limits, deals=counted))


def with_fill(ledger: LedgerFacts, number: int, **changed: Any) -> LedgerFacts:
    fills = list(ledger.fills)
    fills[number] = replace(fills[number], **changed)
    return replace(ledger, fills=tuple(fills))


def without_last_fill(ledger: LedgerFacts) -> LedgerFacts:
    """As if the last fill had never been heard of, nor reported."""
    last = ledger.fills[-1]
    order = replace(ledger.orders[last.client_id], reported=None)
    return replace(ledger, fills=ledger.fills[:-1], orders={**ledger.orders, order.client_id: order})


def test_a_clean_story_is_clean(story: Story) -> None:
    verdict = audit_checks.judge(*story, smallest_orders())
    assert verdict.clean
    assert not verdict.findings
    assert verdict.checks["fills"] == 8


def test_it_shares_no_code_with_the_ledger() -> None:
    for path in Path(audit.__file__).parent.glob("audit*.py"):
        assert "common.ledger" not in path.read_text().replace("nothing of common.ledger", ""), path.name


# ---- limits ---------------------------------------------------------------------------------------------------------


def test_cap_a_deal_let_in_above_it(story: Story) -> None:
    ledger, venues = story
    equities = {v: replace(e, equity_uusd=30_000_000) for v, e in ledger.limits.equities.items()}
    heard_ns = max(e.at_ns for e in equities.values())
    tight = replace(ledger, limits=replace(ledger.limits, equities=equities))
    assert "cap" not in broken((tight, venues))
    assert "cap" in worth_knowing((tight, venues)), "the cap shrank under deals that were let in before"
    assert "cap" in broken((with_deals(tight, opened_ns=heard_ns + 1), venues))


def admitted(ledger: LedgerFacts, *, gross_uusd: int, **changed: Any) -> LedgerFacts:
    """BTC's deal came in under these very figures: apex carries so much."""
    heard_ns = max(e.at_ns for e in ledger.limits.equities.values())
    equities = {v: replace(e, gross_uusd=gross_uusd if v == "apex" else 0) for v, e in ledger.limits.equities.items()}
    newest = with_deals(ledger, opened_ns=heard_ns + 1)
    return replace(newest, limits=replace(newest.limits, equities=equities, **changed))


def test_cap_what_a_venue_carries_is_answered_for_by_deals_with_a_position_there(story: Story) -> None:
    """One venue's gross minus all that is held forgave a deal what it had nothing to do with."""
    ledger, venues = story
    cap = int(Decimal("2.5") * min(e.equity_uusd for e in ledger.limits.equities.values()))
    held = ledger.limits.held_uusd
    assert "cap" not in broken((admitted(ledger, gross_uusd=cap), venues)), "both deals answer for it"
    for places in (frozenset(), ledger.limits.places - {("apex", "BTC")}, ledger.limits.places - {("apex", "SOL")}):
        assert "cap" in broken((admitted(ledger, gross_uusd=cap, places=places), venues))
    enough = cap - held
    assert "cap" not in broken((admitted(ledger, gross_uusd=enough, places=frozenset()), venues))
    assert "cap" in broken((admitted(ledger, gross_uusd=enough + 1, places=frozenset()), venues))


def test_cap_a_deal_with_an_order_yet_to_come_answers_for_nothing_there(story: Story) -> None:
    ledger, venues = story
    cap = int(Decimal("2.5") * min(e.equity_uusd for e in ledger.limits.equities.values()))

    def judged(order: AddingFact) -> bool:
        return "cap" in broken((admitted(ledger, gross_uusd=cap, adding=(order,)), venues))

    before = ledger.limits.at_ns - 2 * 3600 * 10**9
    assert judged(AddingFact("aaaaaa-SOL-1", "apex", before, opening=False))
    assert not judged(AddingFact("aaaaaa-SOL-1", "dydx", before, opening=False))
    assert not judged(AddingFact("aaaaaa-SOL-1", "apex", ledger.limits.at_ns, opening=False)), "sent after the entry"
    assert judged(AddingFact("aaaaaa-SOL-1", "apex", ledger.limits.at_ns, opening=True))


@pytest.mark.parametrize("gross_usd", [0, 50, 90, 101, 250, 400])
@pytest.mark.parametrize("lost", ["", "market = 'BTC'", "venue = 'apex'", "1"])
@pytest.mark.parametrize("undone", ["0", "market = 'BTC' AND venue = 'apex'", "purpose = 'OPEN'", "1"])
def test_the_room_is_the_ledgers_own_to_the_micro_dollar(fleet: Any, gross_usd: int, lost: str, undone: str) -> None:
    """Two programs, one formula: the view that the ledger judges by, and the checker that shares nothing with it."""
    fleet.ledger.close()
    with closing(sqlite3.connect(fleet.ledger_file)) as sql:
        sql.execute(
            "UPDATE equity SET gross_uusd = ?, equity_uusd = 77777777 WHERE venue = 'apex'", (gross_usd * 10**6,)
        )
        sql.execute(f"DELETE FROM venue_position WHERE {lost or '0'}")
        sql.execute("DROP TRIGGER orders_move")
        sql.execute(f"UPDATE orders SET state = 'WORKING' WHERE {undone}")
        held, cap = sql.execute("SELECT held_uusd, cap_uusd FROM room").fetchone()
        sql.commit()
    limits = audit.read_limits(fleet.ledger_file, fleet.now_ns)
    assert (limits.held_uusd, audit_limits.room_uusd(limits)) == (held, cap)


def test_cap_live_deals_without_equity(story: Story) -> None:
    ledger, venues = story
    assert "cap" in broken((replace(ledger, limits=replace(ledger.limits, equities={})), venues))


def test_level_more_live_deals_than_allowed(story: Story) -> None:
    ledger, venues = story
    assert ledger.limits.cap is not None
    none = replace(ledger.limits.cap, level=0)
    assert {"level", "level in the past"} <= broken((replace(ledger, limits=replace(ledger.limits, cap=none)), venues))


def test_level_in_the_past_is_replayed_from_the_journal(story: Story) -> None:
    ledger, venues = story
    assert ledger.limits.cap is not None
    one = replace(ledger, limits=replace(ledger.limits, cap=replace(ledger.limits.cap, level=1)))
    assert broken((one, venues)) == set()
    closed_late = replace(one, steps=tuple(s for s in one.steps if (s.deal_id, s.after) != ("aaaaaa-ETH-1", "CLOSED")))
    assert "level in the past" in broken((closed_late, venues))


def test_one_direction_per_market_now_and_in_the_past(story: Story) -> None:
    ledger, venues = story
    both = replace(ledger.deals["aaaaaa-BTC-1"], deal_id="aaaaaa-BTC-2", direction=-1)
    limits = replace(ledger.limits, deals=(*ledger.limits.deals, both))
    assert "one direction per market" in broken((replace(ledger, limits=limits), venues))
    steps = (*ledger.steps, StepFact(999, "aaaaaa-BTC-2", None, "OPENING"))
    past = replace(ledger, deals={**ledger.deals, "aaaaaa-BTC-2": both}, steps=steps)
    assert "one direction per market" in broken((past, venues))


def test_leverage_above_the_limit_by_price_alone_is_an_excursion(story: Story) -> None:
    ledger, venues = story
    high = EquityFact(equity_uusd=30_000_000, gross_uusd=100_000_000, at_ns=1)
    risen = replace(ledger, limits=replace(ledger.limits, equities={**ledger.limits.equities, "dydx": high}))
    assert "leverage" not in broken((risen, venues))
    assert "leverage" in worth_knowing((risen, venues))
    venues["dydx"].balance_uusd -= 80_000_000
    assert "leverage" in broken((risen, venues))


# ---- the venues' story ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", Decimal(39_999)), ("size", Decimal("0.002")), ("fee_uusd", 20_001), ("side", "SELL"), ("market", "ETH")],
)
def test_fills_that_differ_in_anything(story: Story, field: str, value: object) -> None:
    ledger, venues = story
    number = next(i for i, f in enumerate(ledger.fills) if f.market == "BTC" and f.side == "BUY")
    assert "fills" in broken((with_fill(ledger, number, **{field: value}), venues))


def test_one_micro_dollar_of_fees_is_noticed_in_the_money(story: Story) -> None:
    ledger, venues = story
    assert "money" in broken((with_fill(ledger, 0, fee_uusd=20_001), venues))
    venues["apex"].balance_uusd += 1
    assert "money" in broken((ledger, venues))


def test_a_fill_the_ledger_does_not_know(story: Story) -> None:
    ledger, venues = story
    assert {"fills", "positions", "money"} <= broken((without_last_fill(ledger), venues))


def test_a_fill_that_was_reported_is_asked_for_and_noted(story: Story) -> None:
    ledger, venues = story
    short = replace(ledger, fills=ledger.fills[:-1])
    assert not broken((short, venues))
    assert {"orders", "nothing naked"} <= worth_knowing((short, venues))


def test_a_fill_of_this_moment_is_only_on_its_way(story: Story) -> None:
    ledger, venues = story
    last = ledger.fills[-1]
    now_ns = last.at_ns + audit_story.GRACE_NS - 1
    short = replace(without_last_fill(ledger), limits=replace(ledger.limits, at_ns=now_ns))
    assert not {"fills", "positions", "money", "nothing naked"} & broken((short, venues))


def test_a_fill_the_venue_does_not_know(story: Story) -> None:
    ledger, venues = story
    del venues["dydx"].fills[next(iter(venues["dydx"].fills))]
    assert {"fills", "positions"} <= broken((ledger, venues))


def test_a_forced_fill_shared_out_among_deals_is_one_fill_of_the_venue(story: Story) -> None:
    ledger, venues = story
    base = OneFill("dydx", "liq", "forced:dydx:liq:0", "BTC", "SELL", Decimal(40_000), Decimal("0.001"), 7, 1)
    parts = (
        replace(base, size=Decimal("0.0004"), fee_uusd=3),
        replace(base, fill_id="liq#1", client_id="forced:dydx:liq:1", size=Decimal("0.0006"), fee_uusd=4),
    )
    venues["dydx"].fills["liq"] = replace(base, client_id="")
    forced = replace(ledger, fills=(*ledger.fills, *parts))
    assert not list(audit_story.fills(forced, venues))
    less = replace(ledger, fills=(*ledger.fills, parts[0]))
    assert any("size" in finding.text for finding in audit_story.fills(less, venues))


def undone(fill: OneFill) -> OneFill:
    side = "SELL" if fill.side == "BUY" else "BUY"
    return replace(fill, fill_id=f"{fill.fill_id}!reversed", side=side, fee_uusd=-fill.fee_uusd)


def test_a_fill_that_was_taken_back_stands_on_both_sides_or_is_missed(story: Story) -> None:
    ledger, venues = story
    fill = next(fill for fill in ledger.fills if fill.venue == "apex" and "LTC" not in fill.client_id)
    both = replace(ledger, fills=(*ledger.fills, undone(fill)))
    assert {"fills", "money", "positions"} <= broken((both, venues))
    venue = venues["apex"]
    venue.fills[undone(fill).fill_id] = undone(fill)
    venue.balance_uusd += int(undone(fill).cash_uusd)
    assert broken((both, venues)) == {"nothing naked"}, "the deal lost a leg, and nobody evened it"
    assert {"fills", "money", "positions"} <= broken((ledger, venues))


def test_what_was_taken_back_does_not_stand_in_for_what_is_missing(story: Story) -> None:
    ledger, _ = story
    fill = next(fill for fill in ledger.fills if fill.venue == "apex")
    order = replace(ledger.orders[fill.client_id], reported=fill.size * 2)
    half = replace(ledger, orders={**ledger.orders, fill.client_id: order}, fills=(*ledger.fills, undone(fill)))
    assert audit_story.unfinished(half) == {fill.client_id}


def test_parts_of_a_forced_fill_that_were_taken_back_are_one_fill_of_the_venue(story: Story) -> None:
    ledger, venues = story
    fill = next(fill for fill in ledger.fills if fill.venue == "apex")
    whole = replace(fill, fill_id="adl", client_id="", size=fill.size * 2, fee_uusd=3)
    parts = [
        replace(whole, fill_id=name, client_id=f"forced:apex:adl:{n}", size=fill.size, fee_uusd=n + 1)
        for n, name in enumerate(("adl", "adl#1"))
    ]
    rows = {f"forced:apex:adl:{n}": replace(ledger.orders[fill.client_id], reported=fill.size) for n in range(2)}
    told = replace(ledger, fills=(*ledger.fills, *parts, *map(undone, parts)), orders={**ledger.orders, **rows})
    venues["apex"].fills |= {"adl": whole, "adl!reversed": undone(whole)}
    assert broken((told, venues)) <= {"orders"}


def test_a_venues_journal_tells_a_fill_that_was_taken_back_as_two(tmp_path: Path) -> None:
    engine = make_venue(Venue.APEX, seed=1, journal_path=journal_file(tmp_path, "apex"))
    engine.open_account("ours", Decimal(1000), 1)
    tick = engine.instruments["BTC"].tick
    rows = tuple((int(40_000 / tick) + n, 1000) for n in range(1, 3))
    engine.apply(SourceBook(Venue.APEX, "BTC", (), rows, Decimal(40_000)), 2)
    for name in ("one", "two"):
        assert not isinstance(engine.place("ours", order_for(name), 3), PaperRefusal)
    engine.take_back("ours", engine.fills("ours")[-1].fill_id, 4)
    engine.close()
    (facts,) = (f for f in read_venues(tmp_path).values() if f.venue == "apex")
    assert len(facts.fills) == 3 and facts.positions() == {"BTC": Decimal("0.001")}
    assert facts.balance_uusd - facts.opening_uusd == sum(fill.cash_uusd for fill in facts.fills.values())


def order_for(client_id: str) -> PlaceRequest:
    return PlaceRequest(
        client_id=client_id,
        market="BTC",
        side=Side.BUY,
        kind="LIMIT",
        lifetime="FOK",
        size=Decimal("0.001"),
        price=Decimal(40_100),
        post_only=False,
        reduce_only=False,
        limit_fee=Decimal(10),
        expires_ns=10**18,
        signature="",
    )


def test_an_order_at_the_venue_without_its_row(story: Story) -> None:
    ledger, venues = story
    venues["apex"].orders["by-hand"] = "FILLED"
    assert "orders" in broken((ledger, venues))


def test_a_row_that_claims_a_fill_of_an_order_the_venue_never_saw(story: Story) -> None:
    ledger, venues = story
    venues["apex"].orders.popitem()
    assert "orders" in broken((ledger, venues))


def test_funding_on_both_sides(story: Story) -> None:
    ledger, venues = story
    venues["dydx"].funding["p1"] = (-500, 1)
    venues["dydx"].balance_uusd -= 500
    assert broken((ledger, venues)) == {"funding"}
    assert not broken((replace(ledger, funding={("dydx", "p1"): -500}), venues))
    assert "funding" in broken((replace(ledger, funding={("dydx", "p1"): 500}), venues))
    assert "funding" in broken((replace(ledger, funding={("dydx", "p1"): -500, ("apex", "p2"): 1}), venues))
    fresh = replace(ledger, limits=replace(ledger.limits, at_ns=2))
    assert "funding" not in broken((fresh, venues))


# ---- the ledger by itself -------------------------------------------------------------------------------------------


def test_a_deal_that_is_uneven_at_rest(story: Story) -> None:
    ledger, venues = story
    assert "nothing naked" in broken((without_last_fill(ledger), venues))
    dusty = with_fill(ledger, len(ledger.fills) - 1, size=ledger.fills[-1].size + Decimal("0.05"))
    assert "nothing naked" not in broken((dusty, venues)), "less than the smallest order cannot be evened"


def test_a_finished_deal_that_still_holds_something(story: Story) -> None:
    ledger, venues = story
    assert "finished deals hold nothing" in broken((with_deals(ledger, state="CLOSED"), venues))


@pytest.mark.parametrize("steps", ["none", "gap", "end"])
def test_a_state_that_the_journal_does_not_explain(story: Story, steps: str) -> None:
    ledger, venues = story
    kept = {"none": (), "gap": ledger.steps[1:], "end": ledger.steps[:-1]}[steps]
    assert "journal" in broken((replace(ledger, steps=kept), venues))


# ---- reading --------------------------------------------------------------------------------------------------------


def test_a_journal_is_read_on_and_a_torn_line_is_left_for_later(tmp_path: Path, fleet: Any) -> None:
    whole = (fleet.paper / "dydx.jsonl").read_bytes()
    path = tmp_path / "dydx.jsonl"
    tail = Tail(path, "dydx")
    for end in range(0, len(whole) + 1, 97):
        path.write_bytes(whole[:end]) if end == 0 else _grow(path, whole[:end])
        tail.read()
    _grow(path, whole)
    tail.read()
    assert tail.facts.fills == read_venues(fleet.paper)["dydx"].fills
    assert len(tail.facts.fills) == 4


def _grow(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content[path.stat().st_size :])


def test_a_rewritten_journal_is_read_anew(tmp_path: Path, fleet: Any) -> None:
    path = tmp_path / "apex.jsonl"
    path.write_bytes((fleet.paper / "apex.jsonl").read_bytes())
    tail = Tail(path, "apex")
    tail.read()
    account = {"account_id": "ours", "balance_uusd": tail.facts.balance_uusd}
    draft = tmp_path / "draft"
    draft.write_text(json.dumps({"snapshot": {"accounts": [account], "orders": [], "fills": [], "funding": []}}) + "\n")
    draft.replace(path)
    before = tail.facts.balance_uusd
    tail.read()
    assert (tail.facts.balance_uusd, tail.facts.fills) == (before, {})


def test_watching_keeps_the_peaks(fleet: Any) -> None:
    watch = Watch(fleet.ledger_file, fleet.paper, dydx_port=1)
    watch.sample()
    assert watch.peaks.samples == 1
    assert watch.peaks.held_uusd == 100_000_000
    assert watch.peaks.leverage["dydx"] == Decimal("1.001"), "no prices there: the venue's own words"
    assert not watch.peaks.findings


def test_watching_tells_growth_from_price(fleet: Any) -> None:
    watch = Watch(fleet.ledger_file, fleet.paper, dydx_port=1)
    watch._marks = {"BTC": Decimal(40_000), "SOL": Decimal(60)}
    watch.sample()
    watch._marks = {"BTC": Decimal(40_000), "SOL": Decimal(130)}
    watch.sample()
    assert [f.check for f in watch.peaks.excursions] == ["leverage"]
    assert not watch.peaks.broken
    grown = Watch(fleet.ledger_file, fleet.paper, dydx_port=1)
    grown._marks = watch._marks
    grown.sample()
    assert [f.check for f in grown.peaks.broken] == ["leverage"]


# ---- arbctl audit ---------------------------------------------------------------------------------------------------


def test_arbctl_audit_is_0_when_clean_and_1_when_not(fleet: Any, arbctl_in: Callable[[Path], Any]) -> None:
    call = arbctl_in(fleet.root)
    assert call("audit").code == 0
    path = fleet.paper / "dydx.jsonl"
    path.write_text(path.read_text().replace('"fee": "0.02"', '"fee": "0.020001"', 1))
    said = call("audit", "--json")
    assert said.code == 1
    assert said.data["clean"] is False
    assert any(f["check"] == "fills" and "fee_uusd" in f["text"] for f in said.data["findings"])


def test_arbctl_audit_watches_first_when_asked(fleet: Any, arbctl_in: Callable[[Path], Any]) -> None:
    said = arbctl_in(fleet.root)("audit", "--watch", "1", "--json")
    assert said.code == 0
    assert said.data["watched"]["samples"] >= 1
    assert said.data["watched"]["failed"] == 0


def test_a_journal_that_cannot_be_understood_is_a_sentence(fleet: Any, arbctl_in: Callable[[Path], Any]) -> None:
    (fleet.paper / "dydx.jsonl").write_text("{]\n")
    said = arbctl_in(fleet.root)("audit")
    assert said.code == 1
    assert "dydx.jsonl" in said.err


def by_hand(story: Story, client_id: str) -> Story:
    """The same story with an order beside the fleet that bought 0.002 BTC at dYdX."""
    ledger, venues = story
    venue = venues["dydx"]
    fill = OneFill("dydx", "f-hand", client_id, "BTC", "BUY", Decimal(40_000), Decimal("0.002"), 40_000, 1)
    balance = venue.balance_uusd + int(fill.cash_uusd)
    orders, fills = {**venue.orders, client_id: "FILLED"}, {**venue.fills, "f-hand": fill}
    return ledger, {**venues, "dydx": replace(venue, orders=orders, fills=fills, balance_uusd=balance)}


def test_an_order_by_hand_is_told_and_held_against_nobody(story: Story) -> None:
    told = by_hand(story, "hand-dn6hekn4r4ai")
    assert not broken(told)
    assert {"fills", "orders"} <= worth_knowing(told)
    assert {"fills", "orders", "positions", "money"} <= broken(by_hand(story, "somebody"))


def test_what_an_order_by_hand_moved_still_has_to_add_up(story: Story) -> None:
    ledger, venues = by_hand(story, "hand-dn6hekn4r4ai")
    venue = venues["dydx"]
    assert broken((ledger, {**venues, "dydx": replace(venue, balance_uusd=venue.balance_uusd + 1)})) == {"money"}
