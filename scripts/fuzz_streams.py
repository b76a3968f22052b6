"""True streams of book frames in both venues' protocols, endless, the same for the same seed. Knows no codec."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

LEVELS, START_TICKS = 12, 40_000
Row = list[str]


class Market:
    """A book in ticks and steps that somebody trades; never crossed."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.bids = {START_TICKS - n: rng.randint(1, 9000) for n in range(1, LEVELS + 1)}
        self.asks = {START_TICKS + n: rng.randint(1, 9000) for n in range(1, LEVELS + 1)}

    def move(self) -> dict[str, dict[int, int]]:
        """One to four levels change; what they are now, 0 for gone."""
        changed: dict[str, dict[int, int]] = {"bids": {}, "asks": {}}
        for _ in range(self._rng.randint(1, 4)):
            side = self._rng.choice(("bids", "asks"))
            ticks, steps = self._change(side)
            changed[side][ticks] = steps
        return changed

    def _change(self, side: str) -> tuple[int, int]:
        levels: dict[int, int] = getattr(self, side)
        if len(levels) > LEVELS // 2 and self._rng.random() < 0.4:
            ticks = self._rng.choice(sorted(levels))
            del levels[ticks]
            return ticks, 0
        ticks = self._free(side)
        levels[ticks] = self._rng.randint(1, 9000)
        return ticks, levels[ticks]

    def _free(self, side: str) -> int:
        away = self._rng.randint(1, LEVELS)
        return min(self.asks) - away if side == "bids" else max(self.bids) + away


def text(units: int, unit: str) -> str:
    """So many units as a venue writes them: without padding."""
    places = len(unit.partition(".")[2])
    whole = units * int(unit.replace(".", ""))
    return f"{whole / 10**places:.{places}f}".rstrip("0").rstrip(".") if places else str(whole)


class ApexStream:
    """Frames of `orderBook200.H.BTCUSDC`."""

    TICK, STEP = "0.5", "0.001"

    def __init__(self, rng: Random) -> None:
        self._market, self._u = Market(rng), rng.randint(1, 10**6)

    def snapshot(self) -> str:
        """All levels."""
        return self._frame("snapshot", {"bids": self._market.bids, "asks": self._market.asks})

    def delta(self) -> str:
        """The next change."""
        self._u += 1
        return self._frame("delta", self._market.move())

    def opened(self) -> None:
        """A new connection changes nothing."""

    def _frame(self, kind: str, sides: dict[str, dict[int, int]]) -> str:
        rows = {side: [[text(t, self.TICK), text(s, self.STEP)] for t, s in sides[side].items()] for side in sides}
        data = {"s": "BTCUSDC", "b": rows["bids"], "a": rows["asks"], "u": self._u}
        return json.dumps(
            {"topic": "orderBook200.H.BTCUSDC", "type": kind, "data": data, "cs": 91, "ts": 1669198793502790}
        )


class DydxStream:
    """Frames of `v3_orderbook` with offsets; now and then a batch, now and then a book that crosses itself."""

    TICK, STEP = "1", "0.0001"

    def __init__(self, rng: Random) -> None:
        self._rng, self._market = rng, Market(rng)
        self._offset, self._number = rng.randint(1, 10**8), -1
        self._ages: dict[tuple[str, int], int] = {}

    def opened(self) -> None:
        """A new connection counts from 0."""
        self._number = -1

    def snapshot(self) -> str:
        """All levels, each with its offset."""
        contents = {side: [self._level(side, t, s) for t, s in getattr(self._market, side).items()] for side in _SIDES}
        return self._frame("subscribed", contents)

    def delta(self) -> str:
        """The next change, or a batch of them."""
        if self._rng.random() < 0.1:
            return self._frame("channel_batch_data", [self._change() for _ in range(2)])
        return self._frame("channel_data", self._change())

    def _change(self) -> dict[str, Any]:
        self._offset += self._rng.randint(1, 3)
        moved = self._market.move()
        self._ages.update({(side, ticks): self._offset for side in _SIDES for ticks in moved[side]})
        rows = {side: [[text(t, self.TICK), text(s, self.STEP)] for t, s in moved[side].items()] for side in _SIDES}
        return {"offset": str(self._offset), **rows}

    def _level(self, side: str, ticks: int, steps: int) -> dict[str, str]:
        offset = str(self._ages.get((side, ticks), 1))
        return {"price": text(ticks, self.TICK), "size": text(steps, self.STEP), "offset": offset}

    def _frame(self, kind: str, contents: Any) -> str:
        self._number += 1
        head = {"type": kind, "connection_id": "c0ffee", "message_id": self._number}
        return json.dumps({**head, "id": "BTC-USD", "channel": "v3_orderbook", "contents": contents})


_SIDES = ("bids", "asks")


def numbers(frame: str) -> Iterator[tuple[int, int]]:
    """Where the digits of a frame stand, as slices."""
    at = 0
    while at < len(frame):
        end = at
        while end < len(frame) and frame[end].isdigit():
            end += 1
        if end > at:
            yield at, end
        at = end + 1
