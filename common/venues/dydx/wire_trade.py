"""dYdX's public trades, from REST and from the channel alike. Pure codecs.

The venue gives a trade no id: two trades of the same side, size, price and millisecond look the same and are two.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import orjson

from common.core.market import Side, Venue
from common.core.trade import Trade
from common.venues.dydx.wire import iso_ns, reading

TRADES: Final = "v3_trades"
#: the most that one answer or snapshot shows
PAGE_TRADES: Final = 100


def subscribe_trades(name: str) -> str:
    """Ask for the trades of one instrument."""
    return orjson.dumps({"type": "subscribe", "channel": TRADES, "id": name}).decode()


def read_trades(contents: Any, market: str, at_ns: int) -> tuple[Trade, ...]:
    """The trades of an answer, a snapshot or an update (a list of them: a batch), oldest first."""
    with reading("trades"):
        several = contents if isinstance(contents, list) else [contents]
        told = [trade for one in several for trade in reversed(list(_trades(one, market, at_ns)))]
    return tuple(sorted(told, key=lambda trade: trade.venue_ns))


def _trades(contents: dict[str, Any], market: str, at_ns: int) -> Iterator[Trade]:
    for row in contents["trades"]:
        yield Trade(
            venue=Venue.DYDX,
            market=market,
            side=Side(row["side"]),
            size=Decimal(row["size"]),
            price=Decimal(row["price"]),
            venue_ns=iso_ns(row["createdAt"]),
            at_ns=at_ns,
            liquidation=bool(row.get("liquidation", False)),
            side_text=row["side"],
            time_text=row["createdAt"],
        )
