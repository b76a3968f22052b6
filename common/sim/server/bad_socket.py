"""A WebSocket whose frames get lost, doubled, garbled or stuck. What a client asked for itself (snapshots) is spared.

Knows both venues' frames just enough to tell a book from an account and to take the fills out of one.
"""

import asyncio
from collections import deque
from decimal import Decimal
from typing import Any

import orjson

from common.sim.server.bad_line import Chance
from common.sim.server.plain import NS_PER_SECOND, text
from common.sim.server.socket import Socket

BOOK, ACCOUNT = "book", "account"
#: a push that is late is late by up to this
PUSH_LATE_MAX_NS = 3 * NS_PER_SECOND
#: what the two protocols' deltas begin or end with
_BOOKS = (b'"channel":"v3_orderbook"', b'"topic":"orderBook')
_ACCOUNTS = (b'"channel":"v3_accounts"', b'"topic":"ws_accounts_')
_CHANGES = (b'"type":"channel_data"', b'"type":"delta"')


class BadSocket(Socket):
    """One connection with bad luck."""

    def __init__(self, book: Chance, push: Chance) -> None:
        super().__init__()
        self._book_luck, self._push_luck = book, push
        self._silent_until_s = 0.0
        #: book frames that wait while the book stands still; None: it moves
        self._held: deque[bytes] | None = None

    def push(self, frame: bytes) -> None:
        """Queue one frame, unless something happens to it."""
        kind = kind_of(frame)
        if asyncio.get_running_loop().time() < self._silent_until_s:
            return
        if kind == BOOK:
            self._book(frame)
        elif kind == ACCOUNT:
            self._account(frame)
        else:
            super().push(frame)

    # ---- books ------------------------------------------------------------------------------------------------------

    def _book(self, frame: bytes) -> None:
        luck, loop = self._book_luck, asyncio.get_running_loop()
        if luck.strikes("feed_silent"):
            self._silent_until_s = loop.time() + luck.within_s(luck.faults.frozen_max_ns)
            return
        if self._held is None and luck.strikes("book_frozen"):
            self._held = deque()
            loop.call_later(luck.within_s(luck.faults.frozen_max_ns), self._thaw)
        if luck.strikes("book_skipped"):
            return
        if luck.strikes("book_gap"):
            self.drop()
            return
        told = crossed(frame) if luck.strikes("book_crossed") else frame
        if self._held is None:
            super().push(told)
        else:
            self._held.append(told)

    def _thaw(self) -> None:
        held, self._held = self._held or deque(), None
        for frame in held:
            super().push(frame)

    # ---- pushes -----------------------------------------------------------------------------------------------------

    def _account(self, frame: bytes) -> None:
        luck, loop = self._push_luck, asyncio.get_running_loop()
        if luck.strikes("push_lost"):
            return
        told = without_fills(frame) if luck.strikes("fills_lost") else frame
        for _ in range(2 if luck.strikes("push_twice") else 1):
            if luck.strikes("push_late"):
                loop.call_later(luck.within_s(PUSH_LATE_MAX_NS), super().push, told)
            else:
                super().push(told)


def kind_of(frame: bytes) -> str | None:
    """Whether a frame tells a change of a book or of an account; None for all others."""
    if not any(word in frame for word in _CHANGES):
        return None
    if any(word in frame for word in _BOOKS):
        return BOOK
    return ACCOUNT if any(word in frame for word in _ACCOUNTS) else None


def crossed(frame: bytes) -> bytes:
    """The frame with a bid at twice the price of an ask; one without an ask stays as it is."""
    message: Any = orjson.loads(frame)
    if "contents" in message:
        asks, bids = message["contents"]["asks"], message["contents"]["bids"]
    else:
        asks, bids = message["data"]["a"], message["data"]["b"]
    alive = [level for level in asks if level[1] != "0"]
    if alive:
        bids.append([text(2 * Decimal(alive[0][0])), alive[0][1]])
    return orjson.dumps(message)


def without_fills(frame: bytes) -> bytes:
    """The frame with the orders' statuses and no fills."""
    message: Any = orjson.loads(frame)
    message["contents"]["fills"] = []
    return orjson.dumps(message)
