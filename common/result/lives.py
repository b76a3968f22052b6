"""Each deal's life on the line of time: reserved, hedged, ended; and what became of it. Pure.

Hedged is when the ledger called it OPEN for the first time. A deal that ended without that had a leg that missed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from common.core.deal import LIVE, Deal, DealState
from common.core.order import Purpose
from common.ledger.story import Moved


class Became(StrEnum):
    """What became of a reservation."""

    #: nothing was sent, or nothing filled
    VOID = "void"
    #: one leg filled alone, and it was evened
    MISSED = "missed"
    CLOSED = "closed"
    #: still live, hedged or on the way to it
    LIVE = "live"
    WRITTEN_OFF = "written off"


@dataclass(frozen=True, slots=True)
class Life:
    """One deal; `hedged_ns` and `ended_ns` None where that has not happened."""

    deal: Deal
    hedged_ns: int | None
    ended_ns: int | None

    @property
    def became(self) -> Became:
        """What became of it so far."""
        if self.deal.live:
            return Became.LIVE
        if self.deal.state is DealState.CLOSED:
            return Became.MISSED if self.hedged_ns is None else Became.CLOSED
        return Became.VOID if self.deal.state is DealState.VOID else Became.WRITTEN_OFF

    @property
    def was_sent(self) -> bool:
        """At least one of its opening orders left: it was neither too late nor refused on the way out."""
        opening = [order for order in self.deal.orders if order.purpose is Purpose.OPEN]
        return any(order.reason != "stale" for order in opening)

    def slot_ns(self, to_ns: int) -> int:
        """How long it took a place of the level."""
        return max(0, (to_ns if self.ended_ns is None else self.ended_ns) - self.deal.opened_ns)

    @property
    def held_ns(self) -> int | None:
        """From hedged to ended."""
        return None if self.hedged_ns is None or self.ended_ns is None else self.ended_ns - self.hedged_ns


def lives(deals: Iterable[Deal], moves: Iterable[Moved]) -> tuple[Life, ...]:
    """The deals with their times, in the order in which they were reserved."""
    hedged: dict[str, int] = {}
    ended: dict[str, int] = {}
    for moved in moves:
        if moved.to is DealState.OPEN:
            hedged.setdefault(moved.deal_id, moved.at_ns)
        if moved.to not in LIVE:
            ended[moved.deal_id] = moved.at_ns
    made = (Life(deal, hedged.get(deal.deal_id), ended.get(deal.deal_id)) for deal in deals)
    return tuple(sorted(made, key=lambda life: (life.deal.opened_ns, life.deal.deal_id)))
