"""Between a worker and a paper venue: latency and every fault of the way, in process. One per venue.

Keeps both venues' rules on what comes too late: dYdX (the engine) refuses an order that arrives less than 60 s before
its expiration, ApeX (here) one whose timestamp is off by more than its tolerance. When an absent order is dead is
asked of the desks' own code, so that a wrong proof shows as an order that arrives after it was called dead.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import TypeVar

from common.core.account import FundingPaid, PastFill
from common.core.events import BookMessage
from common.core.history import History
from common.core.market import Venue
from common.core.order import Absent, Ack, Answer, Finding, NotSent, Order, Reject, Unknown
from common.fleet.frames import Frame, Told, told_of
from common.fleet.speech import ACCOUNT as ACCOUNT
from common.fleet.speech import DEATH_NS, answer_to, found_of, funding_of, history_of, past_of, request_of
from common.fleet.timeline import Timeline
from common.sim.checks import Refuse
from common.sim.engine import PaperEngine
from common.sim.faults import SECOND, Faults
from common.sim.types import BookChange, PaperFill, PaperRefusal
from common.venues.budget import PAUSE_S

TIMEOUT_NS = 5 * SECOND
#: ApeX refuses a request whose timestamp is further off than this
APEX_TOLERANCE_NS = 30 * SECOND
REFUSALS = tuple(Refuse)
T = TypeVar("T")


class Wire:
    """One venue as seen through a bad line."""

    def __init__(self, engine: PaperEngine, timeline: Timeline, random: Random, faults: Faults) -> None:
        self.engine, self.timeline, self.random, self.faults = engine, timeline, random, faults
        self.venue = engine.venue
        #: the venue's process is being restarted
        self.down = False
        #: after "too many" no entry of any worker is sent until then
        self.paused_ns = 0
        #: told of every order that leaves, and of each that the venue newly takes in
        self.on_departure: Callable[[Order], None] = lambda order: None
        self.on_arrival: Callable[[Order], None] = lambda order: None
        #: gives whoever works in a market an event of the account stream
        self.tell: Callable[[str, Told], None] = lambda market, event: None
        #: client ids whose fill is still kept from us, and until when
        self.hidden: dict[str, int] = {}
        #: client ids whose sender has heard a refusal: no copy that is still on its way may be taken in any more.
        #: Venues are trusted with this (docs/reliability.md).
        self._refused: set[str] = set()

    def happens(self, share: float) -> bool:
        """Draw one fault."""
        return share > 0 and self.random.random() < share

    def latency_ns(self) -> int:
        """One way, now."""
        return int(self.faults.latency_ns * (0.5 + self.random.random()))

    def afford(self) -> bool:
        """Whether the fleet may send an entry here now."""
        return self.timeline.now_ns >= self.paused_ns

    # ---- orders ---------------------------------------------------------------------------------------------------

    def send(self, order: Order, answer: Callable[[Answer], None]) -> None:
        """The order leaves; `answer` is called with what the desk would say."""
        faults, fly = self.faults, self.timeline.fly
        self.on_departure(order)
        if self.down or self.happens(faults.not_sent):
            fly(0, lambda: answer(NotSent("refused connection")))
            return
        if self.happens(faults.request_twice):
            fly(self.random.randrange(faults.late_max_ns), lambda: self._arrive(order, None))
        if self.happens(faults.request_lost):
            fly(TIMEOUT_NS, lambda: answer(Unknown("timeout")))
        elif self.happens(faults.request_late):
            fly(self.random.randrange(faults.late_max_ns), lambda: self._arrive(order, None))
            fly(TIMEOUT_NS, lambda: answer(Unknown("timeout")))
        elif self.happens(faults.reply_lost):
            fly(self.latency_ns(), lambda: self._arrive(order, None))
            fly(TIMEOUT_NS, lambda: answer(Unknown("timeout")))
        else:
            fly(self.latency_ns(), lambda: self._arrive(order, answer))

    def _arrive(self, order: Order, answer: Callable[[Answer], None] | None) -> None:
        if order.client_id in self._refused:
            return
        said = self._said(order)
        if answer is not None:
            if isinstance(said, Reject):
                self._refused.add(order.client_id)
            self.timeline.fly(self.latency_ns(), lambda: answer(said))

    def _said(self, order: Order) -> Answer:
        """What comes back: the venue's answer, or what stands in front of it."""
        if self.down:
            return Unknown("connection reset")
        if self.happens(self.faults.throttled):
            self.paused_ns = self.timeline.now_ns + int(PAUSE_S * SECOND)
            return Unknown("HTTP 429")
        if self.happens(self.faults.server_error):
            if self.random.random() < 0.5:
                self._placed(order)
            return Unknown(self.random.choice(("HTTP 500", "HTTP 502 <html>", "HTTP 503")))
        known = self.engine.order_by_client_id(ACCOUNT, order.client_id) is not None
        if not known and self.happens(self.faults.rejected):
            return answer_to(self.random.choice(REFUSALS))
        return self._placed(order)

    def _placed(self, order: Order) -> Answer:
        now_ns = self.timeline.now_ns
        if self.venue is Venue.APEX and abs(now_ns - order.created_ns) > APEX_TOLERANCE_NS:
            return Unknown("timestamp")
        known = self.engine.order_by_client_id(ACCOUNT, order.client_id) is not None
        if not known and self.happens(self.faults.late_fill):
            self.hidden[order.client_id] = now_ns + self.random.randrange(self.faults.late_fill_max_ns)
        placed = self.engine.place(ACCOUNT, request_of(order, self._taker()), now_ns)
        if not known:
            self._keep_hidden(order)
        if isinstance(placed, PaperRefusal):
            return answer_to(placed.key)
        if not known:
            self.on_arrival(order)
        return Ack(placed.order_id)

    def _taker(self) -> Decimal:
        return self.engine.fee_rates(ACCOUNT)[1]

    def _keep_hidden(self, order: Order) -> None:
        """What did not fill needs no hiding; what did comes out after a while."""
        if order.client_id not in self.hidden:
            return
        placed = self.engine.order_by_client_id(ACCOUNT, order.client_id)
        if placed is None or placed.remaining == placed.request.size:
            del self.hidden[order.client_id]
            return
        self.timeline.fly(self.hidden[order.client_id] - self.timeline.now_ns, lambda: self._come_out(order))

    def _come_out(self, order: Order) -> None:
        """The truth about a hidden order is pushed, like anything else."""
        if self.down:
            self.timeline.fly(SECOND, lambda: self._come_out(order))
            return
        self.hidden.pop(order.client_id, None)
        known = self.engine.order_by_client_id(ACCOUNT, order.client_id)
        if known is not None:
            self.push(order.market, Frame((known,), self.engine.fills(ACCOUNT, order_id=known.order_id)))

    # ---- questions ------------------------------------------------------------------------------------------------

    def look_up(self, order: Order, answer: Callable[[Finding], None]) -> None:
        """Ask for an order by client id."""
        self.timeline.fly(2 * self.latency_ns(), lambda: answer(self._finding(order)))

    def _finding(self, order: Order) -> Finding:
        if self.down or self.happens(self.faults.look_up_failed):
            return Unknown("HTTP 502")
        found = found_of(self.engine, order.client_id, self.hidden)
        dead = self.timeline.now_ns > DEATH_NS[self.venue](order)
        if found is None or (not dead and self.happens(self.faults.not_visible)):
            return Absent(proven=found is None and dead)
        return found

    def fills_since(self, market: str, since_ns: int, answer: Callable[[tuple[PastFill, ...] | None], None]) -> None:
        """Ask for the fills of our account; None is no usable answer."""

        def listed() -> tuple[PastFill, ...]:
            fills = [f for f in reversed(self.engine.fills(ACCOUNT, market)) if f.at_ns >= since_ns]
            return tuple(past for fill in fills if not self._hides(fill) for past in past_of(self.venue, fill))

        self._ask(listed, answer)

    def history(self, since_ns: int, answer: Callable[[History | None], None]) -> None:
        """Ask for everything since then, in all markets; None is no usable answer."""
        self._ask(lambda: history_of(self.engine, since_ns, self.hidden), answer)

    def funding(self, market: str, answer: Callable[[tuple[FundingPaid, ...] | None], None]) -> None:
        """Ask for the funding of our account; None is no usable answer."""
        self._ask(lambda: tuple(funding_of(self.venue, paid) for paid in self.engine.funding(ACCOUNT, market)), answer)

    def _ask(self, question: Callable[[], T], answer: Callable[[T | None], None]) -> None:
        def answered() -> None:
            answer(None if self.down or self.happens(self.faults.look_up_failed) else question())

        self.timeline.fly(2 * self.latency_ns(), answered)

    def _hides(self, fill: PaperFill) -> bool:
        """The order is still said to be cancelled: its fills show nowhere."""
        order = self.engine.order(ACCOUNT, fill.order_id) if fill.order_id else None
        return order is not None and order.request.client_id in self.hidden

    # ---- pushes ---------------------------------------------------------------------------------------------------

    def push(self, market: str, frame: Frame) -> None:
        """One market's part of an account frame on its way: lost, doubled, late, or simply after the latency."""
        if self.happens(self.faults.push_lost):
            return
        for _ in range(2 if self.happens(self.faults.push_twice) else 1):
            late = self.random.randrange(3 * SECOND) if self.happens(self.faults.push_late) else 0
            self.timeline.fly(self.latency_ns() + late, lambda: self._arrived(market, frame))

    def _arrived(self, market: str, frame: Frame) -> None:
        for told in self._told(frame):
            self.tell(market, told)

    def _told(self, frame: Frame) -> Iterator[Told]:
        heard = replace(frame, fills=()) if self.happens(self.faults.fills_lost) else frame
        yield from told_of(self.engine, heard, self.hidden, self.timeline.now_ns)

    # ---- books ----------------------------------------------------------------------------------------------------

    def snapshot(self, market: str, at_ns: int) -> BookMessage:
        """The whole book as the venue shows it now, heard at `at_ns`."""
        bids, asks, sequence = self.engine.book(market)
        return BookMessage(self.venue, True, bids, asks, sequence, at_ns)

    def delta(self, change: BookChange, at_ns: int) -> BookMessage:
        """One published change, heard at `at_ns`; now and then with a bid far above every ask."""
        bids = change.bids
        if change.asks and self.happens(self.faults.book_crossed):
            top = max(tick for tick, _, _ in change.asks)
            bids = (*bids, (top + 1, 1, change.sequence))
        return BookMessage(self.venue, False, bids, change.asks, change.sequence, at_ns)
