"""What to do about an uneven deal, now: complete it, unwind it, wait, or call it stuck; or what a person chose. Pure.

Remembers only what this process heard and when; what it did stands in the deal's rows.
"""

from decimal import Decimal
from typing import TypeAlias

from common.core.completing import completing_order
from common.core.deal import Ask, Deal, DealState, Even, Rest
from common.core.evening import Reach, even_order, missing_leg
from common.core.events import Way, Wished
from common.core.ids import client_id, next_attempt
from common.core.market import Venue
from common.core.order import Order
from common.core.terms import SECOND_NS
from common.core.unwinding import Spent, Try, Wait, next_turn
from common.core.view import MarketView

#: an unwind waits so long for a book that may be believed; then it goes by the last one
FRESH_WAIT_NS = SECOND_NS

#: a venue whose book is wanted fresh first
Evening: TypeAlias = Order | Wait | Spent | Venue


class Evener:
    """Of one market; `wishes` are what persons chose, by deal."""

    def __init__(self, view: MarketView) -> None:
        self._view = view
        self.wishes: dict[str, Wished] = {}
        self._met: set[str] = set()
        #: when each uneven deal was found so, all its orders proven dead; None: before this process looked
        self._found_ns: dict[str, tuple[int, bool]] = {}

    def meet(self, deal: Deal, step: Ask | Even | Rest, at_ns: int) -> None:
        """Note when the last order of an uneven deal was proven dead."""
        if not isinstance(step, Even):
            self._found_ns.pop(deal.deal_id, None)
        elif deal.deal_id not in self._found_ns:
            self._found_ns[deal.deal_id] = (at_ns, deal.deal_id in self._met)
        self._met.add(deal.deal_id)

    def forget(self, deal_id: str) -> None:
        """The deal is finished and even."""
        self._met.discard(deal_id)
        self._found_ns.pop(deal_id, None)
        self.wishes.pop(deal_id, None)

    def chosen(self, deal: Deal) -> Way | None:
        """What a person chose for the deal since it is stuck; None when nobody did."""
        wish = self.wishes.get(deal.deal_id)
        return wish.way if wish and deal.state is DealState.STUCK and wish.since_ns >= deal.changed_ns else None

    def keeps(self, deal: Deal) -> bool:
        """A person wants the stuck deal left as it is."""
        return self.chosen(deal) is Way.KEEP

    def to_close(self, deal: Deal) -> bool:
        """A person wants the whole deal gone, whatever it costs."""
        wish = self.wishes.get(deal.deal_id)
        return wish is not None and wish.way is Way.CLOSE

    def evening(self, deal: Deal, step: Even, at_ns: int, *, held_there: Decimal, may_complete: bool) -> Evening:
        """The order that is due now, or what it waits for. `held_there`: see even_order."""
        if may_complete and self._in_time(deal, at_ns):
            order = completing_order(deal, step, self._view, self._made(deal, self._other(step), at_ns))
            if order is not None:
                return order
        turn = self._chosen_turn(deal, at_ns) or next_turn(deal, step, self._view.terms, at_ns)
        return self._unwind(deal, step, at_ns, turn, held_there) if isinstance(turn, Try) else turn

    def _in_time(self, deal: Deal, at_ns: int) -> bool:
        """This process heard the missing order die, a moment ago."""
        found_ns, heard = self._found_ns.get(deal.deal_id, (0, False))
        return heard and at_ns <= found_ns + self._view.terms.complete_within_ns

    def _chosen_turn(self, deal: Deal, at_ns: int) -> Try | Wait | None:
        """A person's word is carried out at once, then tried again slowly; keep means not at all."""
        if self.keeps(deal):
            return Wait()
        way = self.chosen(deal)
        if way is not None and self.wishes[deal.deal_id].since_ns > deal.orders[-1].created_ns:
            return Try(self._view.terms.unwind[-1].bps)
        return None

    def _unwind(self, deal: Deal, step: Even, at_ns: int, turn: Try, held_there: Decimal) -> Evening:
        way = self.chosen(deal)
        venue = self._other(step) if way is Way.COMPLETE else step.venue
        if self._awaits_book(deal, venue, at_ns):
            return venue
        book, made = self._view.books[venue], self._made(deal, venue, at_ns)
        if way is Way.COMPLETE:
            return missing_leg(deal, step, book, turn.bps, made) or Wait()
        reach = Reach(turn.bps) if way is Way.CLOSE else self._reach(turn.bps, venue, at_ns)
        return even_order(deal, step, book, reach, made, held_there=held_there) or venue

    def _awaits_book(self, deal: Deal, venue: Venue, at_ns: int) -> bool:
        """A book that must not be believed is asked for anew first; not for long, because an exit is never denied."""
        found_ns, _ = self._found_ns.get(deal.deal_id, (0, False))
        return bool(self._view.distrust(venue, at_ns)) and at_ns < found_ns + FRESH_WAIT_NS

    def _reach(self, bps: Decimal, venue: Venue, at_ns: int) -> Reach:
        """Inside the band around the index; without a fresh one the touch is all there is to go by."""
        index, band_bps = self._view.index_at(venue, at_ns), self._view.terms.index_band_bps
        return Reach(min(bps, band_bps)) if index is None else Reach(bps, index, band_bps)

    def _other(self, step: Even) -> Venue:
        return next(v for v in self._view.books if v is not step.venue)

    def _made(self, deal: Deal, venue: Venue, at_ns: int) -> tuple[str, int]:
        return client_id(deal.deal_id, venue, next_attempt(deal)), at_ns
