"""`arbctl venue`, what only the account's holder may ask: who we are, money, positions, orders, fills, funding, pnl."""

from collections.abc import Sequence
from decimal import Decimal

from common.core.money import BPS
from common.endpoints import Endpoint
from common.venues.told import Balance, OrderTold, User
from scripts.render import NOTHING, Answer, moment, number
from scripts.teller_call import ask

_CENT, _MICRO = Decimal("0.01"), Decimal("0.000001")
_MINUTE = 16
ORDER_COLUMNS = ("order", "market", "what", "filled of", "price", "for", "status")
#: of a venue's id a person needs no more than its beginning; JSON has all of it
ID_SHOWN = 12


def user(endpoint: Endpoint) -> Answer:
    """Who the venue says we are."""
    found = ask(endpoint, lambda teller: teller.user(), private=True)
    return Answer(found, ("what", "value"), _user(found))


def _user(one: User) -> list[tuple[str, str]]:
    return [
        ("address", one.address),
        ("name", one.name or NOTHING),
        ("maker fee, bp", number(one.maker_fee * BPS)),
        ("taker fee, bp", number(one.taker_fee * BPS)),
        ("made in 30 days, USD", _usd(one.maker_volume_30d)),
        ("taken in 30 days, USD", _usd(one.taker_volume_30d)),
        ("fees in 30 days, USD", _usd(one.fees_30d)),
    ]


def account(endpoint: Endpoint) -> Answer:
    """Equity, what is free of it, margins."""
    found = ask(endpoint, lambda teller: teller.account(), private=True)
    return Answer(found, ("what", "USD"), _balance(found))


def _balance(one: Balance) -> list[tuple[str, str]]:
    return [
        ("equity", _usd(one.equity)),
        ("free", _usd(one.free)),
        ("cash", _usd(one.cash)),
        ("initial margin", _usd(one.initial_margin)),
        ("maintenance margin", _usd(one.maintenance_margin)),
        ("coming in", _usd(one.pending_in)),
        ("going out", _usd(one.pending_out)),
    ]


def positions(endpoint: Endpoint) -> Answer:
    """Open positions."""
    found = ask(endpoint, lambda teller: teller.positions(), private=True)
    columns = ("market", "size", "entry", "unrealised USD", "realised USD", "funding USD", "opened (UTC)")
    rows = [
        (
            one.market,
            f"{one.size:+f}",
            number(one.entry),
            f"{one.unrealised.quantize(_MICRO):+f}",
            f"{one.realised.quantize(_MICRO):+f}",
            f"{one.net_funding.quantize(_MICRO):+f}",
            moment(one.opened_ns)[:_MINUTE],
        )
        for one in found
    ]
    return Answer(found, columns, rows)


def orders(endpoint: Endpoint, market: str | None) -> Answer:
    """Orders that are alive."""
    return told(ask(endpoint, lambda teller: teller.orders(market), private=True))


def history(endpoint: Endpoint, market: str | None, limit: int) -> Answer:
    """Finished orders; dYdX lists only those behind fills."""
    return told(ask(endpoint, lambda teller: teller.history(market, limit), private=True))


def told(found: Sequence[OrderTold], notes: Sequence[str] = ()) -> Answer:
    """Orders as a table."""
    return Answer(found, ORDER_COLUMNS, [_order(one) for one in found], notes=notes)


def _order(one: OrderTold) -> tuple[str, ...]:
    trigger = f" @{number(one.trigger)}" if one.trigger is not None else ""
    marks = [mark for mark, there in (("post", one.post_only), ("reduce", one.reduce_only)) if there]
    return (
        one.client_id or one.order_id[:ID_SHOWN],
        one.market,
        f"{one.side} {one.kind}",
        f"{number(one.filled)} / {number(one.size)}",
        number(one.price) + trigger,
        " ".join((one.in_force, *marks)),
        # a reason says that it ended, and why
        one.reason or one.status,
    )


def fills(endpoint: Endpoint, market: str | None, limit: int) -> Answer:
    """Our executions, newest first."""
    found = ask(endpoint, lambda teller: teller.fills(market, limit), private=True)
    columns = ("at (UTC)", "market", "side", "size", "price", "fee USD", "as", "type", "order")
    rows = [
        (
            moment(one.at_ns),
            one.market,
            one.side.value,
            number(one.size),
            number(one.price),
            number(one.fee),
            one.liquidity.lower(),
            one.kind,
            one.order_id[:ID_SHOWN] or NOTHING,
        )
        for one in found
    ]
    return Answer(found, columns, rows)


def funding(endpoint: Endpoint, market: str | None, limit: int) -> Answer:
    """Our funding payments, newest first; above 0 when we received them."""
    found = ask(endpoint, lambda teller: teller.funding(market, limit), private=True)
    columns = ("at (UTC)", "market", "payment USD", "bp / h", "position", "price")
    rows = [
        (
            moment(one.at_ns)[:_MINUTE],
            one.market,
            f"{one.payment:+f}",
            f"{one.rate * BPS:+.4f}",
            f"{one.size:+f}",
            number(one.price),
        )
        for one in found
    ]
    return Answer(found, columns, rows)


def pnl(endpoint: Endpoint, limit: int) -> Answer:
    """What the venue says we earned: dYdX of the account by the hour, ApeX by closed position."""
    found = ask(endpoint, lambda teller: teller.pnl(limit), private=True)
    columns = ("at (UTC)", "market", "pnl USD", "equity USD", "size", "entry", "exit")
    rows = [
        (
            moment(one.at_ns)[:19],
            one.market or "(all)",
            f"{one.pnl:+f}",
            _usd(one.equity),
            number(one.size),
            number(one.entry),
            number(one.exit),
        )
        for one in found
    ]
    return Answer(found, columns, rows)


def _usd(amount: Decimal | None) -> str:
    return NOTHING if amount is None else f"{amount.quantize(_CENT):f}"
