"""All that ApeX can still tell of our account since a moment: its fills, page by page, and the orders behind them.

A fill that was taken back (FAILED_…) comes with its reversal. Slow and thorough, for a reconciliation: never asked
while trading.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from common.core.account import ForcedFill, forced_fill
from common.core.errors import VenueError
from common.core.history import History, PastOrder
from common.core.market import Side, Venue
from common.core.order import Lifetime, Unknown
from common.venues.apex.rest import ApexRest
from common.venues.apex.wire import MS_NS, Data, market_of, reading
from common.venues.apex.wire_account import forced_by_venue, read_fills, read_report
from common.venues.apex.wire_order import TIME_IN_FORCE
from common.venues.numbers import moment_ns, positive, whole

FILLS_PATH: Final = "/api/v1/fills"
HISTORY_PATH: Final = "/api/v1/history-orders"
ORDER_PATH: Final = "/api/v1/get-order"
PAGE: Final = 100
PAGES_MAX: Final = 2_000
#: an order may have been sent so long before its first fill
ORDER_SLACK_NS: Final = 3_600_000_000_000
#: an unusable answer is asked for again so often, after such a pause: a history with holes is worth nothing
TRIES: Final = 12
PAUSE_S: Final = 2.5

_LIFETIMES: Final = {name: lifetime for lifetime, name in TIME_IN_FORCE.items()}
Row = dict[str, Any]


async def history(rest: ApexRest, since_ns: int) -> History:
    """All fills of the account since then, in every market, and their orders; VenueError when that cannot be had."""
    fills = await _rows(rest, FILLS_PATH, since_ns)
    listed = {_order_id(row): row for row in await _rows(rest, HISTORY_PATH, since_ns - ORDER_SLACK_NS)}
    rows: dict[str, Row] = {}
    for fill in fills:
        order_id = _filled_id(fill)
        if order_id and order_id not in rows:
            rows[order_id] = listed.get(order_id) or await _order(rest, order_id)
    is_forced = {id(fill): _is_forced(fill, rows) for fill in fills}
    forced = tuple(one for fill in fills if is_forced[id(fill)] for one in _forced(fill))
    orders = {order_id: read_past(row) for order_id, row in rows.items() if not forced_by_venue(row)}
    ours = [fill for fill in fills if not is_forced[id(fill)]]
    told = tuple(one for fill in ours for one in read_fills(fill, orders[_filled_id(fill)].report.client_id))
    return History(Venue.APEX, tuple(orders.values()), told, forced)


def _forced(fill: Row) -> list[ForcedFill]:
    with reading("fill"):
        market = market_of(fill["symbol"])
    return [forced_fill(market, one, one.venue_ns) for one in read_fills(fill, "")]


def _is_forced(fill: Row, orders: Mapping[str, Row]) -> bool:
    return not _filled_id(fill) or forced_by_venue(fill) or forced_by_venue(orders[_filled_id(fill)])


async def _rows(rest: ApexRest, path: str, since_ns: int) -> list[Row]:
    """Newest first, so that what comes in meanwhile pushes rows onto later pages and none off them."""
    found: dict[str, Row] = {}
    for number in range(PAGES_MAX):
        data = await _ask(rest, f"{path}?limit={PAGE}&page={number}")
        with reading(path):
            page = list(data["orders"])
            young = {str(row["id"]): row for row in page if whole(row["createdAt"]) * MS_NS >= since_ns}
        found |= young
        if len(page) < PAGE or len(young) < len(page):
            return list(found.values())
    raise VenueError(f"apex: more than {PAGES_MAX} pages of {path}")


async def _order(rest: ApexRest, order_id: str) -> Row:
    return dict(await _ask(rest, f"{ORDER_PATH}?id={order_id}"))


async def _ask(rest: ApexRest, path: str) -> Any:
    payload = await rest.get(path)
    for _ in range(TRIES - 1):
        if not isinstance(payload, Unknown):
            break
        await asyncio.sleep(PAUSE_S)
        payload = await rest.get(path)
    if isinstance(payload, Data):
        return payload.value
    raise VenueError(f"apex: {payload}")


def _order_id(row: Row) -> str:
    return str(row.get("id") or row["orderId"])


def _filled_id(fill: Row) -> str:
    return str(fill.get("orderId") or "")


def read_past(row: Row) -> PastOrder:
    """An order with all that it said. VenueError when malformed."""
    with reading("order"):
        return PastOrder(
            venue=Venue.APEX,
            market=market_of(row["symbol"]),
            side=Side(row["side"]),
            size=positive(row["size"]),
            limit=positive(row["price"]),
            lifetime=_lifetime(row),
            reduce_only=row.get("reduceOnly") in (True, "true", "True"),
            created_ns=moment_ns(whole(row["createdAt"]) * MS_NS),
            report=read_report(row),
        )


def _lifetime(row: Row) -> Lifetime | None:
    kind = row.get("type") or row.get("orderType")
    return _LIFETIMES.get(row["timeInForce"]) if kind == "LIMIT" else None
