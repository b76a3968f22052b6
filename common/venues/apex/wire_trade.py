"""ApeX's public trades, from REST and from the topic alike. Pure codecs."""

from decimal import Decimal
from typing import Any, Final

from common.core.market import Side, Venue
from common.core.trade import Trade
from common.venues.apex.wire import MS_NS, cross_name, reading, symbol_of

#: the most that one answer shows
PAGE_TRADES: Final = 500


def trades_topic(market: str) -> str:
    """The topic of public trades."""
    return f"recentlyTrade.H.{cross_name(symbol_of(market))}"


def read_trades(rows: Any, market: str, at_ns: int) -> tuple[Trade, ...]:
    """The trades of an answer, a snapshot or an update, oldest first."""
    with reading("trades"):
        told = [_trade(row, market, at_ns) for row in rows]
    return tuple(sorted(reversed(told), key=lambda trade: trade.venue_ns))


def _trade(row: dict[str, Any], market: str, at_ns: int) -> Trade:
    """Side in words of either case, as the venue has written both."""
    return Trade(
        venue=Venue.APEX,
        market=market,
        side=Side(row["S"].upper()),
        size=Decimal(row["v"]),
        price=Decimal(row["p"]),
        venue_ns=int(row["T"]) * MS_NS,
        at_ns=at_ns,
        trade_id=str(row["i"]),
        side_text=row["S"],
        time_text=str(row["T"]),
    )
