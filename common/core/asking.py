"""When to ask a venue for an order whose fate is not known: soon, then less and less often, never not at all."""

from common.core.deal import Ask, Deal
from common.core.order import Order, OrderState

#: an order that was just sent is first left to its answer and to the account stream
FIRST_WAIT_NS = 1_500_000_000
RETRY_NS = 500_000_000
RETRY_MAX_NS = 5_000_000_000


class Asking:
    """Keeps, per order, when it may be asked next. Pure: time comes in with every call."""

    def __init__(self) -> None:
        self._due: dict[str, tuple[int, int]] = {}
        #: ended by the venue's word, but not all of its fills have come
        self._ended: set[str] = set()

    def sent(self, client_id: str, at_ns: int) -> None:
        """The order went out now: its answer is on the way."""
        self._due[client_id] = (at_ns + FIRST_WAIT_NS, RETRY_NS)

    def hurry(self, client_id: str, at_ns: int) -> None:
        """The answer was no answer: ask at once."""
        self._due[client_id] = (at_ns, RETRY_NS)

    def due(self, step: Ask, at_ns: int) -> tuple[Order, ...]:
        """The orders of `step` to ask for now; each is put off for a while, doubling up to RETRY_MAX_NS."""
        asked = tuple(o for o in step.orders if self._due.get(o.client_id, (0, 0))[0] <= at_ns)
        for order in asked:
            wait = self._due.get(order.client_id, (0, RETRY_NS))[1]
            self._due[order.client_id] = (at_ns + wait, min(wait * 2, RETRY_MAX_NS))
        return asked

    def changed(self, deal: Deal, at_ns: int) -> None:
        """Drop what is accounted for; what ended without all its fills is asked for at once, then like any other."""
        unfinished = {order.client_id for order in deal.unfinished}
        for order in deal.orders:
            name = order.client_id
            if name not in unfinished:
                self._due.pop(name, None)
                self._ended.discard(name)
            elif order.state is OrderState.DONE and name not in self._ended:
                self._ended.add(name)
                self.hurry(name, at_ns)
