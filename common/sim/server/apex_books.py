"""ApeX's book topics: changes gathered for a tenth of a second, then one frame whose `u` is the last one's plus one.

All topics of a market share one `u`, and so does the REST answer: each publication sends a delta to each topic, an
empty one where nothing within its depth changed.
"""

from asyncio import AbstractEventLoop, TimerHandle, get_running_loop
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from common.core.events import LevelRow
from common.sim.server.mouth import Mouth
from common.sim.server.plain import text
from common.sim.server.views_apex_market import cross_name, rows

Json = dict[str, Any]
DEPTHS = (25, 200)
#: whole ticks → whole steps, as last published
Side = dict[int, int]


class ApexBook:
    """One market's published state; `publish(depth, data)` is called for depths somebody listens to."""

    def __init__(self, mouth: Mouth, market: str, publish: Callable[[int, Json], None]) -> None:
        self._mouth, self._market, self._publish = mouth, market, publish
        self._u = mouth.venue.book(market)[2]
        self._shown: dict[int, tuple[Side, Side]] = {}
        self._timer: TimerHandle | None = None

    def touch(self) -> None:
        """The book changed: a frame is due one batch from the first change on."""
        if self._timer is None:
            loop: AbstractEventLoop = get_running_loop()
            self._timer = loop.call_later(self._mouth.pacing.batch_s, self.flush)

    def flush(self) -> None:
        """Publish what changed since the last frame, now."""
        if self._timer is None:
            return
        self._timer.cancel()
        self._timer = None
        self._u += 1
        if self._shown:
            bids, asks, _ = self._mouth.venue.book(self._market)
            for depth, (old_bids, old_asks) in self._shown.items():
                new = _side(bids, depth), _side(asks, depth)
                self._shown[depth] = new
                data = self._data(self._changed(old_bids, new[0]), self._changed(old_asks, new[1]))
                self._publish(depth, data)

    def listen(self, depth: int) -> Json:
        """The snapshot for a new listener of a depth; deltas follow from here on."""
        snapshot = self.snapshot(depth)
        if depth not in self._shown:
            bids, asks, _ = self._mouth.venue.book(self._market)
            self._shown[depth] = _side(bids, depth), _side(asks, depth)
        return snapshot

    def forget(self, depth: int) -> None:
        """Nobody listens to this depth any more."""
        self._shown.pop(depth, None)

    def snapshot(self, depth: int) -> Json:
        """The book now, best first; what was gathered is published before, so that `u` fits."""
        self.flush()
        bids, asks, _ = self._mouth.venue.book(self._market)
        mouth, market = self._mouth, self._market
        return self._data(rows(mouth, market, islice(bids, depth)), rows(mouth, market, islice(asks, depth)))

    def _data(self, bids: list[list[str]], asks: list[list[str]]) -> Json:
        return {"s": cross_name(self._mouth.name(self._market)), "b": bids, "a": asks, "u": self._u}

    def _changed(self, old: Side, new: Side) -> list[list[str]]:
        """Levels that are new or different, and those that are gone with size 0."""
        instrument = self._mouth.listings[self._market].instrument
        moved = [(tick, steps) for tick, steps in new.items() if old.get(tick) != steps]
        moved += [(tick, 0) for tick in old if tick not in new]
        return [[text(instrument.price(tick)), text(instrument.size(steps))] for tick, steps in moved]


def _side(levels: Iterable[LevelRow], depth: int) -> Side:
    return {tick: steps for tick, steps, _ in islice(levels, depth)}
