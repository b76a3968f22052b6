"""The real world of one worker: desks and feeds on its event loop; a thread only where the disk is waited for."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from common import clock, log
from common.core.errors import ConfigError, LocalError, VenueError
from common.core.events import Answered, Event, LookedUp
from common.core.market import Instrument, Venue
from common.core.order import Answer, Order
from common.core.terms import Terms
from common.venues.base import Desk, Feed

#: between two signatures ahead, for whatever else has to be done
SIGN_PAUSE_S = 0.002
#: a venue that does not answer at start is asked again this often, for as long as it takes
START_RETRY_S = 2.0


class LiveWorld:
    """Sends and asks through tasks; what comes back goes to `hear`, which is set once the runner exists."""

    def __init__(self, desks: Mapping[Venue, Desk], feeds: Mapping[Venue, Feed], logger: logging.Logger) -> None:
        self.desks, self.feeds, self._logger = desks, feeds, logger
        self.hear: Callable[[Event], None] = _unjoined
        #: makes the ledger's commits durable; takes as long as the disk does
        self.sync: Callable[[], None] = _unsynced
        #: set whenever an account stream says that balance or positions moved
        self.account_dirty: dict[Venue, asyncio.Event] = {v: asyncio.Event() for v in desks}
        #: set to what went wrong in a task: the worker's failure
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        #: orders to be signed ahead, the likeliest first
        self._ahead: deque[Order] = deque()
        self._signing: asyncio.Handle | None = None
        self._pause_s = 0.0

    def now_ns(self) -> int:
        """The wall clock."""
        return clock.now_ns()

    def send(self, orders: Sequence[Order]) -> None:
        """Sign all first, then write all requests: nothing stands between the first and the last."""
        prepared = [(order, self.desks[order.venue].prepare(order)) for order in orders]
        sent = [(order, self.desks[order.venue].send(order, body)) for order, body in prepared]
        for order, answer in sent:
            self._spawn(self._answered(order, answer))

    def sign(self, orders: Sequence[Order]) -> None:
        """One signature at a time, so that no frame waits for more than one: a pair at once, the others with pauses.

        What was still to be signed is dropped.
        """
        self._ahead, self._pause_s = deque(orders), 0.0
        if self._signing is None:
            self._signing = asyncio.get_running_loop().call_soon(self._sign_next)

    def _sign_next(self) -> None:
        """Sign the first that is not signed yet, and come back for the others."""
        while self._ahead:
            order = self._ahead.popleft()
            if self._signs(order) and self._ahead:
                pause_s, self._pause_s = self._pause_s, SIGN_PAUSE_S
                self._signing = asyncio.get_running_loop().call_later(pause_s, self._sign_next)
                return
        self._signing = None

    def _signs(self, order: Order) -> bool:
        """Whether there was anything to sign; what cannot be signed now could not be when it comes to it either."""
        try:
            return self.desks[order.venue].prepare_ahead(order)
        except LocalError as error:
            self._fail(error)
            return False

    def afford(self, orders: Sequence[Order]) -> bool:
        """Pay for an entry at every venue it goes to; what one took before another refused is lost for a while."""
        return all(self.desks[order.venue].afford(order) for order in orders)

    def look_up(self, order: Order) -> None:
        """Ask the order's venue, beside the loop."""
        self._spawn(self._look_up(order))

    def refresh(self, venue: Venue) -> None:
        """Have the feed subscribe anew."""
        self.feeds[venue].refresh()

    def account_changed(self, venue: Venue) -> None:
        """Wake whoever keeps the account rows."""
        self.account_dirty[venue].set()

    def make_durable(self) -> None:
        """The disk is waited for in a thread; this task stands behind those that send."""
        self._spawn(self._make_durable())

    async def _make_durable(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.sync)

    async def _answered(self, order: Order, awaited: Coroutine[Any, Any, Answer]) -> None:
        answer = await awaited
        log.event(self._logger, "answer", order=order.client_id, answer=answer)
        self.hear(Answered(order.client_id, answer, clock.now_ns()))

    async def _look_up(self, order: Order) -> None:
        finding = await self.desks[order.venue].look_up(order)
        log.event(self._logger, "finding", order=order.client_id, finding=finding)
        self.hear(LookedUp(order.client_id, finding, clock.now_ns()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        if not self.failure.done():
            self.failure.set_exception(error)


def _unjoined(event: Event) -> None:
    raise RuntimeError("the world was not joined to a runner")


def _unsynced() -> None:
    raise RuntimeError("the world was not joined to a ledger")


async def started(desks: dict[Venue, Desk], terms: Terms, logger: logging.Logger) -> dict[Venue, Instrument]:
    """Both desks started and the size checked against both listings; waits for a venue that is not there yet."""
    while True:
        try:
            for desk in desks.values():
                await desk.start()
            instruments = {venue: await desk.instrument(terms.market) for venue, desk in desks.items()}
            break
        except VenueError as error:
            log.trouble(logger, "venue_not_ready", why=error)
            await asyncio.sleep(START_RETRY_S)
    refusals = [r for i in instruments.values() if (r := i.refuse_size(terms.size))]
    if refusals:
        raise ConfigError(*refusals)
    return instruments
