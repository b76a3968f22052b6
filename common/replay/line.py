"""One venue of a replay: orders arrive late at what the tape shows then, and are heard of later still.

The paper engine judges as ever: words, grids, fees, margin, depth. An order decided at `t` is at the venue at `t` +
order latency; what the venue's book was then stands on the tape one feed latency later, so there it is judged.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from common.core.order import Absent, Ack, Answer, Finding, Order, Reject
from common.fleet.frames import Frame, Told, parts_of, told_of
from common.fleet.speech import ACCOUNT, DEATH_NS, answer_to, found_of, request_of
from common.fleet.timeline import Timeline
from common.replay.latency import Latency
from common.replay.shown import Shown
from common.sim.engine import PaperEngine
from common.sim.types import AccountChange, PaperRefusal, Publication

NOTHING_HIDDEN: Mapping[str, int] = {}


class Line:
    """Between the workers and one venue; nothing gets lost on it."""

    def __init__(self, engine: PaperEngine, timeline: Timeline, latency: Latency) -> None:
        self.engine, self.timeline, self.latency = engine, timeline, latency
        self.venue = engine.venue
        #: by market, once it plays; where there is none the engine's own book is met
        self.shown: dict[str, Shown] = {}
        #: gives whoever works in a market an event of the account stream
        self.tell: Callable[[str, Told], None] = lambda market, told: None
        #: the venue's refusals, by their word
        self.refusals: Counter[str] = Counter()
        engine.on_publish = self._published

    def send(self, order: Order, answer: Callable[[Answer], None]) -> None:
        """The order leaves; `answer` is called with what the venue says."""
        way_ns = self.latency.order_ns(order.client_id) + self.latency.feed_ns
        self.timeline.fly(way_ns, lambda: self._arrive(order, answer))

    def look_up(self, order: Order, answer: Callable[[Finding], None]) -> None:
        """Ask for an order by client id."""
        way_ns = self.latency.order_ns(order.client_id)
        self.timeline.fly(way_ns, lambda: self._asked(order, answer))

    def sync(self, market: str) -> None:
        """Let the engine know what the tape shows of a market now."""
        shown = self.shown.get(market)
        if shown is not None:
            self.engine.apply(shown.source(), self.timeline.now_ns)

    def advance(self, markets: Iterable[str]) -> None:
        """Time passed at the venue: funding, liquidation, after a look at these markets."""
        for market in tuple(markets):
            self.sync(market)
        self.engine.advance(self.timeline.now_ns)

    def _arrive(self, order: Order, answer: Callable[[Answer], None]) -> None:
        self.sync(order.market)
        request = request_of(order, self.engine.fee_rates(ACCOUNT)[1])
        placed = self.engine.place(ACCOUNT, request, self.timeline.now_ns)
        said: Answer
        if isinstance(placed, PaperRefusal):
            said = answer_to(placed.key)
            self.refusals[f"{self.venue}: {placed.key}"] += isinstance(said, Reject)
        else:
            said = Ack(placed.order_id)
        self._back(self.latency.answer_ns(order.client_id), lambda: answer(said))

    def _asked(self, order: Order, answer: Callable[[Finding], None]) -> None:
        found = found_of(self.engine, order.client_id, NOTHING_HIDDEN)
        dead = self.timeline.now_ns > DEATH_NS[self.venue](order)
        said: Finding = Absent(proven=dead) if found is None else found
        self._back(self.latency.answer_ns(order.client_id), lambda: answer(said))

    def _back(self, way_ns: int, arriving: Callable[[], None]) -> None:
        """On its way to us since it happened, which was a feed latency ago."""
        self.timeline.fly(max(way_ns - self.latency.feed_ns, 0), arriving)

    def _published(self, publication: Publication) -> None:
        if not isinstance(publication, AccountChange):
            return
        for fill in publication.fills:
            if fill.market in self.shown:
                self.shown[fill.market].took(fill)
        for market, frame in parts_of(publication).items():
            about = frame.orders[0].request.client_id if frame.orders else f"{market}/{publication.at_ns}"
            self._push(market, frame, about)

    def _push(self, market: str, frame: Frame, about: str) -> None:
        def arrived() -> None:
            for told in told_of(self.engine, frame, NOTHING_HIDDEN, self.timeline.now_ns):
                self.tell(market, told)

        self._back(self.latency.push_ns(about), arrived)
