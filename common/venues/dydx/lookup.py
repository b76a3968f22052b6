"""What became of one order of ours, asked by its client id; proof of absence included.

dYdX answers for client ids of the last hour only, and a "not found" may come too early (the order is on its way) or
too late (it was forgotten). Too early is told by the venue's own clock, read before the order is asked for. Too late
is told by age, and then the fills of that time are searched: an order without any never took part.
"""

from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from common.core.account import PastFill
from common.core.errors import VenueError
from common.core.money import ZERO
from common.core.order import Absent, Fill, Finding, Found, Order, Report, Unknown
from common.venues.dydx.rest import FILLS_PATH, DydxRest
from common.venues.dydx.wire import (
    NOT_FOUND_TEXT,
    SECOND_NS,
    Data,
    Payload,
    Refusal,
    data_of,
    iso,
    iso_ns,
    name_of,
    reading,
)
from common.venues.dydx.wire_account import fill_rows, past_fill, read_fill, read_report
from common.venues.dydx.wire_order import ORDERS_PATH, death_ns, expires_ns

#: a look-up by client id is believed for so long after the order was made; the venue forgets after about an hour
REACH_NS: Final = 50 * 60 * SECOND_NS
#: fills are searched from so long before an order's row was made to so long after its expiration
MS_NS: Final = 1_000_000
SEARCH_SLACK_NS: Final = 60 * SECOND_NS
FILLS_PAGE: Final = 100
FILLS_PAGES_MAX: Final = 5
HISTORY_PAGES_MAX: Final = 50
#: orders of that time that are looked at one by one; more than this and nothing is said
CANDIDATES_MAX: Final = 20


async def look_up(rest: DydxRest, order: Order) -> Finding:
    """Report and fills of `order`, Absent, or Unknown for any trouble."""
    try:
        return await _look_up(rest, order)
    except VenueError as error:
        return Unknown(str(error))


async def _look_up(rest: DydxRest, order: Order) -> Finding:
    venue_ns = await _time_after_death(rest, order)
    payload = await _ask(rest, f"{ORDERS_PATH}/client/{quote(order.client_id, safe='')}")
    if not _is_not_found(payload):
        return await _found(rest, order, payload)
    if order.venue_order_id is not None:
        # The venue once took it in: it is not absent, only out of sight under this id.
        return await _found(rest, order, await _ask(rest, f"{ORDERS_PATH}/{order.venue_order_id}"))
    if venue_ns is None:
        return Absent(proven=False)
    if venue_ns - order.created_ns <= REACH_NS:
        return Absent(proven=True)
    return await _search(rest, order)


async def _time_after_death(rest: DydxRest, order: Order) -> int | None:
    """The venue's time, if by its own word it is past the order's death; None otherwise."""
    if rest.venue_now_ns <= death_ns(order):
        return None
    venue_ns = await rest.read_clock(about_order=True)
    return venue_ns if venue_ns > death_ns(order) else None


async def _ask(rest: DydxRest, path: str) -> Payload:
    return await rest.get(path, about_order=True)


def _is_not_found(payload: Payload) -> bool:
    return isinstance(payload, Refusal) and payload.text.startswith(NOT_FOUND_TEXT)


async def _found(rest: DydxRest, order: Order, payload: Payload) -> Finding:
    """The order with its fills; Unknown when the answer is none or is about another order."""
    if not isinstance(payload, Data):
        return payload if isinstance(payload, Unknown) else Unknown(str(payload))
    report = _report(payload)
    if report.client_id != order.client_id:
        return Unknown(f"answered for {report.client_id!r}")
    return Found(report, await _fills(rest, order, report))


def _report(payload: Data) -> Report:
    with reading("order"):
        raw = payload.value["order"]
    return read_report(raw)


async def _fills(rest: DydxRest, order: Order, report: Report) -> tuple[Fill, ...]:
    """Fills of one order, page by page until they add up to what was reported."""
    if not report.filled_size:
        return ()
    fills: dict[str, Fill] = {}
    before = ""
    for _ in range(FILLS_PAGES_MAX):
        rows = await _fill_page(rest, f"orderId={report.venue_order_id}{before}")
        new = [read_fill(row, order.client_id) for row in rows if row.get("orderId") == report.venue_order_id]
        fills |= {fill.fill_id: fill for fill in new}
        if len(rows) < FILLS_PAGE or _sum(fills) >= report.filled_size:
            break
        before = f"&createdBeforeOrAt={_oldest(rows)}"
    return tuple(fills.values())


async def _fill_page(rest: DydxRest, query: str) -> list[dict[str, Any]]:
    return fill_rows(data_of(await _ask(rest, f"{FILLS_PATH}?{query}&limit={FILLS_PAGE}")))


def _sum(fills: dict[str, Fill]) -> Decimal:
    return sum((fill.size for fill in fills.values()), ZERO)


def _oldest(rows: list[dict[str, Any]]) -> str:
    """Where the next page begins: times are told in whole milliseconds, so that all of the last one is asked again."""
    with reading("fills"):
        return iso(iso_ns(rows[-1]["createdAt"]) + MS_NS)


async def _search(rest: DydxRest, order: Order) -> Finding:
    """An order too old to be asked for by client id: the orders behind the fills of its time, one by one."""
    candidates = await _orders_filled_then(rest, order)
    if candidates is None or len(candidates) > CANDIDATES_MAX:
        return Unknown("too many fills to search")
    for order_id in candidates:
        payload = await _ask(rest, f"{ORDERS_PATH}/{order_id}")
        if not isinstance(payload, Data):
            return Unknown(f"order {order_id} had fills then, and cannot be read: {payload}")
        if _report(payload).client_id == order.client_id:
            return await _found(rest, order, payload)
    return Absent(proven=True)


async def _orders_filled_then(rest: DydxRest, order: Order) -> list[str] | None:
    """Ids of the orders with fills in this market while `order` could live; None when there are too many fills."""
    begin_ns, until = order.created_ns - SEARCH_SLACK_NS, iso(expires_ns(order) + SEARCH_SLACK_NS)
    found: dict[str, None] = {}
    for _ in range(FILLS_PAGES_MAX):
        rows = await _fill_page(rest, f"market={name_of(order.market)}&createdBeforeOrAt={until}")
        with reading("fills"):
            then = [row for row in rows if iso_ns(row["createdAt"]) >= begin_ns]
        found |= {row["orderId"]: None for row in then if row.get("orderId")}
        if len(then) < FILLS_PAGE:
            return list(found)
        until = _oldest(rows)
    return None


async def fills_since(rest: DydxRest, market: str, since_ns: int) -> tuple[PastFill, ...]:
    """All fills of our account in `market` matched since then, oldest first.

    Pages overlap in their last moment, as several fills may share it. VenueError when they do not end.
    """
    found: dict[str, PastFill] = {}
    until = ""
    for _ in range(HISTORY_PAGES_MAX):
        rows = await _fill_page(rest, f"market={name_of(market)}{until}")
        read = [past_fill(row) for row in rows]
        found |= {past.fill.fill_id: past for past in read if past.fill.venue_ns >= since_ns}
        if len(rows) < FILLS_PAGE or read[-1].fill.venue_ns < since_ns:
            return tuple(sorted(reversed(found.values()), key=lambda past: past.fill.venue_ns))
        until = f"&createdBeforeOrAt={_oldest(rows)}"
    raise VenueError(f"dydx: more than {HISTORY_PAGES_MAX * FILLS_PAGE} fills of {market} since then")
