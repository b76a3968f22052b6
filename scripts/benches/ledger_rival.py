"""One of several processes at one ledger file: `ledger_rival HOW FILE MARKET SECONDS DEALS_PER_SECOND` (0: flat out).

HOW is `ledger` (deals, by the verbs of the ledger), `bare` (SQLite alone: BEGIN IMMEDIATE, one insert, COMMIT with an
fsync), `queued` (the same in the ledger's queue) or `keeper` (what a warden does: accounts, heartbeat, a short log).
Prints JSON: nanoseconds of each reserve, and of everything else.
"""

import json
import os
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

from common import clock, process
from common.core.deal import Deal, DealState
from common.core.events import LookedUp
from common.core.ids import client_id, deal_id, next_attempt
from common.core.market import Direction, Venue
from common.core.order import Fill, Found, Lifetime, Order, Purpose, Report
from common.ledger.ledger import Ledger, Refusal
from common.ledger.lock import FileLock
from common.ledger.store import lock_path
from scripts.benches.long_history import hear_accounts

SIZE, PRICE, HELD_UUSD = Decimal("0.001"), Decimal(40_000), 40_000_000
SECOND_NS: Final = 1_000_000_000
#: with nothing but SQLite in the way a wait has no bound
BUSY_TIMEOUT_S: Final = 60.0

T = TypeVar("T")


class Stopwatch:
    """Times of what was waited for, by kind."""

    def __init__(self) -> None:
        self.times_ns: dict[str, list[int]] = {"reserve": [], "other": []}

    def time(self, kind: str, work: Callable[[], T]) -> T:
        """Do it and note how long it took."""
        began_ns = clock.monotonic_ns()
        found = work()
        self.times_ns[kind].append(clock.monotonic_ns() - began_ns)
        return found


class Rival:
    """Opens and closes deals of its own market; every fill is on time, every order fills."""

    def __init__(self, ledger: Ledger, market: str, watch: Stopwatch) -> None:
        self._ledger, self._market, self._watch = ledger, market, watch
        self._name, self._number = ledger.incarnation, ledger.next_number(market)
        ledger.begin(market, "bench", clock.now_ns())

    def deal(self, at_ns: int) -> None:
        """One deal from its reservation to its end: ten verbs."""
        told = self._new(at_ns)
        deal = self._watch.time("reserve", lambda: self._ledger.reserve(told, "bench"))
        if isinstance(deal, Refusal):
            raise SystemExit(f"refused: {deal.reason}")
        self._number += 1
        self._other(self._ledger.make_durable)
        self._fill(deal)
        self._other(lambda: self._ledger.move(told.deal_id, DealState.OPEN, HELD_UUSD, "even", at_ns))
        exits = tuple(self._order(deal, venue, Purpose.CLOSE, n) for n, venue in enumerate(Venue))
        deal = self._other(lambda: self._ledger.write(told.deal_id, exits, DealState.CLOSING, "close", at_ns))
        self._fill(deal)
        self._other(lambda: self._ledger.move(told.deal_id, DealState.CLOSED, 0, "flat", at_ns))

    def _other(self, work: Callable[[], T]) -> T:
        return self._watch.time("other", work)

    def _fill(self, deal: Deal) -> None:
        for order in deal.unfinished:
            fact = _filled(order)
            self._other(lambda fact=fact: self._ledger.record(fact))  # type: ignore[misc]

    def _new(self, at_ns: int) -> Deal:
        name = deal_id(self._name, self._market, self._number)
        deal = Deal(
            name, self._market, self._number, Direction(1), SIZE, DealState.OPENING, HELD_UUSD, 1_000, at_ns, at_ns
        )
        orders = tuple(self._order(deal, venue, Purpose.OPEN, n) for n, venue in enumerate(Venue))
        return Deal(
            name,
            self._market,
            self._number,
            Direction(1),
            SIZE,
            DealState.OPENING,
            HELD_UUSD,
            1_000,
            at_ns,
            at_ns,
            orders,
        )

    def _order(self, deal: Deal, venue: Venue, purpose: Purpose, n: int) -> Order:
        side = deal.direction.side_at(venue)
        return Order(
            client_id=client_id(deal.deal_id, venue, next_attempt(deal) + n),
            deal_id=deal.deal_id,
            venue=venue,
            market=self._market,
            side=side if purpose is Purpose.OPEN else side.opposite,
            purpose=purpose,
            size=SIZE,
            limit=PRICE,
            lifetime=Lifetime.FOK,
            reduce_only=purpose is not Purpose.OPEN,
            created_ns=deal.opened_ns,
        )


def _filled(order: Order) -> LookedUp:
    fill = Fill(order.venue, f"f-{order.client_id}", order.client_id, order.side, PRICE, SIZE, 20_000, 1)
    report = Report(order.client_id, f"v-{order.client_id}", SIZE, final=True)
    return LookedUp(order.client_id, Found(report, (fill,)), order.created_ns)


def paced(seconds: float, per_second: float) -> Iterator[None]:
    """A turn every so often, none of them before its time, until the time is over."""
    began_ns, turn, pause = clock.monotonic_ns(), 0, threading.Event()
    while (spent_ns := clock.monotonic_ns() - began_ns) < seconds * SECOND_NS:
        ahead_ns = int(turn * SECOND_NS / per_second) - spent_ns if per_second else 0
        if ahead_ns > 0:
            pause.wait(ahead_ns / SECOND_NS)
        turn += 1
        yield


def keep(ledger: Ledger, watch: Stopwatch) -> None:
    """What a warden writes at each look."""
    at_ns = clock.now_ns()
    watch.time("other", lambda: hear_accounts(ledger, at_ns))
    ledger.heartbeat("*", "bench", decided_ns=at_ns, at_ns=at_ns)
    ledger.tidy()


def _bare(file: Path, watch: Stopwatch, turns: Iterator[None], *, queued: bool) -> None:
    queue = FileLock(lock_path(file))
    with closing(sqlite3.connect(file, isolation_level=None, timeout=BUSY_TIMEOUT_S)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        _ready()
        for _ in turns:
            watch.time("other", lambda: _insert(connection, queue if queued else None))
        _told(watch)


def _insert(connection: sqlite3.Connection, queue: FileLock | None) -> None:
    with queue.held() if queue else nullcontext():
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bare (text) VALUES (?)", ("x" * 200,))
        connection.execute("COMMIT")


def main(how: str, file: Path, market: str, seconds: float, per_second: float) -> None:
    """Wait for a line on stdin, so that all begin together; work; tell; and stay until everybody has told."""
    process.die_with_parent()
    watch, turns = Stopwatch(), paced(seconds, per_second)
    if how in ("bare", "queued"):
        _bare(file, watch, turns, queued=how == "queued")
        return
    with Ledger.open(file, config_hash="bench", code_version="bench", pid=os.getpid()) as ledger:
        rival = Rival(ledger, market, watch)
        _ready()
        for _ in turns:
            rival.deal(clock.now_ns()) if how == "ledger" else keep(ledger, watch)
        _told(watch)


def _told(watch: Stopwatch) -> None:
    print(json.dumps(watch.times_ns), flush=True)
    sys.stdin.read()


def _ready() -> None:
    print("ready", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4]), float(sys.argv[5]))
