"""What one market's trader sees and does, counted as it goes on; drained now and then by who writes it down.

The runner tells it of decisions, orders, refusals and fills: each of these costs an append. Everything that takes
arithmetic waits for `look`, which is called when nothing is in a hurry. Changes nothing, decides nothing.
"""

from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from common.core.deal import Deal, uneven
from common.core.edge import Pair
from common.core.market import Direction, Venue
from common.core.opening import WOULD_OPEN, weigh
from common.core.order import Fill, Order, Purpose
from common.core.trader import Trader
from common.telemetry.rows import FACTORS, MARKED_S, Mark, Naked, Refused, Row, Sent, Span

SECOND_NS: Final = 1_000_000_000
#: edges are looked at this often, and a span lasts this long
LOOK_NS: Final = SECOND_NS
SPAN_NS: Final = 10 * SECOND_NS
#: what is said while an edge stands above the threshold, and while nobody looks for one
SEEN: Final = frozenset({"open", "band", "unconfirmed", WOULD_OPEN})
BLIND: Final = frozenset({"busy", "own fills", "waiting"})
#: rows and marks that are kept while nobody drains them
ROWS_MAX: Final = 10_000


class Meter:
    """Of one trader, for one life of its worker."""

    def __init__(self, trader: Trader, at_ns: int) -> None:
        self._trader, self._market = trader, trader.terms.market
        self._rows: deque[Row] = deque(maxlen=ROWS_MAX)
        self._due: deque[tuple[int, int, Fill]] = deque(maxlen=ROWS_MAX)
        self._fills: dict[str, int] = {}
        #: by deal since when it is uneven
        self._naked_ns: dict[str, int] = {}
        self._reserve_ns = 0
        self._decision, self._since_ns = trader.decision, at_ns
        self._has_edge = False
        self._looked_ns = at_ns
        self._refusals = frozenset[str]()
        self._begin(at_ns)

    def _begin(self, at_ns: int) -> None:
        """A new span."""
        self._from_ns, self._seen = at_ns, 0
        self._said_ns: dict[str, int] = {}
        self._begun: dict[str, int] = {}
        self._edges: dict[Direction, list[float]] = {direction: [] for direction in Direction}
        self._best: float | None = None
        self._curve: tuple[float | None, ...] = ()
        self._age_ns = dict.fromkeys(Venue, 0)
        self._lag_ns = dict.fromkeys(Venue, 0)
        self._losses = self._lost()

    def _lost(self) -> dict[Venue, int]:
        """So far in this life, by venue."""
        return {venue: book.losses for venue, book in self._trader.view.books.items()}

    # ---- told by the runner ---------------------------------------------------------------------------------------

    def decided(self) -> None:
        """After every event: what the trader says now, if it is something else than before."""
        said = self._trader.decision
        if said is not self._decision:
            self._decided(said, self._trader.decided_ns)

    def _decided(self, said: str, at_ns: int) -> None:
        said = WOULD_OPEN if said.startswith(WOULD_OPEN) else said
        if said == self._decision:
            return
        self._said(at_ns)
        self._decision = said
        self._begun[said] = self._begun.get(said, 0) + 1
        if said in SEEN:
            self._seen += not self._has_edge
            self._has_edge = True
        elif said not in BLIND and said not in self._refusals:
            self._has_edge = False

    def _said(self, at_ns: int) -> None:
        """The time until now goes to what was said until now."""
        for_ns = max(0, at_ns - self._since_ns)
        self._said_ns[self._decision] = self._said_ns.get(self._decision, 0) + for_ns
        self._since_ns = max(at_ns, self._since_ns)

    def refused(self, deal: Deal, reason: str, at_ns: int) -> None:
        """The ledger, or a budget, had no room."""
        self._refusals |= {reason}
        self._rows.append(Refused(self._market, at_ns, reason, int(deal.direction), deal.edge_uusd))

    def reserved(self, took_ns: int) -> None:
        """The ledger was asked for room; how long that took."""
        self._reserve_ns = took_ns

    def sent(self, orders: Sequence[Order], at_ns: int) -> None:
        """Orders are on their way; the quotes they rest on are those of the trader's last decision, if they are."""
        for order in orders:
            self._rows.append(self._sent(order, self._trader.quoted, at_ns))

    def _sent(self, order: Order, pair: Pair | None, at_ns: int) -> Sent:
        legs = () if pair is None else (pair.sell, pair.buy)
        leg = next((leg for leg in legs if leg.instrument.venue is order.venue and leg.side is order.side), None)
        rests = leg is not None and leg.limit == order.limit
        return Sent(
            market=order.market,
            at_ns=at_ns,
            deal_id=order.deal_id,
            client_id=order.client_id,
            venue=order.venue.value,
            side=order.side.value,
            purpose=order.purpose.value,
            size=format(order.size, "f"),
            expected=format(leg.quote.average, "f") if leg is not None and rests else "",
            touch=format(leg.quote.touch, "f") if leg is not None and rests else "",
            took_ns=at_ns - order.created_ns,
            reserve_ns=self._reserve_ns if order.purpose is Purpose.OPEN else 0,
        )

    def changed(self, deal: Deal, at_ns: int) -> None:
        """The file has this deal now; its new fills will be marked."""
        known = self._fills.get(deal.deal_id, 0)
        if len(deal.fills) > known:
            self._fills[deal.deal_id] = len(deal.fills)
            for fill in deal.fills[known:]:
                self._due.extend((at_ns + after_s * SECOND_NS, after_s, fill) for after_s in MARKED_S)
            self._even_or_not(deal, at_ns)
        if not deal.live:
            self._fills.pop(deal.deal_id, None)
            self._naked_ns.pop(deal.deal_id, None)

    def _even_or_not(self, deal: Deal, at_ns: int) -> None:
        """Fills came: it begins to be uneven, or was so until now. What dust leaves is even."""
        if uneven(deal, self._trader.view.instruments) is not None:
            self._naked_ns.setdefault(deal.deal_id, at_ns)
        elif (since_ns := self._naked_ns.pop(deal.deal_id, None)) is not None:
            self._rows.append(Naked(self._market, at_ns, deal.deal_id, at_ns - since_ns))

    # ---- looking for itself ---------------------------------------------------------------------------------------

    def look(self, at_ns: int) -> None:
        """Time passes: mark fills that are due, and look at both edges now and then."""
        if self._due:
            self._mark(at_ns)
        view = self._trader.view
        for venue, alive_ns in view.alive_ns.items():
            if alive_ns:
                self._age_ns[venue] = max(self._age_ns[venue], at_ns - alive_ns)
                self._lag_ns[venue] = max(self._lag_ns[venue], view.lag_ns[venue])
        if at_ns >= self._looked_ns + LOOK_NS:
            self._looked_ns = at_ns
            if not any(view.distrust(venue, at_ns) for venue in view.books):
                self._weigh(at_ns)

    def _mark(self, at_ns: int) -> None:
        due = [entry for entry in self._due if entry[0] <= at_ns]
        self._due = deque((entry for entry in self._due if entry[0] > at_ns), maxlen=ROWS_MAX)
        for _, after_s, fill in due:
            mid = self._mid(fill.venue)
            if mid is not None:
                said = (fill.venue.value, fill.client_id, fill.side.value, format(fill.price, "f"))
                self._rows.append(
                    Mark(self._market, at_ns, *said, format(fill.size, "f"), after_s, format(mid.normalize(), "f"))
                )

    def _mid(self, venue: Venue) -> Decimal | None:
        book, ticks = self._trader.view.books[venue], self._trader.view.books[venue].mid_ticks()
        return None if book.stale or ticks is None else Decimal(str(ticks)) * book.instrument.tick

    def _weigh(self, at_ns: int) -> None:
        found = [o for direction in Direction if (o := weigh(self._trader.view, direction, at_ns)) is not None]
        for one in found:
            self._edges[one.direction].append(float(one.edge_bps))
        best = max(found, key=lambda one: one.edge_bps, default=None)
        if best is not None and (self._best is None or float(best.edge_bps) > self._best):
            self._best = float(best.edge_bps)
            size = self._trader.terms.size
            deeper = (weigh(self._trader.view, best.direction, at_ns, size * factor) for factor in FACTORS)
            self._curve = tuple(None if one is None else round(float(one.edge_bps), 3) for one in deeper)

    # ---- written down ---------------------------------------------------------------------------------------------

    def drain(self, at_ns: int) -> tuple[Row, ...]:
        """Everything since the last time, the span that ends now at the end."""
        self._said(at_ns)
        rows = (*self._rows, self._span(at_ns))
        self._rows.clear()
        self._begin(at_ns)
        return rows

    def _span(self, at_ns: int) -> Span:
        return Span(
            market=self._market,
            at_ns=at_ns,
            for_ns=at_ns - self._from_ns,
            seen=self._seen,
            said_ns=self._said_ns,
            begun=self._begun,
            least_bps=float(self._trader.terms.edge_min_bps),
            edge_bps={
                f"{direction:+d}": (round(sum(edges) / len(edges), 3), round(max(edges), 3))
                for direction, edges in self._edges.items()
                if edges
            },
            curve_bps=self._curve,
            quotes=self._quotes(at_ns),
            age_ms={venue.value: age_ns // 1_000_000 for venue, age_ns in self._age_ns.items()},
            lag_ms={venue.value: lag_ns // 1_000_000 for venue, lag_ns in self._lag_ns.items()},
            lost={venue.value: count - self._losses[venue] for venue, count in self._lost().items()},
        )

    def _quotes(self, at_ns: int) -> dict[str, tuple[str, str]]:
        """What the deal's size could be sold and bought for now, at venues whose books are believed."""
        view, size = self._trader.view, self._trader.terms.size
        pairs = {direction: view.pair(direction, size) for direction in Direction}
        plus, minus = pairs[Direction.SELL_APEX], pairs[Direction.SELL_DYDX]
        if plus is None or minus is None:
            return {}
        both = ((Venue.APEX, plus.sell, minus.buy), (Venue.DYDX, minus.sell, plus.buy))
        return {
            venue.value: (format(sold.quote.average, "f"), format(bought.quote.average, "f"))
            for venue, sold, bought in both
            if not view.distrust(venue, at_ns)
        }
