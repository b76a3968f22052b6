"""How much work a frame is, counted: within a percent the same on every machine, however busy, for a test to hold.

Counted while a frame is taken in, from its bytes to the books, the decision and, where it makes a deal, the rows in the
ledger and both signed requests: instructions of our own Python code, calls from it into C, statements to SQLite. What C
does in a call is not seen; `book_to_wire` has the time of it all.

`python -m scripts.benches.hot_path` records what is counted now, for this version of Python: that is how a wanted
change is accepted. tests/house/test_hot_path.py holds the code to it.
"""

import asyncio
import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

from common import clock, log, settings, wanted
from common.core.events import Tick
from common.core.market import Venue
from common.core.trader import Trader
from common.ledger.ledger import Ledger
from common.live import LiveWorld, started
from common.runner import Runner
from common.settings import Settings
from common.venues.adapters import make_desk, make_feed
from common.version import code_version
from scripts.benches import worker
from scripts.benches.base import Bench, Row
from scripts.benches.contender import ARMED, ARMED_S, STEP
from scripts.benches.venue_pair import MARKET, VenuePair

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "tests" / "house" / "hot_path.json"
OURS = tuple(f"{ROOT}{os.sep}{room}{os.sep}" for room in ("common", "workers"))
#: dataclasses make their methods out of text
MADE = "<string>"
BOUND_S = 20.0


@dataclass(slots=True)
class Work:
    """What was counted while one frame was taken in."""

    instructions: int = 0
    c_calls: int = 0
    statements: int = 0


class Counter:
    """Counts what our code does between `begin` and `end`; a trace that somebody else had goes on afterwards."""

    def __init__(self) -> None:
        self.work = Work()
        #: by file: two pieces of code that read alike are equal, wherever they stand
        self._ours: dict[str, bool] = {}

    @contextmanager
    def counting(self) -> Any:
        """While this lasts."""
        trace, profile = sys.gettrace(), sys.getprofile()
        self.work = Work()
        sys.setprofile(self._profile)
        sys.settrace(self._trace)
        try:
            yield self
        finally:
            sys.settrace(trace)
            sys.setprofile(profile)

    def _is_ours(self, frame: FrameType) -> bool:
        name = frame.f_code.co_filename
        if name not in self._ours:
            self._ours[name] = name.startswith(OURS) or name == MADE
        return self._ours[name]

    def _trace(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        if event == "call":
            if not self._is_ours(frame):
                return None
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        elif event == "opcode":
            self.work.instructions += 1
        return self._trace

    def _profile(self, frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and self._is_ours(frame):
            self.work.c_calls += 1
            self.work.statements += called.__name__ == "execute"


def measure(bench: Bench) -> Iterable[Row]:
    """Instructions of our own Python code per frame."""
    for name, work in count(bench.folder).items():
        yield Row(name, "instr", [float(work.instructions)])


def count(folder: Path) -> dict[str, Work]:
    """The work of a frame of each venue that changes nothing, and of the frame that makes a deal."""
    # lines of the log wait, as a worker's do; whoever set up logging in this process does not count
    with log.deferred(lambda write: None):
        return asyncio.run(_Market(folder).count())


class _Market:
    """One market as a worker joins it, on paper venues in this very process; its frames are counted."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._pair = folder, VenuePair(folder / "var" / "paper")
        self._counter = Counter()
        #: of the last frame that changed a venue's book
        self._last: dict[Venue, Work] = {}
        self._heard = asyncio.Event()

    async def count(self) -> dict[str, Work]:
        await self._pair.start()
        config = settings.load(Path(worker.write_config(self._folder, self._pair.ports)["ARB_CONFIG"]))
        now_ns = clock.now_ns()
        named = {"config_hash": config.hash, "code_version": code_version(), "pid": os.getpid()}
        try:
            with Ledger.create(config.ledger_file, created_ns=now_ns, **named) as ledger:  # type: ignore[arg-type]
                async with asyncio.timeout(BOUND_S):
                    return await self._traded(config, ledger)
        finally:
            await self._pair.stop()

    async def _traded(self, config: Settings, ledger: Ledger) -> dict[str, Work]:
        terms, logger = replace(config.terms(MARKET), median_warmup_ns=0), logging.getLogger(MARKET)
        ledger.configure((*wanted.of_fleet(config), *wanted.of_market(terms)), "hot path", clock.now_ns())
        desks = {venue: make_desk(endpoint) for venue, endpoint in config.endpoints.items()}
        instruments = await started(desks, terms, logger)
        for desk in desks.values():
            ledger.write_account(await desk.account())
        feeds = {venue: make_feed(endpoint, instruments[venue]) for venue, endpoint in config.endpoints.items()}
        trader = Trader(terms, instruments, incarnation=ledger.incarnation, next_number=1, start_ns=clock.now_ns())
        world = LiveWorld(desks, feeds, logger)
        runner = Runner(trader, ledger, world)
        world.hear = runner.hear
        tasks = [asyncio.create_task(self._listening(feed, runner)) for feed in feeds.values()]
        try:
            return await self._played(runner)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for desk in desks.values():
                await desk.close()

    async def _listening(self, feed: Any, runner: Runner) -> None:
        take, book = feed.on_frame, runner.trader.view.books[feed.venue]

        def counted(data: str | bytes) -> Iterable[str]:
            version = book.version
            with self._counter.counting():
                answer: Iterable[str] = take(data)
            if book.version > version:
                self._last[feed.venue] = self._counter.work
            self._heard.set()
            return answer

        feed.on_frame = counted
        await feed.run(runner.hear)

    async def _played(self, runner: Runner) -> dict[str, Work]:
        """Books heard, a sample for the medians, a frame of each that changes nothing, and the move of a round."""
        view, found = runner.trader.view, dict[str, Work]()
        await self._until(lambda: not any(book.stale for book in view.books.values()))
        await self._until(lambda: None not in view.index.values())
        runner.hear(Tick(clock.now_ns()))
        self._pair.show(Venue.APEX, ARMED)
        await self._changed(runner, Venue.APEX)
        for venue in Venue:
            self._pair.nudge(venue)
            await self._changed(runner, venue)
            found[f"quiet frame of {venue}"] = self._last[venue]
        # whatever a worker does between two frames is done
        await asyncio.sleep(ARMED_S)
        self._pair.show(Venue.DYDX, -STEP, marked=True)
        await self._changed(runner, Venue.DYDX)
        assert runner.trader.deals, f"no deal: {runner.trader.decision}"
        return found | {"frame of a deal": self._last[Venue.DYDX]}

    async def _changed(self, runner: Runner, venue: Venue) -> None:
        book = runner.trader.view.books[venue]
        version = book.version
        await self._until(lambda: book.version > version)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self._heard.clear()
            await self._heard.wait()


def version() -> str:
    """What counts are recorded under: compilers differ from one minor version to the next."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def recorded() -> dict[str, dict[str, dict[str, int]]]:
    """By version of Python, the counts that were accepted."""
    found: dict[str, dict[str, dict[str, int]]] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    return found


def record() -> None:
    """Accept what is counted now."""
    with tempfile.TemporaryDirectory() as folder:
        found = {name: asdict(work) for name, work in count(Path(folder)).items()}
    RECORD.write_text(json.dumps(recorded() | {version(): found}, indent=2, sort_keys=True) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    record()
