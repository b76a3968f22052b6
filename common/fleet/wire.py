"""Between a worker and a paper venue: latency and every fault of the way, in process. One per venue.

Keeps both venues' proofs of death: dYdX refuses an order that arrives less than 60 s before its expiration, ApeX one
whose timestamp is older than its tolerance.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from random import Random

from common.core.events import BookMessage, Filled, Reported
from common.core.market import Venue
from common.core.money import uusd_down
from common.core.order import (
    Absent,
    Ack,
    Answer,
    Fill,
    Finding,
    Found,
    Lifetime,
    NotSent,
    Order,
    Reject,
    Report,
    Unknown,
)
from common.fleet.faults import SECOND, Faults
from common.fleet.timeline import Timeline
from common.sim.engine import PaperEngine
from common.sim.types import AccountChange, BookChange, PaperFill, PaperOrder, PaperRefusal, PlaceRequest

ACCOUNT = "fleet"
TIMEOUT_NS = 5 * SECOND
EXPIRES_NS = 75 * SECOND
#: nothing that was created longer ago than this can still be accepted, and the margin we add
DEAD_AFTER_NS = {Venue.DYDX: 15 * SECOND, Venue.APEX: 30 * SECOND}
MARGIN_NS = 5 * SECOND


class Wire:
    """One venue as seen through a bad line."""

    def __init__(self, engine: PaperEngine, timeline: Timeline, random: Random, faults: Faults) -> None:
        self.engine, self.timeline, self.random, self.faults = engine, timeline, random, faults
        self.venue = engine.venue
        #: told of every order that the venue takes in
        self.on_arrival: Callable[[Order], None] = lambda order: None

    def happens(self, share: float) -> bool:
        """Draw one fault."""
        return share > 0 and self.random.random() < share

    def latency_ns(self) -> int:
        """One way, now."""
        return int(self.faults.latency_ns * (0.5 + self.random.random()))

    # ---- orders ---------------------------------------------------------------------------------------------------

    def send(self, order: Order, answer: Callable[[Answer], None]) -> None:
        """The order leaves; `answer` is called with what the desk would say."""
        faults, after = self.faults, self.timeline.after
        if self.happens(faults.not_sent):
            after(0, lambda: answer(NotSent("refused connection")))
        elif self.happens(faults.request_lost):
            after(TIMEOUT_NS, lambda: answer(Unknown("timeout")))
        elif self.happens(faults.request_late):
            after(self.random.randrange(faults.late_max_ns), lambda: self._arrive(order, None))
            after(TIMEOUT_NS, lambda: answer(Unknown("timeout")))
        elif self.happens(faults.reply_lost):
            after(self.latency_ns(), lambda: self._arrive(order, None))
            after(TIMEOUT_NS, lambda: answer(Unknown("timeout")))
        else:
            after(self.latency_ns(), lambda: self._arrive(order, answer))

    def _arrive(self, order: Order, answer: Callable[[Answer], None] | None) -> None:
        said = self._placed(order)
        if answer is not None:
            self.timeline.after(self.latency_ns(), lambda: answer(said))

    def _placed(self, order: Order) -> Answer:
        if self.venue is Venue.APEX and self.timeline.now_ns > order.created_ns + DEAD_AFTER_NS[Venue.APEX]:
            return Unknown("timestamp")
        if self.happens(self.faults.rejected):
            return Reject("out of the blue")
        placed = self.engine.place(ACCOUNT, request_of(order, self._taker()), self.timeline.now_ns)
        if isinstance(placed, PaperRefusal):
            return Reject(placed.key)
        self.on_arrival(order)
        return Ack(placed.order_id)

    def _taker(self) -> Decimal:
        return self.engine.fee_rates(ACCOUNT)[1]

    # ---- questions ------------------------------------------------------------------------------------------------

    def look_up(self, order: Order, answer: Callable[[Finding], None]) -> None:
        """Ask for an order by client id."""
        wait_ns = 2 * self.latency_ns()
        self.timeline.after(wait_ns, lambda: answer(self._finding(order)))

    def _finding(self, order: Order) -> Finding:
        if self.happens(self.faults.look_up_failed):
            return Unknown("HTTP 502")
        known = self.engine.order_by_client_id(ACCOUNT, order.client_id)
        age_ns = self.timeline.now_ns - order.created_ns
        proven = age_ns > DEAD_AFTER_NS[self.venue] + MARGIN_NS
        if known is None or (not proven and self.happens(self.faults.not_visible)):
            return Absent(proven=known is None and proven)
        fills = tuple(fill_of(self.venue, known, f) for f in self.engine.fills(ACCOUNT, order_id=known.order_id))
        return Found(report_of(known), fills)

    # ---- pushes ---------------------------------------------------------------------------------------------------

    def push(self, change: AccountChange, tell: Callable[[Reported | Filled], None]) -> None:
        """One account frame on its way: lost, doubled, late, or simply after the latency."""
        if self.happens(self.faults.push_lost):
            return
        for _ in range(2 if self.happens(self.faults.push_twice) else 1):
            late = self.random.randrange(3 * SECOND) if self.happens(self.faults.push_late) else 0
            self.timeline.after(self.latency_ns() + late, lambda: self._told(change, tell))

    def _told(self, change: AccountChange, tell: Callable[[Reported | Filled], None]) -> None:
        now_ns = self.timeline.now_ns
        fills = () if self.happens(self.faults.fills_lost) else change.fills
        for fill in fills:
            order = self.engine.order(ACCOUNT, fill.order_id) if fill.order_id else None
            if order is not None:
                tell(Filled(fill_of(self.venue, order, fill), now_ns))
        for order in change.orders:
            tell(Reported(report_of(order), now_ns))

    def snapshot(self, market: str) -> BookMessage:
        """The whole book as the venue shows it now."""
        bids, asks, sequence = self.engine.book(market)
        return BookMessage(self.venue, True, bids, asks, sequence, self.timeline.now_ns)

    def delta(self, change: BookChange) -> BookMessage:
        """One published change, stamped when it is heard."""
        return BookMessage(self.venue, False, change.bids, change.asks, change.sequence, self.timeline.now_ns)


def request_of(order: Order, taker: Decimal) -> PlaceRequest:
    """An order as it arrives: both venues' ways of naming the highest fee."""
    amount = order.size * order.limit * taker
    return PlaceRequest(
        client_id=order.client_id,
        market=order.market,
        side=order.side,
        kind="LIMIT",
        lifetime=Lifetime(order.lifetime).value,
        size=order.size,
        price=order.limit,
        post_only=False,
        reduce_only=order.reduce_only,
        limit_fee=max(taker, Decimal("0.0015")) if order.venue is Venue.DYDX else amount + Decimal("0.000001"),
        expires_ns=order.created_ns + EXPIRES_NS,
        signature="",
    )


def report_of(order: PaperOrder) -> Report:
    """What a venue says about an order."""
    final = order.status in ("FILLED", "CANCELED")
    filled = order.request.size - order.remaining
    return Report(order.request.client_id, order.order_id, filled, final, order.cancel_reason)


def fill_of(venue: Venue, order: PaperOrder, fill: PaperFill) -> Fill:
    """What a venue says about a fill of ours."""
    whole = Fill(venue, fill.fill_id, order.request.client_id, fill.side, fill.price, fill.size, 0, fill.at_ns)
    return replace(whole, fee_uusd=uusd_down(fill.fee))
