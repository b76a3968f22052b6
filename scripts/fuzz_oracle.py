"""What a book must be after a frame, read a second time: slowly, by code that shares nothing with the venues' codecs.

Fractions instead of floats, the standard library's JSON, every rule of the protocol spelled out. A frame that says
nothing that could be meant is `Refused`; what a venue's sequence numbers rule out leaves the reading lost.
"""

import json
import math
from fractions import Fraction
from functools import lru_cache
from typing import Any

#: price in ticks → size in steps
Levels = dict[int, int]
_DIGITS = frozenset("0123456789")
_LONGEST, _EXPONENT_DIGITS, _MOST = 50, 2, 10**15


class Refused(Exception):
    """The frame is outside the protocol."""


def parse(frame: str | bytes) -> dict[str, Any]:
    """The frame's object; of a key that stands twice the last one counts, as with every common reader."""
    try:
        text = frame.decode() if isinstance(frame, bytes) else frame
        read = json.loads(text, parse_constant=_never)
    except (ValueError, RecursionError) as error:
        raise Refused("no json") from error
    if not isinstance(read, dict):
        raise Refused("no object")
    return read


def _never(name: str) -> None:
    raise Refused(name)


def units(raw: Any, unit: Fraction, up: bool) -> int:
    """How many whole units a number is; never below 0. A price or a size stands in many frames, so it is remembered."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise Refused(f"{raw!r} is no number")
    return _units(str(raw), unit, up)


@lru_cache(maxsize=50_000)
def _units(text: str, unit: Fraction, up: bool) -> int:
    return (math.ceil if up else math.floor)(number(text) / unit)


def number(text: str) -> Fraction:
    """Plain decimal text."""
    if not text or len(text) > _LONGEST or text[0] not in _DIGITS or not set(text) <= _DIGITS | set(".eE+-"):
        raise Refused(f"{text!r} is no number")
    if len(text.lower().partition("e")[2].lstrip("+-")) > _EXPONENT_DIGITS:
        raise Refused(f"{text!r} is out of all bounds")
    try:
        value = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise Refused(f"{text!r} is no number") from error
    if value >= _MOST:
        raise Refused(f"{text!r} is too large")
    return value


class Reading:
    """Both sides of one book, as the frames so far say. `lost` says why it must not be believed."""

    def __init__(self, tick: str, step: str) -> None:
        self._tick, self._step = Fraction(tick), Fraction(step)
        self.bids: Levels = {}
        self.asks: Levels = {}
        self.lost = "nothing heard"

    @property
    def mid(self) -> Fraction | None:
        """The middle of the touch, in ticks."""
        return Fraction(max(self.bids) + min(self.asks), 2) if self.bids and self.asks else None

    @property
    def crossed(self) -> bool:
        """The best bid is not below the best ask."""
        return bool(self.bids and self.asks) and max(self.bids) >= min(self.asks)

    def grid(self, raw: tuple[Any, Any], up: bool) -> tuple[int, int]:
        """One level in ticks and steps, against us where it lies between two of them."""
        ticks, steps = units(raw[0], self._tick, up), units(raw[1], self._step, False)
        if not ticks and number(str(raw[0])) == 0:
            raise Refused("a price of 0")
        return ticks, steps

    def put(self, levels: Levels, ticks: int, steps: int) -> None:
        """Take in one level; a bid below one tick is none."""
        if steps and ticks:
            levels[ticks] = steps
        else:
            levels.pop(ticks, None)


class ApexReading(Reading):
    """`u` of each delta is the last plus one, else all is lost until a snapshot."""

    TOPIC, SYMBOL = "orderBook200.H.BTCUSDC", "BTCUSDC"

    def __init__(self, tick: str, step: str) -> None:
        super().__init__(tick, step)
        self._u = 0

    def read(self, raw: str | bytes) -> None:
        """Take in one frame; Refused when it is outside the protocol."""
        frame = parse(raw)
        if frame.get("topic") != self.TOPIC:
            return
        try:
            kind, data = frame["type"], frame["data"]
            u, symbol, sides = data["u"], data["s"], ((self.bids, data["b"]), (self.asks, data["a"]))
            rows = [(levels, pair(row)) for levels, side in sides for row in side]
        except (KeyError, TypeError, ValueError) as error:
            raise Refused("not a book") from error
        if symbol != self.SYMBOL or type(u) is not int or kind not in ("snapshot", "delta"):
            raise Refused("not our book")
        self._take(kind == "snapshot", u, rows)

    def _take(self, fresh: bool, u: int, rows: list[tuple[Levels, tuple[Any, Any]]]) -> None:
        if fresh:
            self.bids.clear()
            self.asks.clear()
            self.lost = ""
        elif u != self._u + 1:
            self.lost = self.lost or "gap"
        self._u = u
        placed = [(levels, *self.grid(row, levels is self.asks)) for levels, row in rows]
        named = [(id(levels), ticks) for levels, ticks, _ in placed if ticks]
        if len(set(named)) < len(named):
            raise Refused("a price twice")
        for levels, ticks, steps in placed:
            self.put(levels, ticks, steps)


class DydxReading(Reading):
    """Frames are numbered without a hole, levels carry offsets, of two that cross the older one goes."""

    NAME, CHANNEL = "BTC-USD", "v3_orderbook"

    def __init__(self, tick: str, step: str) -> None:
        super().__init__(tick, step)
        self._number = -1
        #: of each side: ticks → offset, of removed levels too
        self._ages: tuple[Levels, Levels] = ({}, {})

    @property
    def next_number(self) -> int:
        """What the next frame must be numbered."""
        return self._number + 1

    def contents(self) -> dict[str, Any]:
        """The book as a snapshot would say it."""
        return {
            name: [self._level_said(side, ticks, steps) for ticks, steps in (self.bids, self.asks)[side].items()]
            for side, name in enumerate(_SIDES)
        }

    def _level_said(self, side: int, ticks: int, steps: int) -> dict[str, str]:
        price, size = (f"{float(units):.8f}" for units in (ticks * self._tick, steps * self._step))
        return {"price": price, "size": size, "offset": str(self._ages[side][ticks])}

    def read(self, raw: str | bytes) -> None:
        """Take in one frame; Refused when it is outside the protocol."""
        frame = parse(raw)
        number_ = frame.get("message_id")
        if type(number_) is not int or number_ != self._number + 1:
            raise Refused("a hole")
        self._number = number_
        kind = frame.get("type")
        if kind not in ("channel_data", "channel_batch_data", "subscribed"):
            self._empty(frame)
            return
        if frame.get("channel") != self.CHANNEL:
            raise Refused("another channel")
        if kind in ("channel_data", "channel_batch_data", "subscribed") and frame.get("id", self.NAME) != self.NAME:
            raise Refused("another's book")
        try:
            if kind == "subscribed":
                self._fresh(frame["contents"])
            elif kind in ("channel_data", "channel_batch_data"):
                contents = frame["contents"]
                self._changes(contents if isinstance(contents, list) else [contents])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Refused("not a book") from error

    def _empty(self, frame: dict[str, Any]) -> None:
        if set(frame) - {"type", "connection_id", "message_id", "channel", "id", "message"}:
            raise Refused("contents of no known type")

    def _fresh(self, contents: dict[str, Any]) -> None:
        rows = [
            (side, r["price"], r["size"], age(r.get("offset", 0))) for side in (0, 1) for r in contents[_SIDES[side]]
        ]
        for levels in (self.bids, self.asks, *self._ages):
            levels.clear()
        self.lost = ""
        self._apply(rows)

    def _changes(self, changes: list[dict[str, Any]]) -> None:
        self._apply(
            [(side, *pair(row), age(one["offset"])) for side in (0, 1) for one in changes for row in one[_SIDES[side]]]
        )

    def _apply(self, rows: list[tuple[int, Any, Any, int]]) -> None:
        for side, price, size, offset in rows:
            self._level(side, (price, size), offset)
        while self.crossed:
            self._uncross()

    def _level(self, side: int, row: tuple[Any, Any], offset: int) -> None:
        levels = (self.bids, self.asks)[side]
        ticks, steps = self.grid(row, side == 1)
        if offset > self._ages[side].get(ticks, -1):
            self._ages[side][ticks] = offset
            self.put(levels, ticks, steps)

    def _uncross(self) -> None:
        bid, ask = max(self.bids), min(self.asks)
        if (self._ages[0][bid], self.bids[bid]) <= (self._ages[1][ask], self.asks[ask]):
            del self.bids[bid]
        else:
            del self.asks[ask]


_SIDES = ("bids", "asks")


def pair(row: Any) -> tuple[Any, Any]:
    """Price and size of a row that has exactly these."""
    price, size = row
    return price, size


def age(raw: Any) -> int:
    """An offset: a whole number, or its digits."""
    if isinstance(raw, str) and 0 < len(raw) <= 18 and set(raw) <= _DIGITS:
        return int(raw)
    if type(raw) is int:
        return raw
    raise Refused(f"offset {raw!r}")
