"""What the warden does: halts and lifts in a real ledger, restarts and stops through a supervisord that is a stub."""

import asyncio
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock, members, settings
from common.core.account import AccountFacts, Position
from common.core.deal import Deal, DealState
from common.core.events import HaltLevel, LookedUp
from common.core.market import Direction, Venue
from common.core.order import Fill, Found, Lifetime, Order, Purpose, Report
from common.core.terms import SECOND_NS
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms
from common.ledger.report import Report as LedgerReport
from common.ledger.shapes import Beat
from common.ledger.watch import LedgerWatch
from common.market_lock import MarketLock, lock_file, recent_starts
from common.settings import Settings
from common.supervisor_client import Process
from common.warden import life
from common.warden.guard import RESTART_PAUSE_NS, SILENT_LOOKS, Guard
from common.warden.hand import Alerts, Hand
from common.warden.life import Member
from common.warden.margin import Baseline
from common.warden.memory import Memory
from common.warden.terms import WardenTerms
from common.warden.verdicts import Kind, Verdict

ROOT = Path(__file__).resolve().parents[2]
TERMS = WardenTerms()
NOW = clock.now_ns()
HEAVY = Verdict(Kind.LEVERAGE, "*", HaltLevel.REDUCE, "dydx carries 2.90 times equity")
SKEW = Verdict(Kind.CLOCK, "*", HaltLevel.HALT, "dydx's clock is +3.00 s off ours")
ODD = Verdict(Kind.DIFFERENCE, "BTC", HaltLevel.HALT, "apex holds 1 BTC, the ledger 0")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    path = tmp_path / "ledger.db"
    with Ledger.create(path, created_ns=NOW, config_hash="c", code_version="v", pid=7) as made:
        made.set_cap(CapTerms(Decimal("2.5"), Decimal(3), 4, 30 * SECOND_NS), "start", NOW)
        for venue in Venue:
            made.write_account(AccountFacts(venue, 10**9, 0, (), NOW))
        yield made


@pytest.fixture
def watch(ledger: Ledger, tmp_path: Path) -> Iterator[LedgerWatch]:
    with LedgerWatch.open(tmp_path / "ledger.db") as opened:
        yield opened


@pytest.fixture
def hand(ledger: Ledger, watch: LedgerWatch) -> Hand:
    return Hand((ledger, watch), ("BTC", "SOL"), Alerts(logging.getLogger("warden")))


def journal(tmp_path: Path) -> list[str]:
    with LedgerReport.open(tmp_path / "ledger.db") as report:
        return [f"{row.verb} {row.market} {row.why}" for row in report.journal() if row.verb in ("halt", "resume")]


# ---- halts ------------------------------------------------------------------------------------------------------


def test_a_condition_that_lasts_writes_one_row_and_one_line(
    hand: Hand, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert [hand.halt(ODD) for _ in range(5)] == [True, False, False, False, False]
    assert journal(tmp_path) == ["halt BTC halt by warden: difference: apex holds 1 BTC, the ledger 0"]
    assert sum("alert severity=high what=difference market=BTC" in line for line in caplog.messages) == 1


def test_only_the_named_market_is_halted(hand: Hand, ledger: Ledger) -> None:
    hand.halt(ODD)
    assert ledger.halt_level("BTC") is HaltLevel.HALT
    assert ledger.halt_level("SOL") is HaltLevel.NONE


def test_a_market_that_nobody_trades_is_told_about_and_not_halted(
    hand: Hand, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    assert [hand.halt(replace(ODD, market="UNI")) for _ in range(3)] == [False] * 3
    assert ledger.halt_level("UNI") is HaltLevel.NONE
    assert sum("what=difference market=UNI" in line for line in caplog.messages) == 1


def test_our_own_halt_is_lifted_and_a_stricter_one_stays_until_both_reasons_are_gone(
    hand: Hand, ledger: Ledger
) -> None:
    hand.halt(SKEW)
    hand.halt(HEAVY)
    assert ledger.halt_level("BTC") is HaltLevel.REDUCE
    assert not hand.halt(SKEW)
    assert hand.lift("calm for 60 s") and not hand.lift("calm for 60 s")
    assert ledger.halt_level("BTC") is HaltLevel.NONE


@pytest.mark.parametrize("level", [HaltLevel.HALT, HaltLevel.REDUCE, HaltLevel.FLATTEN])
def test_a_persons_halt_is_never_lifted_by_us_whether_below_or_above_ours(
    hand: Hand, ledger: Ledger, level: HaltLevel
) -> None:
    ledger.halt(level, "*", "odd prices", who="ann", at_ns=NOW)
    hand.halt(HEAVY)
    assert not hand.lift("calm")
    assert ledger.halt_level("BTC") is not HaltLevel.NONE


def test_what_only_a_person_may_lift_is_not_lifted(hand: Hand, ledger: Ledger) -> None:
    hand.halt(Verdict(Kind.LOSS, "*", HaltLevel.REDUCE, "11 % lost today"))
    hand.halt(ODD)
    assert not hand.lift("calm")
    assert ledger.halt_level("BTC") is HaltLevel.REDUCE


# ---- reading the ledger -----------------------------------------------------------------------------------------


def opened(ledger: Ledger, number: int, size: str = "0.002") -> tuple[Deal, LookedUp]:
    """A reserved deal and what will be heard about its first leg."""
    deal_id = f"{ledger.incarnation}-BTC-{number}"
    orders = tuple(
        Order(
            client_id=f"{deal_id}-{venue[0]}0",
            deal_id=deal_id,
            venue=venue,
            market="BTC",
            side=Direction.SELL_APEX.side_at(venue),
            purpose=Purpose.OPEN,
            size=Decimal(size),
            limit=Decimal(40_000),
            lifetime=Lifetime.FOK,
            reduce_only=False,
            created_ns=NOW,
        )
        for venue in Venue
    )
    deal = Deal(
        deal_id, "BTC", number, Direction.SELL_APEX, Decimal(size), DealState.OPENING, 10**8, 1, NOW, NOW, orders
    )
    reserved = ledger.reserve(deal, "test")
    assert isinstance(reserved, Deal)
    return reserved, heard(orders[0])


def heard(order: Order) -> LookedUp:
    fill = Fill(order.venue, f"f-{order.client_id}", order.client_id, order.side, Decimal(40_000), order.size, 1, NOW)
    return LookedUp(order.client_id, Found(Report(order.client_id, "v", order.size, final=True), (fill,)), NOW)


def test_sums_of_fills_are_read_on_from_where_they_were_read_to(ledger: Ledger, watch: LedgerWatch) -> None:
    assert watch.look().positions == {}
    deal, first = opened(ledger, 1)
    ledger.record(first)
    look = watch.look()
    assert look.positions == {(Venue.DYDX, "BTC"): Decimal("0.002")}
    assert look.moving == {"BTC"}
    ledger.record(heard(deal.orders[1]))
    ledger.move(deal.deal_id, DealState.OPEN, 8 * 10**7, "even", NOW)
    for _ in range(3):
        look = watch.look()
        assert look.positions == {(Venue.DYDX, "BTC"): Decimal("0.002"), (Venue.APEX, "BTC"): Decimal("-0.002")}
        assert look.moving == frozenset()


def test_a_report_without_its_fills_is_moving(ledger: Ledger, watch: LedgerWatch) -> None:
    deal, first = opened(ledger, 1)
    ledger.record(first)
    report = Report(deal.orders[1].client_id, "v", Decimal("0.002"), final=True)
    ledger.record(LookedUp(report.client_id, Found(report, ()), NOW))
    assert watch.look().moving == {"BTC"}


def test_what_was_written_off_is_nobodys_and_its_market_is_left_alone_while_it_holds(
    ledger: Ledger, watch: LedgerWatch
) -> None:
    deal, first = opened(ledger, 1)
    ledger.record(first)
    ledger.record(heard(deal.orders[1]))
    held = (Position("BTC", Decimal("0.002"), Decimal(1), Decimal(1)),)
    ledger.write_account(AccountFacts(Venue.DYDX, 10**9, 0, held, NOW + 1))
    ledger.write_off(deal.deal_id, "by hand", force=True, at_ns=NOW + 1)
    look = watch.look()
    assert not look.positions
    assert look.moving == look.releasable == frozenset({"BTC"})
    for venue in Venue:
        ledger.write_account(AccountFacts(venue, 10**9, 0, (), NOW + SECOND_NS))
    assert ledger.release_written_off("BTC", NOW + SECOND_NS)
    assert watch.look().moving == frozenset()


def test_a_person_who_resumes_is_noticed_and_we_are_not(ledger: Ledger, watch: LedgerWatch, hand: Hand) -> None:
    hand.halt(SKEW)
    hand.lift("calm")
    assert watch.look().resumed_ns == {}
    hand.halt(ODD)
    ledger.resume("BTC", "looked at it", who="ann", at_ns=NOW + 5)
    assert watch.look().resumed_ns == {"BTC": NOW + 5}


# ---- workers ----------------------------------------------------------------------------------------------------


def process(state: str = "RUNNING", pid: int = 11, name: str = "btc") -> Process:
    return Process(name, members.GROUP, state, pid, 100, 0, "")


def member(age_s: float, decided_s: float = 0, *, pid: int = 11, state: str = "RUNNING") -> Member:
    beat = Beat("BTC", pid, NOW - int(age_s * SECOND_NS), "holding", NOW - int(decided_s * SECOND_NS))
    return Member("BTC", process(state), beat)


def test_silent_is_a_running_worker_whose_own_heartbeat_is_old() -> None:
    assert life.silent([member(20.5)], NOW, TERMS) == {"BTC": 11}
    assert not life.silent([member(19.5)], NOW, TERMS)
    assert not life.silent([member(99, pid=10)], NOW, TERMS), "its predecessor's: it waits for a lock or a venue"
    for state in ("STOPPING", "STARTING", "BACKOFF", "EXITED"):
        assert not life.silent([member(99, state=state)], NOW, TERMS)
    assert not life.silent([Member("BTC", process(), None)], NOW, TERMS)


def test_idle_is_a_worker_that_beats_and_decides_nothing() -> None:
    assert life.idle([member(1, 31)], NOW, TERMS) == {"BTC": NOW - 31 * SECOND_NS}
    assert not life.idle([member(1, 29)], NOW, TERMS)
    assert not life.idle([member(21, 31)], NOW, TERMS), "silent, which is another matter"


def test_a_crash_loop_is_as_many_starts_as_are_allowed_within_the_window_and_since_we_look() -> None:
    many = tuple(NOW - n * 40 * SECOND_NS for n in range(TERMS.quarantine_starts))
    [verdict] = life.crash_loops({"BTC": many, "SOL": many[1:]}, {}, NOW, TERMS)
    assert (verdict.market, verdict.kind) == ("BTC", Kind.CRASH_LOOP)
    assert "12 starts" in verdict.text
    assert not life.crash_loops({"BTC": many}, {"BTC": many[-1]}, NOW, TERMS), "a fleet that was started again"
    slow = tuple(NOW - n * 60 * SECOND_NS for n in range(TERMS.quarantine_starts))
    assert not life.crash_loops({"BTC": slow}, {}, NOW, TERMS)


class StubSupervisor:
    """Notes what it is asked for."""

    def __init__(self) -> None:
        self.members = [process(), process(pid=12, name="sol"), Process("sim", "sim", "RUNNING", 9, 100, 0, "")]
        self.asked: list[tuple[str, str]] = []

    def processes(self) -> list[Process]:
        return self.members

    def kill(self, name: str) -> None:
        self.asked.append(("kill", name))

    def stop(self, names: list[str]) -> None:
        self.asked += [("stop", name) for name in names]


class Scene:
    """A guard with a ledger, lock files and a clock that the test moves."""

    def __init__(self, ledger: Ledger, watch: LedgerWatch, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ledger, self.now_ns, self.moves = ledger, NOW, True
        self.supervisor = StubSupervisor()
        self.listened: list[str] = []
        monkeypatch.setattr(clock, "now_ns", lambda: self.now_ns)
        monkeypatch.setattr("common.warden.guard.IDLE_GRACE_S", 0.0)
        self.config: Settings = replace(settings.load(ROOT / "arb.toml", {}), var=watch._store.path.parent)
        self.guard = Guard(self.config, self.supervisor, watch, hand, self._listen)  # type: ignore[arg-type]

    async def _listen(self, market: str) -> bool:
        self.listened.append(market)
        return self.moves

    def beat(self, market: str = "BTC", pid: int = 11, decided_ns: int | None = None) -> None:
        decided_ns = self.now_ns if decided_ns is None else decided_ns
        other = Ledger.open(self.config.ledger_file, config_hash="c", code_version="v", pid=pid)
        other.heartbeat(market, "holding", decided_ns=decided_ns, at_ns=self.now_ns)
        other.close()

    def look(self, times: int = 1, every_s: float = 2.0) -> list[tuple[str, str]]:
        for _ in range(times):
            self.now_ns += int(every_s * SECOND_NS)
            asyncio.run(self.guard.look())
        return self.supervisor.asked

    def look_for_idle(self) -> list[tuple[str, str]]:
        asyncio.run(self.guard.look_for_idle())
        return self.supervisor.asked

    def start(self, times: int, market: str = "BTC") -> None:
        for _ in range(times):
            self.now_ns += SECOND_NS // 10
            MarketLock(lock_file(self.config.var, market)).note_start(self.now_ns)


@pytest.fixture
def scene(ledger: Ledger, watch: LedgerWatch, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(ledger, watch, hand, monkeypatch)


def test_a_silent_worker_is_killed_once_and_the_others_are_not(scene: Scene) -> None:
    scene.beat()
    assert scene.look(10 + SILENT_LOOKS - 1) == []
    assert scene.look() == [("kill", "arb:btc")]
    assert scene.look(RESTART_PAUSE_NS // (2 * SECOND_NS) - 2) == [("kill", "arb:btc")]


def test_a_machine_that_stood_still_accuses_nobody(scene: Scene) -> None:
    scene.beat()
    for _ in range(2 * SILENT_LOOKS):
        assert scene.look(1, every_s=300) == []
    scene.beat()
    assert scene.look(8) == []


def test_a_worker_that_decides_nothing_is_killed_only_if_its_books_move(scene: Scene) -> None:
    scene.now_ns += 40 * SECOND_NS
    scene.beat(decided_ns=NOW)
    scene.moves = False
    assert scene.look_for_idle() == []
    assert scene.look_for_idle() == [] and scene.listened == ["BTC"], "its books are not listened to all the time"
    scene.now_ns += RESTART_PAUSE_NS
    scene.beat(decided_ns=NOW)
    scene.moves = True
    assert scene.look_for_idle() == [("kill", "arb:btc")]


def test_a_crash_loop_is_halted_and_stopped_and_whoever_starts_it_again_begins_anew(scene: Scene) -> None:
    scene.start(TERMS.quarantine_starts - 1)
    assert scene.look() == []
    scene.start(1)
    assert scene.look() == [("stop", "arb:btc")]
    assert scene.ledger.halt_level("BTC") is HaltLevel.HALT
    assert scene.ledger.halt_level("SOL") is HaltLevel.NONE
    scene.start(TERMS.quarantine_starts - 1)
    assert scene.look(3) == [("stop", "arb:btc")]


def test_starts_before_the_warden_and_before_a_persons_resume_do_not_count(scene: Scene) -> None:
    scene.start(TERMS.quarantine_starts - 1)
    scene.ledger.halt(HaltLevel.HALT, "BTC", "odd", who="ann", at_ns=scene.now_ns)
    scene.ledger.resume("BTC", "fixed", who="ann", at_ns=scene.now_ns)
    scene.start(1)
    assert scene.look() == []
    assert len(recent_starts(lock_file(scene.config.var, "BTC"))) == TERMS.quarantine_starts


def test_a_program_that_supervisord_gave_up_is_told_about_once(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.supervisor.members.append(process("FATAL", 0, "eth"))
    scene.look(4)
    assert sum("what=gave_up program=arb:eth" in line for line in caplog.messages) == 1


# ---- the lock files and the memory --------------------------------------------------------------------------------


def test_starts_are_kept_for_longer_than_the_wait_looks_at(tmp_path: Path) -> None:
    path = lock_file(tmp_path, "BTC")
    lock = MarketLock(path)
    assert [lock.note_start(NOW + n * 600 * SECOND_NS) for n in range(8)] == [0] * 8
    assert len(recent_starts(path)) == 6
    assert recent_starts(lock_file(tmp_path, "SOL")) == ()
    path.write_text("[1, 2")
    assert recent_starts(path) == ()


def test_the_baseline_survives_a_restart_but_not_another_ledger(tmp_path: Path) -> None:
    path, base = tmp_path / "warden.json", Baseline(7, 100, 120)
    assert Memory(path, "k3f9aa").read() is None
    Memory(path, "k3f9aa").keep(base)
    assert Memory(path, "k3f9aa").read() == base
    assert Memory(path, "other1").read() is None
    path.write_text("{")
    assert Memory(path, "k3f9aa").read() is None


def test_the_memory_is_written_when_there_is_news(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "warden.json", "k3f9aa")
    memory.keep(Baseline(7, 100_000, 100_000))
    written = os.stat(memory.path).st_mtime_ns
    memory.keep(Baseline(7, 100_000, 100_001))
    assert os.stat(memory.path).st_mtime_ns == written
    memory.keep(Baseline(7, 100_000, 100_200))
    assert json.loads(memory.path.read_text())["peak_uusd"] == 100_200


def test_positions_are_read_as_they_stand(ledger: Ledger) -> None:
    """A fresh row of the warden's makes the workers leave theirs: that is how a dead warden costs nothing."""
    held: Any = (Position("BTC", Decimal(1), Decimal(1), Decimal(1)),)
    assert ledger.write_account(AccountFacts(Venue.DYDX, 1, 1, held, NOW + SECOND_NS))
    assert not ledger.write_account(AccountFacts(Venue.DYDX, 2, 2, held, NOW + 3 * SECOND_NS), min_age_ns=3 * SECOND_NS)
