"""The newest deal of a market, which a power cut took from the file, found again in what both venues tell. Pure.

Its orders went out before it was made durable. Their ids are predictable: what carries a name of ours for this market,
and is not in the file, is it. An order that filled nothing need not be known: it is over, and its id is not used again.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from common.core.history import History
from common.core.ids import order_name
from common.core.rebuilding import Before, Retold, retell
from common.core.terms import SECOND_NS

#: so long after the machine is up again no order can be taken in any more that was sent before (20 s at dYdX, 35 s at
#: ApeX), and what it filled can be seen
OVER_AFTER_NS = 45 * SECOND_NS
#: what the venues tell is heard from so long before the file's last word: our clock and theirs are not the same
SLACK_NS = 300 * SECOND_NS


def forgotten(before: Before, histories: Iterable[History], knows: Callable[[str], bool]) -> Retold:
    """The deal to be written down as new, if there is one; while something is strange, nothing may be concluded."""
    return retell(replace(before, deals=()), [_unknown(history, before.market, knows) for history in histories])


def _unknown(history: History, market: str, knows: Callable[[str], bool]) -> History:
    """Of what a venue tells, orders under our names that the file does not have. Forced fills are told another way."""
    orders = tuple(o for o in history.orders if _is_ours(o.report.client_id, market) and not knows(o.report.client_id))
    names = {order.report.client_id for order in orders}
    return History(history.venue, orders, tuple(f for f in history.fills if f.client_id in names))


def _is_ours(client_id: str, market: str) -> bool:
    name = order_name(client_id)
    return name is not None and name.market == market
