"""dYdX's account messages into values: orders, fills, positions, funding, from REST and from v3_accounts. Pure.

Fees are micro-USD, positive when we pay. A fill whose order the venue does not name, or that it calls a liquidation,
is a forced one.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from common.core.account import AccountFacts, ForcedFill, FundingPaid, PastFill, Position, forced_fill
from common.core.errors import ConfigError
from common.core.events import Filled, Reported
from common.core.market import Side, Venue
from common.core.money import ZERO, uusd_down, uusd_up
from common.core.order import Fill, Report
from common.venues.base import AccountChanged, AccountEvent
from common.venues.dydx.wire import iso_ns, market_of, reading
from common.venues.numbers import fee_of, moment_ns, money, not_negative, number, positive, share, whole, word

FINAL_STATUSES: Final = frozenset({"FILLED", "CANCELED"})
#: types of fills that follow from an order of somebody's; any other (LIQUIDATED, LIQUIDATION, DELEVERAGED …) is forced
ORDERED_TYPES: Final = frozenset({"LIMIT", "MARKET", "STOP_LIMIT", "TRAILING_STOP", "TAKE_PROFIT"})


def read_report(raw: dict[str, Any]) -> Report:
    """An order of REST or stream; VenueError when malformed."""
    with reading("order"):
        size, remaining = positive(raw["size"]), not_negative(raw["remainingSize"])
        if remaining > size:
            raise ValueError(f"{remaining} remains of {size}")
        return Report(
            client_id=word(raw["clientId"]) if raw["clientId"] else "",
            venue_order_id=word(raw["id"]),
            filled_size=size - remaining,
            final=word(raw["status"]) in FINAL_STATUSES,
            reason=str(raw.get("cancelReason") or ""),
        )


def read_fill(raw: dict[str, Any], client_id: str) -> Fill:
    """A fill of the order with our `client_id`; VenueError when malformed."""
    with reading("fill"):
        price, size = _unpadded(raw["price"]), _unpadded(raw["size"])
        return Fill(
            venue=Venue.DYDX,
            fill_id=word(raw["id"]),
            client_id=client_id,
            side=Side(raw["side"]),
            price=price,
            size=size,
            fee_uusd=uusd_up(fee_of(raw["fee"], price * size)),
            venue_ns=moment_ns(iso_ns(raw["createdAt"])),
        )


def _unpadded(text: str) -> Decimal:
    """REST says 37001, the stream 37001.000000: one fill must not have two texts in the ledger."""
    positive(text)
    return Decimal(text.rstrip("0").rstrip(".") if "." in text and "e" not in text.lower() else text)


def open_orders(data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """(client id, market) of each entry of GET /v3/orders, which lists only orders that are alive."""
    with reading("orders"):
        return tuple((str(raw.get("clientId") or ""), market_of(raw["market"])) for raw in data["orders"])


def fill_rows(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries of GET /v3/fills, newest first."""
    with reading("fills"):
        return list(data["fills"])


def past_fill(raw: dict[str, Any]) -> PastFill:
    """One entry of GET /v3/fills as history; the venue names its order, not our id for it."""
    fill = read_fill(raw, "")
    with reading("fill"):
        named = word(raw["orderId"]) if raw.get("orderId") and word(raw["type"]) in ORDERED_TYPES else None
        return PastFill(market_of(raw["market"]), named, fill)


def read_funding(raw: dict[str, Any]) -> FundingPaid:
    """A funding payment; the venue numbers none, and pays once an hour and market: that is its id."""
    with reading("funding payment"):
        at_ns, name = moment_ns(iso_ns(raw["effectiveAt"])), word(raw["market"])
        payment = uusd_down(money(raw["payment"]))
        return FundingPaid(Venue.DYDX, f"{name}@{at_ns}", market_of(name), payment, at_ns)


def read_fundings(data: dict[str, Any]) -> tuple[FundingPaid, ...]:
    """The entries of GET /v3/funding, newest first."""
    with reading("funding"):
        return tuple(read_funding(raw) for raw in data["fundingPayments"])


def taker_fee(data: dict[str, Any]) -> Decimal:
    """The account's taker rate from GET /v3/users, fraction of notional."""
    with reading("user"):
        return share(data["user"]["takerFeeRate"])


def find_account(data: dict[str, Any], public_key: str) -> tuple[str, int]:
    """(id, position id) of the account whose STARK key is ours; ConfigError when there is none."""
    with reading("accounts"):
        for raw in data["accounts"]:
            if int(raw["starkKey"], 16) == int(public_key, 16):
                return word(raw["id"]), whole(raw["positionId"])
    raise ConfigError("the key file's STARK key is not the one of any dYdX account of its API key: onboard again")


def held_names(data: dict[str, Any]) -> list[str]:
    """Names of the instruments in which the account of GET /v3/accounts/:id holds something."""
    with reading("account"):
        return [name for name, raw in data["account"]["openPositions"].items() if number(raw["size"])]


def read_account(data: dict[str, Any], marks: dict[str, Decimal], at_ns: int) -> AccountFacts:
    """Equity and positions of GET /v3/accounts/:id at the given oracle prices; VenueError when one is missing.

    A withdrawal that is under way does not count, even if the venue has taken it out of its `equity` already: that
    it has is to be verified live, and too small a cap for the while is the harmless error.
    """
    with reading("account"):
        account = data["account"]
        held = account["openPositions"]
        positions = tuple(
            Position(market_of(name), number(held[name]["size"]), not_negative(held[name]["entryPrice"]), marks[name])
            for name in held_names(data)
        )
        gross = sum((abs(p.size * p.mark) for p in positions), ZERO)
        pending_uusd = uusd_up(not_negative(account.get("pendingWithdrawals") or "0"))
        equity_uusd = uusd_down(money(account["equity"])) - pending_uusd
        return AccountFacts(Venue.DYDX, equity_uusd, uusd_up(gross), positions, at_ns, pending_uusd)


def account_events(contents: dict[str, Any], at_ns: int) -> Iterator[AccountEvent]:
    """What one frame of v3_accounts says, fills before the reports that they add up to."""
    with reading("account frame"):
        for raw in contents.get("fills") or ():
            yield _fill_event(raw, at_ns)
        for raw in contents.get("orders") or ():
            yield Reported(read_report(raw), at_ns)
        for raw in contents.get("fundingPayments") or ():
            yield read_funding(raw)
        if any(contents.get(key) for key in ("positions", "accounts", "account", "transfers")):
            yield AccountChanged(Venue.DYDX, at_ns)


def _fill_event(raw: dict[str, Any], at_ns: int) -> Filled | ForcedFill:
    client_id = raw.get("orderClientId")
    if raw.get("orderId") and client_id and word(raw["type"]) in ORDERED_TYPES:
        return Filled(read_fill(raw, word(client_id)), at_ns)
    return forced_fill(market_of(raw["market"]), read_fill(raw, ""), at_ns)
