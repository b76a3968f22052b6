"""One contender of the race from book to wire: a process of its own, both paper venues of its own, and its rounds.

A round: both books rest at one price; one venue's book moves to just below what a deal needs; the other's moves a
little, which makes the deal, and that frame is the one that is timed. Then both rest again, and who holds a deal closes
it.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from common.core.errors import LocalError
from common.core.market import Venue
from scripts.benches.venue_pair import VenuePair
from scripts.benches.watch import Watch

ROOT = Path(__file__).resolve().parents[2]
#: in levels of the book: at rest nothing pays, `ARMED` does not pay yet, `FIRED` does
ARMED, STEP = 28, 4
SETTLE_S, ARMED_S, WAIT_S, CLOSE_S = 0.05, 0.05, 1.0, 3.0
#: so many good rounds of a worker (one of others) before any counts, and so many attempts until that must have been
WARM_ROUNDS, WARM_ATTEMPTS, WARM_PAUSE_S = 5, 40, 0.5
END_S = 10.0
#: a turn of who polls, and what spreads its rounds over it evenly
POLL_S, PHASE = 0.2, 0.618


class Contender:
    """Started, warmed up, asked for one sample a round, ended."""

    def __init__(self, name: str, folder: Path, watch: Watch, *, closes: bool = False, polls: bool = False) -> None:
        """`closes`: it closes its deals when the gap is gone; who does not is left with what it bought.

        `polls`: no frame reaches it, so that its time begins when the book moved; it is told when its turn comes.
        """
        self.name, self.folder, self._watch = name, folder, watch
        folder.mkdir(parents=True)
        self.pair = VenuePair(folder / "var" / "paper")
        self._closes, self._polls, self._round = closes, polls, 0
        #: frame and duration of each good round
        self.spans_ns: list[tuple[int, int]] = []
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, words: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
        """Start `python words…` from the project's folder; what it says goes into a file of its folder."""
        told = (self.folder / "log").open("ab")
        environ = os.environ | (environ or {})
        # in a session of its own: a Ctrl-C is for us, and we end it in good order
        self._process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
        told.close()

    def words(self) -> list[str]:
        """What a contender that is no worker is told: where keys lie, where the venues answer, its account at dYdX."""
        ports = (str(self.pair.ports[venue]) for venue in (Venue.DYDX, Venue.APEX))
        return [str(self.pair.folder), *ports, str(self.pair.accounts[Venue.DYDX].position_id)]

    async def warm_up(self) -> None:
        """Rounds that do not count, until it trades; LocalError with its last words when it never does."""
        good = 0
        for _ in range(WARM_ATTEMPTS):
            if self._process is None or self._process.poll() is not None:
                break
            good += await self.round() is not None
            if good == (WARM_ROUNDS if self._closes else 1):
                self.spans_ns.clear()
                return
            await asyncio.sleep(0 if good else WARM_PAUSE_S)
        raise LocalError(f"{self.name} sent no orders:\n{(self.folder / 'log').read_text()[-2000:]}")

    async def round(self) -> float | None:
        """Milliseconds from the frame to both orders; None when it did not send them."""
        if self._polls:
            self._say_go()
        moving, still, sign = self._turn()
        pair, gap = self.pair, sign if moving is Venue.APEX else -sign
        pair.nudge()
        await asyncio.sleep(SETTLE_S)
        pair.show(still, -gap * ARMED)
        await asyncio.sleep(ARMED_S + self._phase_s())
        self._watch.begin(set(pair.ports.values()))
        if self._polls:
            self._watch.frame()
        pair.show(moving, gap * STEP, marked=True)
        took_ns = await self._watch.both(WAIT_S)
        if took_ns is not None:
            self.spans_ns.append((self._watch.frame_ns, took_ns))
            await pair.holds(True, WAIT_S)
        await asyncio.sleep(SETTLE_S)
        pair.rest()
        if self._closes:
            await pair.holds(False, CLOSE_S)
        return None if took_ns is None else took_ns / 1e6

    def _phase_s(self) -> float:
        """Who polls is met at another moment of its turn each time."""
        return self._round * PHASE % 1 * POLL_S if self._polls else 0.0

    def _say_go(self) -> None:
        assert self._process is not None and self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(b"go\n")
            self._process.stdin.flush()

    def _turn(self) -> tuple[Venue, Venue, int]:
        """Which venue moves last, which stands still, and the direction: all four ways in turns."""
        self._round += 1
        moving = (Venue.DYDX, Venue.APEX)[self._round % 2]
        still = Venue.APEX if moving is Venue.DYDX else Venue.DYDX
        return moving, still, 1 if self._round % 4 < 2 else -1

    async def end(self) -> None:
        """SIGTERM, and SIGKILL to who does not heed it; then its venues."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                await asyncio.to_thread(self._process.wait, END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        await self.pair.stop()
