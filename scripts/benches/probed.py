"""The shipped worker with a tap on its connections: when each frame was read, when each order was written.

`python -m scripts.benches.probed OUT BTC` runs `python -m workers.arb BTC` in this very process, unchanged, and leaves
what the tap saw in OUT when it ends. A write counts as done when the loop has handed it to the kernel.
`Ledger.reserve` is timed besides, which tells deciding, reserving and sending apart.
"""

import asyncio
import json
import runpy
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from common import clock
from common.core.market import Venue
from common.ledger.ledger import Ledger
from scripts.benches.tap import Tap, TappedLoop
from scripts.benches.watch import MARK_BYTES, begins_order

Result = TypeVar("Result")
#: (port, number of the order, moment); number 0: the marked frame was read
Moment = tuple[int, int, int]


class WorkerTap(Tap):
    """One connection that the worker made."""

    def __init__(self, inner: asyncio.Protocol, seen: list[Moment], numbers: Iterator[int]) -> None:
        """`numbers` are shared by all connections: an order has one of its own."""
        super().__init__(inner)
        self._seen, self._numbers, self._number = seen, numbers, 0

    def data_received(self, data: bytes) -> None:
        if MARK_BYTES in data:
            self._seen.append((self.port, 0, clock.monotonic_ns()))
        self._number = 0
        self.inner.data_received(data)

    def said(self, data: bytes) -> None:
        if begins_order(data):
            self._number = next(self._numbers)
        # a body that goes out by itself belongs to the head before it
        if self._number:
            asyncio.get_running_loop().call_soon(self._written, self._number)

    def _written(self, number: int) -> None:
        self._seen.append((self.port, number, clock.monotonic_ns()))


@dataclass(frozen=True, slots=True)
class Inside:
    """One deal in nanoseconds: when its frame was read, and what passed until its reservation began, ended, and both
    orders were written.
    """

    read_ns: int
    decided: int
    reserved: int
    sent: int

    @property
    def whole(self) -> int:
        """From the frame to the later order."""
        return self.decided + self.reserved + self.sent


def insides(seen: Iterable[Moment], reserves: Iterable[tuple[int, int]]) -> list[Inside]:
    """For each marked frame that a reservation and two orders followed, where the time went."""
    kept, found = list(reserves), list[Inside]()
    read_ns, first = 0, dict[int, tuple[int, int]]()
    for port, number, at_ns in [*seen, (0, 0, 0)]:
        if number:
            # the next order to the same venue is another step of the deal
            if first.setdefault(port, (number, at_ns))[0] == number:
                first[port] = (number, at_ns)
            continue
        begun, ended = next((span for span in kept if span[0] >= read_ns), (0, 0))
        written_ns = max((moment for _, moment in first.values()), default=0)
        if len(first) == len(Venue) and read_ns and read_ns <= begun and ended <= written_ns:
            found.append(Inside(read_ns, begun - read_ns, ended - begun, written_ns - ended))
        read_ns, first = at_ns, {}
    return found


def timed(work: Callable[..., Result], spans: list[tuple[int, int]]) -> Callable[..., Result]:
    """The same function, whose every call leaves its beginning and its end."""

    def call(*given: Any, **named: Any) -> Result:
        begun_ns = clock.monotonic_ns()
        try:
            return work(*given, **named)
        finally:
            spans.append((begun_ns, clock.monotonic_ns()))

    return call


def main() -> None:
    """Put the tap in, run the worker as its own program, keep what was seen."""
    out, seen, numbers, reserves = Path(sys.argv[1]), list[Moment](), count(1), list[tuple[int, int]]()

    def make_loop() -> TappedLoop:
        return TappedLoop(calls=lambda inner: WorkerTap(inner, seen, numbers))

    uvloop.new_event_loop = make_loop
    Ledger.reserve = timed(Ledger.reserve, reserves)  # type: ignore[method-assign]
    sys.argv = ["workers.arb", *sys.argv[2:]]
    try:
        runpy.run_module("workers.arb", run_name="__main__", alter_sys=True)
    finally:
        out.write_text(json.dumps({"seen": seen, "reserves": reserves}))


if __name__ == "__main__":
    main()
