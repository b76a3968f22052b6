"""What workers and warden tell each other while the fleet shrinks: what closing costs, and whose turn it is.

Telemetry: not journalled, not synced, lost without harm. It orders exits among each other and never forbids one for
long: a turn that is not renewed says nothing any more.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from common.core.closing import Offer
from common.core.events import HaltLevel, Turn
from common.core.money import uusd_up
from common.ledger import limits, rows
from common.ledger.shapes import Halt
from common.ledger.store import Store

#: an older turn says nothing: who gives turns is gone
TURN_MAX_NS: Final = 10 * 1_000_000_000
#: within this after `reduce` was ordered the first turn is given, if somebody gives turns
FIRST_TURN_NS: Final = 6 * 1_000_000_000
#: somebody gives turns, and for now it is nobody's
NOBODY: Final = Turn("", whatever=False)


@dataclass(frozen=True, slots=True)
class Offered:
    """What closing one OPEN deal would have cost at `at_ns`; `acceptable` by the worker's own floor."""

    deal_id: str
    market: str
    cost_uusd: int
    notional_uusd: int
    acceptable: bool
    at_ns: int

    def rank(self) -> tuple[Decimal, str]:
        """Cheapest first: cost for each dollar of position that it takes away."""
        return Decimal(self.cost_uusd) / max(self.notional_uusd, 1), self.deal_id


@dataclass(frozen=True, slots=True)
class Reduction:
    """The markets that have to shrink, what their open deals' closing costs, and whether something in them moves."""

    markets: frozenset[str]
    offers: tuple[Offered, ...]
    moving: bool
    halts: dict[str, Halt]


class Shrinking:
    """This part of the ledger, through one process's connection."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def offer(self, market: str, offers: tuple[Offer, ...], at_ns: int) -> None:
        """Put these in place of what was offered for the market before."""
        with self._store.transaction(durable=False) as connection:
            connection.execute("DELETE FROM offer WHERE market = ?", (market,))
            connection.executemany(
                "INSERT INTO offer (deal_id, market, cost_uusd, notional_uusd, acceptable, at_ns) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [(o.deal_id, market, uusd_up(o.cost), uusd_up(o.notional), int(o.acceptable), at_ns) for o in offers],
            )

    def name(self, turn: Turn, at_ns: int) -> None:
        """Say whose turn it is, or renew it."""
        with self._store.transaction(durable=False) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO turn (id, deal_id, whatever, at_ns) VALUES (1, ?, ?, ?)",
                (turn.deal_id, int(turn.whatever), at_ns),
            )

    def turn(self, market: str, now_ns: int) -> Turn | None:
        """Whose turn it is; None when nobody gives turns: then each closes what it finds acceptable.

        Who gives turns needs a moment to hear what everybody's closing costs: until then it is nobody's.
        """
        with self._store.reading() as connection:
            row = connection.execute("SELECT deal_id, whatever, at_ns FROM turn").fetchone()
            query = "SELECT MAX(at_ns) FROM halt WHERE level = 'reduce' AND market IN (?, '*')"
            (ordered_ns,) = connection.execute(query, (market,)).fetchone()
        if row is not None and abs(now_ns - row[2]) <= TURN_MAX_NS:
            return Turn(row[0], whatever=bool(row[1]))
        return NOBODY if ordered_ns is not None and now_ns - ordered_ns <= FIRST_TURN_NS else None

    def reduction(self) -> Reduction:
        """One consistent look at all of it."""
        with self._store.reading() as connection:
            live = rows.get_live(connection, None) if limits.any_halt(connection, HaltLevel.REDUCE) else ()
            names = {deal.market for deal in live}
            markets = {m for m in names if limits.strictest_halt(connection, m) is HaltLevel.REDUCE}
            halts = limits.halts(connection)
            found = connection.execute(
                "SELECT deal_id, o.market, cost_uusd, notional_uusd, acceptable, at_ns FROM offer AS o "
                "JOIN deal AS d USING (deal_id) WHERE d.state = 'OPEN' ORDER BY deal_id"
            )
            offers = tuple(_offered(row) for row in found if row[1] in markets)
        moving = any(d.state in ("OPENING", "CLOSING") or d.unfinished for d in live if d.market in markets)
        return Reduction(frozenset(markets), offers, moving, halts)


def _offered(row: tuple[Any, ...]) -> Offered:
    deal_id, market, cost_uusd, notional_uusd, acceptable, at_ns = row
    return Offered(deal_id, market, cost_uusd, notional_uusd, bool(acceptable), at_ns)
