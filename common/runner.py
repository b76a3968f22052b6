"""Carries a trader's commands out on ledger, desks and feeds, and brings everything that is heard back to it.

One event loop, no threads. The ledger is synchronous on purpose: a verb is a transaction, and nothing else of this
market may happen between deciding and writing. What is sent is signed first, both legs, and then put on the wire in one go.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine, Mapping
from typing import Any, assert_never

from common import clock, log
from common.core.account import ForcedFill, FundingPaid
from common.core.commands import Command, HaltMarket, LookUp, Move, Record, Refresh, Reserve, Send, Write
from common.core.deal import Deal
from common.core.events import (
    Answered,
    DealChanged,
    Event,
    Filled,
    Halted,
    HaltLevel,
    LookedUp,
    Refused,
    Reported,
)
from common.core.market import Venue
from common.core.order import Order
from common.core.trader import Trader
from common.ledger.ledger import Ledger, Refusal
from common.venues.base import AccountChanged, AccountEvent, Desk, Feed, StreamUp

#: events that one command may set off before the rest of the queue is served; more means a loop of our own making
CASCADE_MAX = 10_000


class Runner:
    """One market's trader, joined to the world."""

    def __init__(
        self, trader: Trader, ledger: Ledger, desks: Mapping[Venue, Desk], feeds: Mapping[Venue, Feed]
    ) -> None:
        self.trader, self.ledger, self.desks, self.feeds = trader, ledger, desks, feeds
        self.market = trader.terms.market
        self.logger = logging.getLogger(self.market)
        #: set whenever an account stream says that balance or positions moved
        self.account_dirty: dict[Venue, asyncio.Event] = {v: asyncio.Event() for v in desks}
        #: once told to stop: set when nothing is in flight any more
        self.quiet = asyncio.Event()
        self._queue: deque[Event] = deque()
        self._working = False
        self._tasks: set[asyncio.Task[None]] = set()
        #: set to what went wrong in a task beside the loop: the worker's failure
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # ---- hearing --------------------------------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Take in one event and do all that follows from it before returning."""
        self._queue.append(event)
        if self._working:
            return
        self._working = True
        try:
            self._work()
        finally:
            self._working = False

    def _work(self) -> None:
        for _ in range(CASCADE_MAX):
            if not self._queue:
                if self.trader.stopping and self.trader.idle:
                    self.quiet.set()
                return
            for command in self.trader.on(self._queue.popleft()):
                self._do(command)
        raise RuntimeError(f"{self.market}: more than {CASCADE_MAX} events out of one")

    def hear_account(self, event: AccountEvent) -> None:
        """One event of a private stream: ours goes to the trader, the rest to the ledger or nowhere."""
        match event:
            case Reported():
                self._hear_own(event.report.client_id, event)
            case Filled():
                self._hear_own(event.fill.client_id, event)
            case ForcedFill():
                self._forced(event)
            case FundingPaid():
                if event.market == self.market:
                    self.ledger.book_funding(event, clock.now_ns())
            case AccountChanged() | StreamUp():
                self.account_dirty[event.venue].set()

    def _hear_own(self, client_id: str, event: Event) -> None:
        if f"-{self.market}-" in client_id:
            self.hear(event)

    def _forced(self, fill: ForcedFill) -> None:
        if fill.market != self.market:
            return
        log.trouble(self.logger, "forced_fill", venue=fill.venue, side=fill.side, size=fill.size, price=fill.price)
        for deal in self.ledger.book_forced(fill):
            self.hear(DealChanged(deal, clock.now_ns()))

    # ---- doing ----------------------------------------------------------------------------------------------------

    def _do(self, command: Command) -> None:
        match command:
            case Reserve():
                self._reserve(command)
            case Write():
                self._log("write", deal=command.deal_id, to=command.to, orders=len(command.orders), why=command.why)
                self._changed(
                    self.ledger.write(command.deal_id, command.orders, command.to, command.why, command.at_ns)
                )
            case Send():
                self._send(command.orders)
            case LookUp():
                self._spawn(self._look_up(command.order))
            case Record():
                self._changed(self.ledger.record(command.fact))
            case Move():
                self._log("move", deal=command.deal_id, to=command.to, held_uusd=command.held_uusd, why=command.why)
                deal = self.ledger.move(command.deal_id, command.to, command.held_uusd, command.why, command.at_ns)
                self._changed(deal)
            case Refresh():
                self._log("refresh", venue=command.venue, why=command.why)
                self.feeds[command.venue].refresh()
            case HaltMarket():
                log.trouble(self.logger, "halt", why=command.why)
                self.ledger.halt(HaltLevel.HALT, self.market, command.why, who="worker", at_ns=command.at_ns)
                self.hear(Halted(self.ledger.halt_level(self.market), command.at_ns))
            case _:
                assert_never(command)

    def _reserve(self, command: Reserve) -> None:
        outcome = self.ledger.reserve(command.deal, command.why)
        if isinstance(outcome, Refusal):
            self._log("refused", deal=command.deal.deal_id, reason=outcome.reason, why=command.why)
            self.hear(Refused(outcome.reason, clock.now_ns()))
        else:
            self._log("reserve", deal=outcome.deal_id, direction=int(outcome.direction), why=command.why)
            self._changed(outcome)

    def _changed(self, deal: Deal | None) -> None:
        if deal is not None:
            self.hear(DealChanged(deal, clock.now_ns()))

    def _send(self, orders: tuple[Order, ...]) -> None:
        """Sign all first, then start all requests: nothing stands between the first and the last."""
        prepared = [(order, self.desks[order.venue].prepare(order)) for order in orders]
        for order, body in prepared:
            self._spawn(self._send_one(order, body))

    async def _send_one(self, order: Order, body: bytes) -> None:
        answer = await self.desks[order.venue].send(order, body)
        self._log("answer", order=order.client_id, answer=answer)
        self.hear(Answered(order.client_id, answer, clock.now_ns()))

    async def _look_up(self, order: Order) -> None:
        finding = await self.desks[order.venue].look_up(order)
        self._log("finding", order=order.client_id, finding=finding)
        self.hear(LookedUp(order.client_id, finding, clock.now_ns()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the loop; its failure is the worker's failure."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None or self.failure.done():
            return
        error = task.exception()
        assert error is not None
        self.failure.set_exception(error)

    def _log(self, name: str, **fields: Any) -> None:
        log.event(self.logger, name, **fields)
