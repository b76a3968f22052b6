"""What a power cut took from the file, for the judge: reservations that were sent a moment before, and nothing else.

Remembers for itself which order left when. What was lost counts as if it were still there, until it is back in the file
or can come to nothing any more by the venues' own word.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from common.core.market import Venue
from common.core.order import Order
from common.fleet.speech import ACCOUNT
from common.fleet.violation import Violation
from common.sim.engine import PaperEngine
from common.sim.faults import MS, SECOND

AllRows: TypeAlias = Callable[..., list[Any]]
#: what was sent is durable so long after, unless its process died meanwhile
DURABLE_NS = 250 * MS
#: no venue takes an order in that was made longer ago, by clocks that are up to 2 s apart
ARRIVES_NS = 35 * SECOND


@dataclass(frozen=True, slots=True)
class Lost:
    """One deal that was in the file; `orders` are (client id, venue), `seq` is the file's last journal row now."""

    market: str
    direction: int
    held: int
    opened_ns: int
    orders: tuple[tuple[str, str], ...]
    seq: int


class Losses:
    """Everything that was lost so far, by deal."""

    def __init__(self, engines: Mapping[Venue, PaperEngine]) -> None:
        self._engines = engines
        self.deals: dict[str, Lost] = {}
        self._sent_ns: dict[str, int] = {}
        self._markets: dict[str, str] = {}
        self._excused: set[str] = set()

    # ---- orders leave ---------------------------------------------------------------------------------------------

    def sent(self, order: Order, now_ns: int) -> None:
        """An order leaves; no id does so twice."""
        if order.client_id in self._markets:
            raise Violation(f"order id {order.client_id} was used twice")
        self._markets[order.client_id] = order.market
        self._sent_ns.setdefault(order.deal_id, now_ns)

    def died(self, market: str, now_ns: int) -> None:
        """A process died: whatever it had sent just then stays as durable as it was."""
        young = {deal_id for deal_id, at_ns in self._sent_ns.items() if now_ns - at_ns <= DURABLE_NS}
        self._excused |= {deal_id for deal_id in young if f"-{market}-" in deal_id}

    # ---- the power fails ------------------------------------------------------------------------------------------

    def cut(self, before: AllRows, after: AllRows, now_ns: int) -> frozenset[str]:
        """Compare the file with what it was; the deals that it lost. Violation when anything else is gone."""
        kept = {deal_id for (deal_id,) in after("SELECT deal_id FROM deal")}
        seq = after("SELECT COALESCE(MAX(seq), 0) FROM journal")[0][0]
        query = "SELECT deal_id, state, market, direction, held_uusd, opened_ns FROM deal"
        gone = {deal_id: row for deal_id, *row in before(query) if deal_id not in kept}
        for deal_id, (state, market, direction, held, opened_ns) in gone.items():
            self._must_be_young(deal_id, state, now_ns)
            orders = before("SELECT client_id, venue FROM orders WHERE deal_id = ?", deal_id)
            self.deals[deal_id] = Lost(market, direction, held, opened_ns, tuple(orders), seq)
        self._must_be_all(before, after, gone.keys())
        return frozenset(gone)

    def _must_be_young(self, deal_id: str, state: str, now_ns: int) -> None:
        ago_ns = now_ns - self._sent_ns.get(deal_id, now_ns)
        if state != "OPENING" or (ago_ns > DURABLE_NS and deal_id not in self._excused):
            raise Violation(f"{deal_id} ({state}) was sent {ago_ns // MS} ms before a power cut that took it")

    def _must_be_all(self, before: AllRows, after: AllRows, gone: Any) -> None:
        """Beside their own rows nothing is gone."""
        rows = {
            "orders": "SELECT client_id, deal_id, state FROM orders",
            "fills": "SELECT venue, fill_id, size FROM fill",
            "funding": "SELECT venue, payment_id, payment_uusd FROM funding",
            "the journal": "SELECT hash, deal_id, verb FROM journal",
            "halts": "SELECT market, who, level FROM halt",
        }
        for what, query in rows.items():
            more = sorted(set(before(query)) - set(after(query)), key=str)
            if odd := [row for row in more if row[1] not in gone or row[2] not in ("NEW", "reserve")]:
                raise Violation(f"a power cut took more from {what} than what was reserved just then: {odd[:3]}")

    # ---- afterwards -----------------------------------------------------------------------------------------------

    def counting(self, in_file: Callable[[str], bool], now_ns: int) -> list[Lost]:
        """What is lost and may still come to something."""
        return [lost for deal_id, lost in self.deals.items() if not in_file(deal_id) and self._may_fill(lost, now_ns)]

    def _may_fill(self, lost: Lost, now_ns: int) -> bool:
        for client_id, venue in lost.orders:
            known = self._engines[Venue(venue)].order_by_client_id(ACCOUNT, client_id)
            if known is None and now_ns - lost.opened_ns <= ARRIVES_NS and client_id in self._markets:
                return True
            if known is not None and (known.status in ("PENDING", "OPEN") or known.remaining < known.request.size):
                return True
        return False

    def of_order(self, client_id: str) -> Lost | None:
        """The lost deal of an order that has no row."""
        return next((lost for lost in self.deals.values() if client_id in dict(lost.orders)), None)
