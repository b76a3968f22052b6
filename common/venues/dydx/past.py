"""All that dYdX can still tell of our account since a moment: its fills, page by page, and the orders behind them.

Finished orders cannot be listed at dYdX; each is asked for by the id that its fills carry. Slow and thorough, for a
reconciliation: never asked while trading.
"""

import asyncio
from typing import Any, Final

from common.core.account import ForcedFill, forced_fill
from common.core.errors import VenueError
from common.core.history import History, PastOrder
from common.core.market import Side, Venue
from common.core.order import Lifetime, Unknown
from common.venues.dydx.lookup import FILLS_PAGE
from common.venues.dydx.rest import FILLS_PATH, DydxRest
from common.venues.dydx.wire import MS_NS, Payload, data_of, iso, iso_ns, market_of, reading
from common.venues.dydx.wire_account import ORDERED_TYPES, fill_rows, read_fill, read_report
from common.venues.dydx.wire_order import LIFE_NS, ORDERS_PATH
from common.venues.numbers import moment_ns, positive

#: an unusable answer is asked for again so often, after such a pause: a history with holes is worth nothing
TRIES: Final = 12
PAUSE_S: Final = 2.5
PAGES_MAX: Final = 2_000

Row = dict[str, Any]


async def history(rest: DydxRest, since_ns: int) -> History:
    """All fills of the account since then, in every market, and their orders; VenueError when that cannot be had."""
    rows = await _rows(rest, since_ns)
    ours = {row["orderId"]: row for row in rows if not _is_forced(row)}
    orders = {order_id: read_past(await _order(rest, order_id)) for order_id in ours}
    fills = [read_fill(r, orders[r["orderId"]].report.client_id) for r in rows if not _is_forced(r)]
    forced = [_forced(row) for row in rows if _is_forced(row)]
    return History(Venue.DYDX, tuple(orders.values()), tuple(fills), tuple(forced))


async def _rows(rest: DydxRest, since_ns: int) -> list[Row]:
    """Pages overlap by a millisecond, as several fills may share one; the same row twice is one row."""
    found: dict[str, Row] = {}
    before = ""
    for _ in range(PAGES_MAX):
        page = fill_rows(data_of(await _ask(rest, f"{FILLS_PATH}?limit={FILLS_PAGE}{before}")))
        with reading("fills"):
            new = {row["id"]: row for row in page if row["id"] not in found and iso_ns(row["createdAt"]) >= since_ns}
            oldest_ns = min((iso_ns(row["createdAt"]) for row in page), default=0)
        found |= new
        if len(page) < FILLS_PAGE or oldest_ns < since_ns:
            return list(found.values())
        if not new:
            raise VenueError(f"dydx: more than {FILLS_PAGE} fills in one millisecond at {iso(oldest_ns)}")
        before = f"&createdBeforeOrAt={iso(oldest_ns + MS_NS)}"
    raise VenueError(f"dydx: more than {PAGES_MAX} pages of fills")


async def _order(rest: DydxRest, order_id: str) -> Row:
    answer = data_of(await _ask(rest, f"{ORDERS_PATH}/{order_id}"))
    with reading("order"):
        return dict(answer["order"])


async def _ask(rest: DydxRest, path: str) -> Payload:
    for _ in range(TRIES - 1):
        payload = await rest.get(path)
        if not isinstance(payload, Unknown):
            return payload
        await asyncio.sleep(PAUSE_S)
    return await rest.get(path)


def read_past(raw: Row) -> PastOrder:
    """An order with all that it said; made by our clock when its expiration says so. VenueError when malformed."""
    with reading("order"):
        return PastOrder(
            venue=Venue.DYDX,
            market=market_of(raw["market"]),
            side=Side(raw["side"]),
            size=positive(raw["size"]),
            limit=positive(raw["price"]),
            lifetime=_lifetime(raw),
            reduce_only=bool(raw.get("reduceOnly")),
            created_ns=_created_ns(raw),
            report=read_report(raw),
        )


def _lifetime(raw: Row) -> Lifetime | None:
    kind = raw["timeInForce"]
    return Lifetime(kind) if raw["type"] == "LIMIT" and kind in set(Lifetime) else None


def _created_ns(raw: Row) -> int:
    """Orders of ours expire LIFE_NS after their row was made; another order's own time is when the venue took it in."""
    taken_ns = moment_ns(iso_ns(raw["createdAt"]))
    if not raw.get("expiresAt"):
        return taken_ns
    made_ns = iso_ns(raw["expiresAt"]) - LIFE_NS
    return made_ns if abs(made_ns - taken_ns) <= LIFE_NS else taken_ns


def _is_forced(row: Row) -> bool:
    return not row.get("orderId") or row.get("type") not in ORDERED_TYPES


def _forced(row: Row) -> ForcedFill:
    fill = read_fill(row, "")
    with reading("fill"):
        return forced_fill(market_of(row["market"]), fill, fill.venue_ns)
