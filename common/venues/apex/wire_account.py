"""ApeX private messages: orders, fills, positions, and the account stream's contents. Pure codecs with one memory.

The memory is `OrderNames`: fills name an order by the venue's id, often only by that, and our id for it is learnt from
answers and pushes. A fill that cannot be named is never guessed at: it becomes a ForcedFill when the venue flags it or
its order so, else a hint that the account changed.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from common.core.account import forced_fill, taken_back
from common.core.errors import VenueError
from common.core.events import Filled, Reported
from common.core.market import Side, Venue
from common.core.money import ZERO, uusd_down, uusd_up
from common.core.order import Fill, Report
from common.venues.apex.wire import MS_NS, SETTLE, market_of, reading
from common.venues.base import AccountChanged, AccountEvent, ForcedFill, FundingPaid, PastFill, Position
from common.venues.numbers import fee_of, moment_ns, money, not_negative, number, positive, share, whole, word

ACCOUNT_TOPIC: Final = "ws_accounts_v1"
#: orders remembered by the venue's id; the fleet has a few in flight, and REST answers for the rest
NAMES_KEPT: Final = 4096
_FINAL: Final = frozenset({"FILLED", "CANCELED", "EXPIRED"})
_ACCOUNT_KEYS: Final = ("positions", "wallets", "accounts")


class OrderNames:
    """Venue order id → our client id, bounded: the oldest is forgotten first."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def learn(self, order_id: str, client_id: str) -> None:
        """Remember that the venue calls our order `client_id` by `order_id`; VenueError when it was another's."""
        if self._names.get(order_id, client_id) != client_id:
            raise VenueError(f"apex calls two orders by {order_id}: {self._names[order_id]} and {client_id}")
        self._names.pop(order_id, None)
        self._names[order_id] = client_id
        if len(self._names) > NAMES_KEPT:
            del self._names[next(iter(self._names))]

    def of(self, order_id: str) -> str | None:
        """Our client id, None when it was never heard or is forgotten."""
        return self._names.get(order_id)


def read_report(row: Mapping[str, Any]) -> Report:
    """An order object, from REST or the stream, as a cumulative report. VenueError when malformed."""
    with reading("order"):
        filled, final = _progress(row)
        return Report(
            client_id=_client_id(row),
            venue_order_id=word(str(row.get("id") or row["orderId"])),
            filled_size=filled,
            final=final,
            reason=_reason(row),
        )


def _client_id(row: Mapping[str, Any]) -> str:
    return str(row.get("clientOrderId") or row.get("clientId") or "")


def _progress(row: Mapping[str, Any]) -> tuple[Decimal, bool]:
    """Filled size and whether it is the last word.

    Matched comes before settled on the chain, so the larger counts. Pushes may leave the matched size out: then an
    end other than FILLED is believed only if what remains and what is settled add up, and is else left to a look-up.
    """
    size, status = number(row["size"]), word(row["status"])
    settled = number(row.get("cumSuccessFillSize") or 0)
    matched = row.get("cumMatchFillSize")
    filled = max(settled, number(matched or 0))
    if not (size > 0 and 0 <= filled <= size):
        raise ValueError(f"filled {filled} of {size}")
    if status == "FILLED":
        return size, True
    if status not in _FINAL:
        return filled, False
    return filled, matched is not None or number(row.get("remainingSize") or 0) + settled == size


def _reason(row: Mapping[str, Any]) -> str:
    reason = str(row.get("cancelReason") or "")
    return "" if reason.startswith("UNKNOWN") else reason


def open_orders(data: Any) -> tuple[tuple[str, str], ...]:
    """(client id, market) of each entry of /v1/open-orders, whose list is the data itself."""
    with reading("open orders"):
        if not isinstance(data, list):
            raise ValueError("not a list")
        return tuple((_client_id(row), market_of(row["symbol"])) for row in data)


def failed(row: Mapping[str, Any]) -> bool:
    """The venue took this fill back (FAILED_…): it was matched, but not let onto the chain."""
    return str(row.get("status") or "").startswith("FAILED")


def read_fill(row: Mapping[str, Any], client_id: str) -> Fill:
    """A fill of the order `client_id`. VenueError when malformed."""
    with reading("fill"):
        price, size = positive(row["price"]), positive(row["size"])
        return Fill(
            venue=Venue.APEX,
            fill_id=word(str(row["id"])),
            client_id=client_id,
            side=Side(row["side"]),
            price=price,
            size=size,
            fee_uusd=uusd_up(fee_of(row["fee"], price * size)),
            venue_ns=moment_ns(whole(row["createdAt"]) * MS_NS),
        )


def order_fills(data: Any, client_id: str, order_id: str) -> tuple[Fill, ...]:
    """The fills of one order in an answer of /v1/fills, whatever else the venue put into it."""
    with reading("fills"):
        rows = [row for row in fill_rows(data) if str(row["orderId"]) == order_id]
    return tuple(fill for row in rows for fill in read_fills(row, client_id))


def fill_rows(data: Any) -> list[dict[str, Any]]:
    """The entries of /v1/fills, newest first; the venue calls them orders."""
    with reading("fills"):
        return list(data["orders"])


def read_fills(row: Mapping[str, Any], client_id: str) -> tuple[Fill, ...]:
    """What a fill's row says: the fill, and its reversal once it was taken back."""
    fill = read_fill(row, client_id)
    return taken_back(fill) if failed(row) else (fill,)


def past_fills(row: Mapping[str, Any]) -> tuple[PastFill, ...]:
    """One entry of /v1/fills as history. VenueError when malformed."""
    with reading("fill"):
        market, order_id = market_of(row["symbol"]), str(row.get("orderId") or "")
        named = None if forced_by_venue(row) or not order_id else order_id
    return tuple(PastFill(market, named, fill) for fill in read_fills(row, _client_id(row)))


def open_positions(data: Any, marks: Mapping[str, Decimal]) -> tuple[Position, ...]:
    """The open positions of /v1/account, sizes signed, with their marks (by symbol). VenueError when malformed."""
    with reading("positions"):
        return tuple(
            Position(market_of(row["symbol"]), _signed(row), not_negative(row["entryPrice"]), marks[row["symbol"]])
            for row in position_rows(data)
        )


def pending_out(data: Any) -> Decimal:
    """USDC in /v1/account that is on its way out: the official client takes it off the balance. VenueError if odd."""
    with reading("wallets"):
        rows = [row for row in data.get("wallets") or [] if (row.get("asset") or row.get("token")) == SETTLE]
        keys = ("pendingWithdrawAmount", "pendingTransferOutAmount")
        return sum((not_negative(row.get(key) or "0") for row in rows for key in keys), ZERO)


def own_margins(data: Any) -> dict[str, Decimal]:
    """By symbol, the initial margin rates that the account has set for itself; 0 means the listing's."""
    with reading("margin rates"):
        rows = data.get("openPositions") or []
        rates = {row["symbol"]: share(row.get("customInitialMarginRate") or "0") for row in rows}
        return {symbol: rate for symbol, rate in rates.items() if rate}


def position_rows(data: Any) -> list[dict[str, Any]]:
    """The rows of /v1/account whose size is not 0; the venue lists empty ones too."""
    with reading("positions"):
        return [row for row in data.get("openPositions") or [] if number(row["size"])]


def _signed(row: Mapping[str, Any]) -> Decimal:
    size = abs(number(row["size"]))
    return size if {"LONG": True, "SHORT": False}[row["side"]] else -size


def account_events(contents: Any, names: OrderNames, at_ns: int) -> list[AccountEvent]:
    """All that one push says, fills before reports; VenueError when malformed."""
    with reading("account push"):
        orders = {str(row.get("id") or row["orderId"]): row for row in contents.get("orders") or []}
        fills, funding = contents.get("fills") or [], contents.get("fundingValues") or []
        changed = any(contents.get(key) for key in _ACCOUNT_KEYS)
    reports = _reports(orders, names)
    heard = [_fill_events(row, orders, names, at_ns) for row in fills]
    events: list[AccountEvent] = [event for told in heard for event in told]
    events += [Reported(report, at_ns) for report in reports]
    events += [read_funding(row) for row in funding]
    if changed or () in heard:
        events.append(AccountChanged(Venue.APEX, at_ns))
    return events


def _reports(orders: Mapping[str, Mapping[str, Any]], names: OrderNames) -> list[Report]:
    """The orders that carry a client id and that the venue did not make up itself; their names are learnt."""
    reports = [read_report(row) for row in orders.values() if not forced_by_venue(row)]
    named = [report for report in reports if report.client_id]
    for report in named:
        names.learn(report.venue_order_id, report.client_id)
    return named


def forced_by_venue(order: Mapping[str, Any]) -> bool:
    """Flagged so on an order or, where the venue names no order, on the fill itself."""
    return bool(order.get("isLiquidate") or order.get("isDeleverage"))


def _fill_events(
    row: Mapping[str, Any], orders: Mapping[str, Mapping[str, Any]], names: OrderNames, at_ns: int
) -> tuple[Filled, ...] | tuple[ForcedFill, ...]:
    """The fill, and its reversal if it was taken back; none when it cannot be named: the account has to be asked."""
    with reading("fill"):
        order_id = str(row["orderId"])
        forced = forced_by_venue(row) or forced_by_venue(orders.get(order_id, {}))
        market = market_of(row["symbol"]) if forced else ""
    if forced:
        return tuple(forced_fill(market, fill, at_ns) for fill in read_fills(row, ""))
    client_id = names.of(order_id) or _client_id(row)
    return tuple(Filled(fill, at_ns) for fill in read_fills(row, client_id)) if client_id else ()


def funding_payments(data: Any) -> tuple[FundingPaid, ...]:
    """The answer of /v1/funding. VenueError when malformed."""
    with reading("funding"):
        rows = list(data["fundingValues"])
    return tuple(read_funding(row) for row in rows)


def read_funding(row: Mapping[str, Any]) -> FundingPaid:
    """One funding payment. That a positive value is one received is to be verified live."""
    with reading("funding"):
        return FundingPaid(
            venue=Venue.APEX,
            payment_id=word(str(row["id"])),
            market=market_of(row["symbol"]),
            payment_uusd=uusd_down(money(row["fundingValue"])),
            venue_ns=moment_ns(whole(row["fundingTime"]) * MS_NS),
        )
