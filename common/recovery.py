"""What a process hears first in a market, always: the deals that are not finished, what persons chose for them, dust.

A first start is the same walk over an empty list.
"""

from common.core.events import DealChanged, DustLeft, Event
from common.core.market import Instrument, Venue
from common.ledger.ledger import Ledger


def recovery(ledger: Ledger, market: str, instruments: dict[Venue, Instrument], at_ns: int) -> list[Event]:
    """From the ledger alone, in the order in which it is to be heard."""
    deals = ledger.unfinished_deals(market, min(i.min_size for i in instruments.values()))
    left = ledger.dust(market)
    for deal in deals:
        if not deal.live:
            left = {venue: size - deal.position(venue) for venue, size in left.items()}
    heard: list[Event] = [DustLeft(left, at_ns), *ledger.wishes(market, at_ns)]
    return [*heard, *(DealChanged(deal, at_ns) for deal in deals)]
