"""One market's trader: events in, commands out. No clock, no I/O, no knowledge of how a command is carried out.

Every fact about an order of ours goes to the ledger first (`Record`) and comes back as `DealChanged`, so that the deals
held here are always the deals in the file. After a start the same `DealChanged` events come for the deals that were
live: recovery is the ordinary path.
"""

from common.core.asking import Asking
from common.core.book import JUMPED
from common.core.closing import find_closing
from common.core.commands import Command, HaltMarket, LookUp, Move, Record, Refresh, Reserve, Send, Write
from common.core.deal import Ask, Deal, DealState, Even, Rest, settling
from common.core.dust import Dust
from common.core.edge import Pair
from common.core.evener import Evener
from common.core.events import (
    Answered,
    BookMessage,
    DealChanged,
    DustLeft,
    Event,
    FeedAlive,
    FeedDrained,
    FeedLost,
    Filled,
    FundingRate,
    Halted,
    HaltLevel,
    IndexPrice,
    InstrumentUpdate,
    LookedUp,
    Refused,
    Reported,
    StopRequested,
    TermsChanged,
    Tick,
    Turn,
    Wished,
)
from common.core.foresight import Foresight
from common.core.market import Instrument, Venue
from common.core.money import ZERO
from common.core.nakedness import Nakedness
from common.core.opening import HALTED, NoOpening, Opportunity, find_opening, under_halt
from common.core.order import NotSent, Order, Purpose, Unknown
from common.core.planning import closing_orders, opening_deal
from common.core.standing import Standings
from common.core.terms import SECOND_NS, Terms
from common.core.unwinding import Spent, Wait
from common.core.view import MarketView

#: a refused reservation and a failed close wait this long before the next try
REFUSED_WAIT_NS = CLOSE_RETRY_NS = SECOND_NS
REFRESH_NS = SECOND_NS
#: quotes older than this when the reservation is back are not sent on
QUOTE_AGE_MAX_NS = 500_000_000


class Trader:
    """Decides for one market. `incarnation` and `next_number` make its ids; both come from the ledger."""

    def __init__(
        self, terms: Terms, instruments: dict[Venue, Instrument], *, incarnation: str, next_number: int, start_ns: int
    ) -> None:
        self.view = MarketView(terms, instruments)
        self.deals: dict[str, Deal] = {}
        self.halt = HaltLevel.NONE
        #: whose turn it is to close under `reduce`; None: nobody gives turns
        self.turn: Turn | None = None
        self.stopping = False
        #: the last reason for not opening, one word: what `arbctl status` shows
        self.decision = "starting"
        self.decided_ns = start_ns
        self.quoted: Pair | None = None  #: the two quotes that the last opening or closing rests on
        self._incarnation, self._next_number = incarnation, next_number
        self._asking = Asking()
        self._standings = Standings(self.view)
        self._evener, self._nakedness = Evener(self.view), Nakedness(self.view)
        self._dust, self._foresight = Dust(), Foresight(self.view, incarnation)
        #: client ids whose rows are being written and that this process has not put on the wire
        self._unsent: set[str] = set()
        self._reserving: Opportunity | None = None
        self._entries_after_ns, self._waits_because = start_ns + terms.start_wait_ns, "waiting"
        self._closes_after_ns, self._refreshed_ns = dict[str, int](), dict[Venue, int]()
        #: book versions that must be passed before the next entry (our own fills moved these books)
        self._passed: dict[Venue, int] = {}

    @property
    def terms(self) -> Terms:
        """What the market is traded by now."""
        return self.view.terms

    @property
    def idle(self) -> bool:
        """Nothing is in flight: every live deal is accounted for and even."""
        return self._reserving is None and not (self.deals and any(self._busy(d) for d in self.deals.values()))

    def on(self, event: Event) -> list[Command]:
        """Take in one event; return what is to be done, in order."""
        match event:
            case BookMessage():
                return self._hear_book(event)
            case FeedAlive() | FeedLost() | InstrumentUpdate() | FundingRate() | IndexPrice() | TermsChanged():
                self.view.hear(event)
            case FeedDrained():
                self.view.hear(event)
                return self._decide(event.at_ns)
            case Tick():
                return self._tick(event.at_ns)
            case DealChanged():
                return self._changed(event.deal, event.at_ns)
            case Answered() | Reported() | Filled() | LookedUp():
                return self._hear_fact(event)
            case Refused():
                return self._refused(event)
            case Halted():
                self.halt, self.turn = event.level, event.turn
            case DustLeft():
                self._dust.told(event.sizes)
            case Wished():
                self._evener.wishes[event.deal_id] = event
            case StopRequested():
                self.stopping = True
        return []

    def _hear_book(self, message: BookMessage) -> list[Command]:
        """Take it in, ask for a fresh book where this one cannot be right, and decide."""
        self.view.hear_book(message)
        stale, at_ns = self.view.books[message.venue].stale, message.at_ns
        if stale == JUMPED:
            return self._refresh(message.venue, JUMPED, at_ns)
        # a crossed book is asked for anew whatever the market is doing: an unwind would be priced from it
        asked = self._refresh(message.venue, stale, at_ns) if stale == "crossed" else []
        return asked if message.more else asked + self._decide(at_ns)

    # ---- deciding -------------------------------------------------------------------------------------------------

    def _decide(self, at_ns: int) -> list[Command]:
        """Closes go before opens."""
        self.decided_ns = at_ns
        return self._close(at_ns) or self._open(at_ns)

    def _close(self, at_ns: int) -> list[Command]:
        if not self.deals or (self.stopping and self.halt is not HaltLevel.FLATTEN):
            return []
        ready = tuple(d for d in self.deals.values() if self._closes_after_ns.get(d.deal_id, 0) <= at_ns)
        wished = tuple(d for d in ready if self._evener.to_close(d))
        found = find_closing(self.view, wished, HaltLevel.FLATTEN, at_ns) if wished else None
        promising = self._standings.promising(ready, self.halt, at_ns)
        found = found or find_closing(self.view, promising, self.halt, at_ns, self.turn)
        if found is None:
            return []
        self._closes_after_ns[found.deal.deal_id], self.quoted = at_ns + CLOSE_RETRY_NS, found.pair
        orders = closing_orders(found, self._dust, at_ns)
        return self._write(found.deal, orders, DealState.CLOSING, found.why, at_ns)

    def _open(self, at_ns: int) -> list[Command]:
        reason = self._barred(at_ns)
        found = NoOpening(reason) if reason else find_opening(self.view, at_ns)
        found = under_halt(self.view, at_ns) if reason == HALTED else found
        if isinstance(found, NoOpening):
            self.decision = found.reason
            return self._refresh(found.ask, found.reason, at_ns) + self._foresight.on(found.near, self._next_number)
        deal = opening_deal(found, self.terms, self._incarnation, self._next_number)
        self.decision, self._reserving, self.quoted = "open", found, found.pair
        self._unsent.update(o.client_id for o in deal.orders)
        return [Reserve(deal, f"edge {found.edge_bps:.2f} bp")]

    def _barred(self, at_ns: int) -> str:
        """Why no entry may even be looked for; empty when it may."""
        if self.stopping:
            return "stopping"
        if not self.idle:
            return "busy"
        if at_ns < self._entries_after_ns:
            return self._waits_because
        if self._passed and any(self.view.books[v].version <= version for v, version in self._passed.items()):
            return "own fills"
        return HALTED if self.halt is not HaltLevel.NONE else ""

    def _refused(self, event: Refused) -> list[Command]:
        self._reserving = None
        self._unsent.clear()
        self.decision = self._waits_because = event.reason
        self._entries_after_ns = event.at_ns + REFUSED_WAIT_NS
        return []

    def _refresh(self, venue: Venue | None, why: str, at_ns: int) -> list[Command]:
        if venue is None or at_ns < self._refreshed_ns.get(venue, 0) + REFRESH_NS:
            return []
        self._refreshed_ns[venue] = at_ns
        return [Refresh(venue, why)]

    # ---- following a deal through ---------------------------------------------------------------------------------

    def _changed(self, deal: Deal, at_ns: int) -> list[Command]:
        """The file has this now: put on the wire what was written for sending, else do the deal's next step."""
        self._notice_fills(deal)
        self.deals[deal.deal_id] = deal
        self._dust.back(deal)
        self._asking.changed(deal, at_ns)
        if deal.opened_ns and deal.number >= self._next_number:
            self._next_number = deal.number + 1
        unsent = tuple(o for o in deal.orders if o.client_id in self._unsent)
        if unsent:
            return self._send(deal, unsent, at_ns)
        return self._follow(deal, at_ns)

    def _notice_fills(self, deal: Deal) -> None:
        before = self.deals.get(deal.deal_id)
        if before is not None and len(deal.fills) > len(before.fills):
            self._passed = {v: b.version for v, b in self.view.books.items()}

    def _send(self, deal: Deal, orders: tuple[Order, ...], at_ns: int) -> list[Command]:
        """Rows are committed: send, unless it is an entry whose quotes went stale meanwhile."""
        self._unsent.difference_update(o.client_id for o in orders)
        if orders[0].purpose is Purpose.OPEN:
            found, self._reserving = self._reserving, None
            if found is None or self._aged(found, at_ns):
                return [Record(Answered(o.client_id, NotSent("stale"), at_ns)) for o in orders]
        for order in orders:
            self._asking.sent(order.client_id, at_ns)
        return [Send(orders)]

    def _aged(self, found: Opportunity, at_ns: int) -> bool:
        return at_ns - found.at_ns > QUOTE_AGE_MAX_NS or any(self.view.distrust(v, at_ns) for v in self.view.books)

    def _follow(self, deal: Deal, at_ns: int) -> list[Command]:
        """One step of `next_step`, carried into commands."""
        step = self._standings.of(deal).step
        self._evener.meet(deal, step, at_ns)
        match step:
            case Ask():
                return [LookUp(o) for o in self._asking.due(step, at_ns)]
            case Even():
                return self._even(deal, step, at_ns)
            case Rest():
                return self._rest(deal, step, at_ns)

    def _even(self, deal: Deal, step: Even, at_ns: int) -> list[Command]:
        """Complete, unwind, wait, ask for a fresh book, or call it stuck. Nothing is added under a halt or a stop."""
        held_there = sum((d.position(step.venue) for d in self.deals.values()), ZERO)
        may_complete = not self.stopping and self.halt is HaltLevel.NONE
        turn = self._evener.evening(deal, step, at_ns, held_there=held_there, may_complete=may_complete)
        match turn:
            case Order():
                why = f"uneven by {step.size}" if turn.venue is step.venue else f"complete {step.size} at {turn.venue}"
                return self._write(deal, (turn,), None, why, at_ns)
            case Venue():
                return self._refresh(turn, "even", at_ns)
            case Wait():
                return []
            case Spent(tried=tried):
                why = f"{tried} evening orders did not even it"
                move = Move(deal.deal_id, DealState.STUCK, deal.held_uusd, why, at_ns)
                return [move, HaltMarket(f"{deal.deal_id} stuck: {why}", at_ns)]

    def _rest(self, deal: Deal, step: Rest, at_ns: int) -> list[Command]:
        if not deal.live and deal.state is step.state:
            del self.deals[deal.deal_id]
            self._closes_after_ns.pop(deal.deal_id, None)
            self._evener.forget(deal.deal_id)
            self._standings.forget(deal.deal_id)
            self._dust.finished(deal)
            return []
        if (deal.state, deal.held_uusd) == (step.state, step.held_uusd):
            return []
        return [Move(deal.deal_id, step.state, step.held_uusd, settling(deal, step), at_ns)]

    def _write(
        self, deal: Deal, orders: tuple[Order, ...], to: DealState | None, why: str, at_ns: int
    ) -> list[Command]:
        self._unsent.update(o.client_id for o in orders)
        return [Write(deal.deal_id, orders, to, why, at_ns)]

    def _busy(self, deal: Deal) -> bool:
        """The deal still needs something done before it rests."""
        if deal.state is DealState.STUCK:
            return False
        step = self._standings.of(deal).step
        return not isinstance(step, Rest) or (deal.live and step.state is not deal.state)

    # ---- facts and time -------------------------------------------------------------------------------------------

    def _hear_fact(self, event: Answered | Reported | Filled | LookedUp) -> list[Command]:
        if isinstance(event, Answered) and isinstance(event.answer, Unknown):
            self._asking.hurry(event.client_id, event.at_ns)
        return [Record(event)]

    def _tick(self, at_ns: int) -> list[Command]:
        """Time passes: ask again, even again, close what aged; sample the medians."""
        if not self.stopping:
            self.view.sample(at_ns)
        commands: list[Command] = []
        for deal in list(self.deals.values()):
            if not any(o.client_id in self._unsent for o in deal.orders):
                commands += self._follow(deal, at_ns)
        alerts = self._nakedness.look(self.deals.values(), self._evener.keeps, at_ns)
        return [*alerts, *(commands or self._close(at_ns))]
