"""What the original's description calls and does not show: prices of one market from both venues, through the SDKs.

`place_order_all.py` imports `calculate_spread` from ten modules of which two are shown, and unpacks twelve values where
those return ten; its first edition unpacks eight.
"""

from collections.abc import Awaitable, Callable

from apexpro.http_public import HttpPublic
from dydx3 import Client

FOURTH = 3
Values = tuple[str, ...]


def of(market: str, count: int) -> Callable[[], Awaitable[Values]]:
    """A `calculate_spread`: best ask and bid of ApeX and of dYdX, the four sizes, the prices three levels deeper."""

    async def calculate_spread() -> Values:
        apex = HttpPublic("https://pro.apex.exchange").depth(symbol=f"{market}USDC")["data"]
        dydx = Client(host="https://api.dydx.exchange").public.get_orderbook(market=f"{market}-USD").data
        sides = [[(one[0], one[1]) for one in apex[side]] for side in ("a", "b")]
        sides += [[(one["price"], one["size"]) for one in dydx[side]] for side in ("asks", "bids")]
        firsts, sizes = ([side[0][n] for side in sides] for n in (0, 1))
        return tuple(firsts + sizes + [side[FOURTH][0] for side in sides])[:count]

    return calculate_spread
