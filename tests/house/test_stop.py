"""SIGTERM in every state of a worker: it ends within stopwaitsecs, with the right word, and leaves a sound ledger.

A real process against paper venues whose line the test spoils, so that each state lasts until it is told to stop.
"""

import asyncio
import configparser
import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from common import clock, process_main
from common.alerts import sending
from common.core.asking import RETRY_MAX_NS
from common.core.deal import DealState
from common.core.errors import LedgerError
from common.core.events import HaltLevel
from common.core.market import Venue
from common.ledger import lock, store
from common.ledger.ledger import Ledger
from common.ledger.verify import verify
from common.market_lock import LOCK_TIMEOUT_S, lock_file
from common.metrics import server as metrics_server
from common.sim.server import wire_server
from common.tape import spool
from common.venues import ws
from common.venues.apex import wire_order as apex
from common.venues.dydx import wire_order as dydx
from common.web import looking, server
from scripts import drill_strikes, supervise
from workers import arb, metrics, sim, warden, web

ROOT = Path(__file__).resolve().parents[2]
BOUND_S = 30.0
CONFIG = """
[strategy]
rule = "original"
market_deals_max = 1
unwind = [[0, 10]]
close_floor_bps = -9000
[paper]
dydx_port = {dydx}
apex_port = {apex}
[markets.BTC]
size = "0.001"
"""
#: ApeX's book this many ticks (0.5 USD) higher: one percent, far above both fees
GAP = 800
NO_WORD = -signal.SIGTERM


class Worker:
    """BTC's worker as a process, and the lines that it has said so far."""

    def __init__(self, folder: Path) -> None:
        environ = {**os.environ, "ARB_CONFIG": str(folder / "arb.toml"), "PYTHONPATH": str(ROOT)}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "workers.arb", "BTC"], cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self._heard = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.child.stderr is not None
        for line in self.child.stderr:
            with self._heard:
                self.lines.append(line)
                self._heard.notify_all()

    def says(self, *words: str) -> None:
        """Wait for a line with all these words."""
        assert self.has_said(words, BOUND_S), (words, self.lines)

    def has_said(self, words: Sequence[str], bound_s: float) -> bool:
        """Whether there is a line with all these words, or comes in time."""
        with self._heard:
            return self._heard.wait_for(lambda: any(all(w in line for w in words) for line in self.lines), bound_s)

    def stop(self, bound_s: float) -> int:
        """SIGTERM; its exit code, which must come in time."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(bound_s)


class Stage:
    """Paper venues, a ledger, and whichever workers a test starts one after the other."""

    def __init__(self, folder: Path, house: Any) -> None:
        self.house, self._folder = house, folder
        self.var, self.file = folder / "var", folder / "var" / "ledger.db"
        ports = house.ports if house else {Venue.DYDX: 1, Venue.APEX: 2}
        (folder / "arb.toml").write_text(CONFIG.format(dydx=ports[Venue.DYDX], apex=ports[Venue.APEX]))
        self._workers: list[Worker] = []
        if house is None:
            return
        (self.var / "paper").mkdir(parents=True)
        for source in sorted((folder / "0").glob("*.ini")):
            target = self.var / "paper" / source.name
            target.touch(mode=0o600)
            target.write_bytes(source.read_bytes())

    def worker(self) -> Worker:
        """Start one."""
        self._workers.append(Worker(self._folder))
        return self._workers[-1]

    def trading(self) -> Worker:
        """A worker that waits for an edge."""
        worker = self.worker()
        worker.says("trading")
        return worker

    def part(self) -> None:
        """Let the venues' prices part: there is an edge."""
        self.house.show(Venue.APEX, "BTC", GAP)

    def reserved(self) -> Worker:
        """A worker that has seen an edge and has just reserved; its books move until it has heard all it needs."""
        worker = self.trading()
        moved = (self.house.show(Venue.APEX, "BTC", GAP + n) for n in range(int(BOUND_S)))
        assert any(worker.has_said(["reserve"], 1.0) for _ in moved), worker.lines
        return worker

    def opened(self) -> Worker:
        """A worker with an open deal."""
        worker = self.reserved()
        worker.says("move", "to=OPEN")
        return worker

    def told(self, work: Callable[[Ledger], Any]) -> Any:
        """What a person does or sees in the ledger."""
        with Ledger.open(self.file, config_hash="test", code_version="test", pid=os.getpid()) as ledger:
            return work(ledger)

    def halt(self, level: HaltLevel) -> None:
        """As `arbctl` does it."""
        self.told(lambda ledger: ledger.halt(level, "BTC", "test", who="test", at_ns=clock.now_ns()))

    def deals(self) -> list[tuple[DealState, int]]:
        """State of every live deal, and how many of its orders have no known end. The whole file must be sound."""
        assert verify(self.file).findings == ()
        live = self.told(lambda ledger: ledger.live_deals("BTC"))
        return [(deal.state, len(deal.unfinished)) for deal in live]

    def close(self) -> None:
        """End what still runs."""
        for worker in self._workers:
            worker.child.kill()
            worker.child.wait()


@pytest.fixture
def stage(make_paper_house: Callable[..., Any], tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Makes stages; `latency_s` is how long an order is on its way."""
    made: list[Stage] = []

    def make(latency_s: float = 0.0) -> Stage:
        made.append(Stage(tmp_path, make_paper_house(latency_s, spoiled=True)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody else holds this lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# ---- the budget -----------------------------------------------------------------------------------------------------

#: a write that begins in the last moment, or that stands before the signal is heard at all
WRITE_S = lock.WAIT_MAX_S + store.BUSY_TIMEOUT_S


def stopwaitsecs() -> dict[str, float]:
    """What supervisord grants each program."""
    conf = configparser.RawConfigParser()
    conf.read(ROOT / "supervisord.conf")
    return {s.removeprefix("program:"): conf.getfloat(s, "stopwaitsecs") for s in conf if s.startswith("program:")}


def test_every_program_can_drain_within_its_stopwaitsecs() -> None:
    granted = stopwaitsecs()
    worker = WRITE_S + arb.STOP_BOUND_S + WRITE_S + arb.CLOSE_BOUND_S
    assert len(granted) == 16
    # it stops between two bursts of books; its journals were written before every answer
    assert wire_server.SHUTDOWN_S < wire_server.CLOSE_S
    assert granted.pop("sim") >= 2 * len(Venue) * wire_server.CLOSE_S
    assert granted.pop("warden") >= WRITE_S + WRITE_S + warden.CLOSE_BOUND_S
    # it writes what waits in memory, once
    assert granted.pop("recorder") > 2 * spool.FLUSH_S
    # a deed that waits for the file is one transaction, done or not; whoever asked is told to look into the journal
    assert granted.pop("web") > server.SHUTDOWN_S + looking.EVERY_S
    # one notification that is under way
    assert granted.pop("alerts") > sending.CONNECT_S + sending.ANSWER_S
    # one look at the files may be under way
    assert granted.pop("metrics") > metrics_server.SHUTDOWN_S + looking.EVERY_S
    assert all(seconds >= worker for seconds in granted.values()), worker


def test_an_order_without_an_answer_is_waited_for_as_long_as_its_death_takes_to_prove() -> None:
    dydx_ns = dydx.LIFE_NS - dydx.EXPIRY_LEAD_NS + dydx.DEATH_MARGIN_NS
    apex_ns = apex.TIMESTAMP_TOLERANCE_NS + apex.DEATH_MARGIN_NS
    assert max(dydx_ns, apex_ns) + RETRY_MAX_NS <= arb.STOP_BOUND_S * 1e9


def test_who_waits_for_a_predecessor_or_a_fleet_waits_longer_than_that_may_take() -> None:
    granted = stopwaitsecs()
    assert granted["btc"] < LOCK_TIMEOUT_S
    assert granted["sim"] < sim.PREDECESSOR_S
    assert granted["warden"] < warden.PREDECESSOR_S
    assert granted["web"] < web.PREDECESSOR_S
    assert granted["metrics"] < metrics.PREDECESSOR_S
    assert granted["btc"] == drill_strikes.STOP_S
    assert granted["sim"] + granted["warden"] + granted["btc"] < supervise.SHUTDOWN_BOUND_S
    # what closes in the background is granted no more than the close is
    assert min(arb.CLOSE_BOUND_S, warden.CLOSE_BOUND_S) >= ws.CLOSE_S


# ---- before there is anything to lose -------------------------------------------------------------------------------


@pytest.mark.fleet
def test_while_it_waits_for_its_predecessor(tmp_path: Path) -> None:
    stage = Stage(tmp_path, None)
    try:
        with locked(lock_file(stage.var, "BTC")):
            worker = stage.worker()
            worker.says("waiting_for_predecessor")
            assert worker.stop(BOUND_S) == NO_WORD
        assert not stage.file.exists()
    finally:
        stage.close()


@pytest.mark.fleet
def test_while_it_waits_for_a_venue(stage: Callable[..., Stage]) -> None:
    here = stage()
    for venue in Venue:
        here.house.suffer(venue, account_missed=1)
    worker = here.worker()
    worker.says("venue_not_ready")
    assert worker.stop(BOUND_S) == 0
    assert here.deals() == []


@pytest.mark.fleet
def test_while_it_waits_for_a_person(stage: Callable[..., Stage]) -> None:
    here = stage()
    (here.var / "paper" / "dydxconfig.ini").write_text("")
    worker = here.worker()
    worker.says("needs_a_person")
    assert worker.stop(BOUND_S) == process_main.EXIT_PERSON


def uneven(here: Stage) -> Worker:
    """A worker whose order at ApeX came too late, and who has just written the order that evens that out."""
    worker = here.reserved()
    here.house.show(Venue.APEX, "BTC")
    worker.says("write", "orders=1")
    return worker


# ---- while it trades ------------------------------------------------------------------------------------------------


@pytest.mark.fleet
def test_idle(stage: Callable[..., Stage]) -> None:
    here = stage()
    assert here.trading().stop(BOUND_S) == 0
    assert here.deals() == []


@pytest.mark.fleet
def test_reserved_and_sending(stage: Callable[..., Stage]) -> None:
    here = stage(1.0)
    worker = here.reserved()
    assert worker.stop(BOUND_S) == 0
    worker.says("stopped", "in_flight=False")
    assert here.deals() == [(DealState.OPEN, 0)]


@pytest.mark.fleet
def test_uneven_and_unwinding(stage: Callable[..., Stage]) -> None:
    here = stage(0.5)
    worker = uneven(here)
    assert worker.stop(BOUND_S) == 0
    worker.says("stopped", "in_flight=False")
    assert here.deals() == []


@pytest.mark.fleet
def test_closing(stage: Callable[..., Stage]) -> None:
    here = stage(0.5)
    worker = here.opened()
    here.halt(HaltLevel.FLATTEN)
    worker.says("write", "to=CLOSING")
    assert worker.stop(BOUND_S) == 0
    worker.says("stopped", "in_flight=False")
    assert here.deals() == []


@pytest.mark.fleet
def test_halted_to_flatten_where_no_close_goes_through(stage: Callable[..., Stage]) -> None:
    here = stage()
    worker = here.opened()
    for venue in Venue:
        here.house.suffer(venue, throttled=0, rejected=1)
    here.halt(HaltLevel.FLATTEN)
    worker.says("write", "to=CLOSING")
    assert worker.stop(ends_in_s()) == 0
    ((state, unknown),) = here.deals()
    assert state in (DealState.OPEN, DealState.CLOSING) and unknown <= 2


@pytest.mark.fleet
def test_stuck(stage: Callable[..., Stage]) -> None:
    here = stage(0.5)
    worker = uneven(here)
    # and the order that evens it out, the only one it may try, comes too late as well
    here.house.show(Venue.DYDX, "BTC", -2 * GAP)
    worker.says("to=STUCK")
    assert worker.stop(BOUND_S) == 0
    assert here.deals() == [(DealState.STUCK, 0)]


@pytest.mark.fleet
@pytest.mark.slow
def test_with_orders_that_nobody_knows_the_fate_of_and_then_recovering_them(stage: Callable[..., Stage]) -> None:
    """It uses the time that the proof takes, and no more; what it must leave is taken up by the next life."""
    here = stage()
    for venue in Venue:
        here.house.suffer(venue, request_lost=1, look_up_failed=1)
    worker = here.reserved()
    assert worker.stop(ends_in_s()) == 0
    worker.says("stopped", "in_flight=True")
    assert here.deals() == [(DealState.OPENING, 2)]
    again = here.worker()
    again.says("recovered", "unfinished=2")
    again.says("trading")
    for venue in Venue:
        here.house.suffer(venue)
    assert again.stop(ends_in_s()) == 0
    again.says("stopped", "in_flight=False")
    assert here.deals() == []


@pytest.mark.fleet
def test_frozen(stage: Callable[..., Stage]) -> None:
    here = stage(0.5)
    worker = here.reserved()
    worker.child.send_signal(signal.SIGSTOP)
    worker.child.send_signal(signal.SIGTERM)
    worker.child.send_signal(signal.SIGCONT)
    assert worker.child.wait(BOUND_S) == 0
    assert here.deals() == [(DealState.OPEN, 0)]


def test_a_worker_whose_loops_fail_while_it_stops_does_not_wait_for_answers_that_nobody_hears() -> None:
    class Restless:
        async def stop(self, bound_s: float) -> bool:
            await asyncio.get_running_loop().create_future()
            return True

    async def stopped() -> bool:
        async def fails() -> None:
            raise LedgerError("disk full")

        async with asyncio.timeout(BOUND_S):
            return await arb._stopped(Restless(), asyncio.create_task(fails()))  # type: ignore[arg-type]

    with pytest.raises(LedgerError):
        asyncio.run(stopped())


@pytest.mark.fleet
@pytest.mark.slow
@pytest.mark.parametrize("held_s", [3.0, lock.WAIT_MAX_S + 2])
def test_while_somebody_holds_the_ledger(stage: Callable[..., Stage], held_s: float) -> None:
    """Let go in time, it ends in good order; not let go, it ends at once, as a crash if something was being written."""
    here = stage()
    worker = here.trading()
    with locked(here.file.with_name("ledger.db.lock")):
        here.part()
        waits_for_a_lock(worker)
        worker.child.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            worker.child.wait(min(held_s, lock.WAIT_MAX_S) - 2)
        if held_s > lock.WAIT_MAX_S:
            assert worker.child.wait(BOUND_S) in (0, process_main.EXIT_CRASHED)
    assert worker.child.wait(BOUND_S) == 0 or held_s > lock.WAIT_MAX_S
    assert here.deals() in ([], [(DealState.OPEN, 0)])


def waits_for_a_lock(worker: Worker) -> None:
    """Return once the kernel has it in a queue."""
    patience = threading.Event()
    for _ in range(int(BOUND_S * 20)):
        queue = [line.split() for line in Path("/proc/locks").read_text().splitlines() if "->" in line]
        if any(str(worker.child.pid) in words for words in queue):
            return
        patience.wait(0.05)
    raise AssertionError("it waits for nothing")


def ends_in_s() -> float:
    """What supervisord would grant."""
    return stopwaitsecs()["btc"]
