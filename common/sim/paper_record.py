"""The words of the paper journal: facts and stores as plain JSON values, and back, without loss.

Decimals travel as text. Only the journal reads these records; the wire has its own codecs.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields
from decimal import Decimal
from typing import Any, TypeVar

from common.core.market import Side
from common.sim.account import Account, Holding
from common.sim.fees import Volume
from common.sim.store import ALIVE, Facts, Store
from common.sim.types import FundingPayment, PaperFill, PaperOrder, PaperPosition, PlaceRequest

_T = TypeVar("_T")


def written(facts: Facts, store: Store) -> dict[str, Any]:
    """One step's record; the balances it led to stand beside it, to be compared when it is read."""
    record: dict[str, Any] = {"at": facts.at_ns}
    items = {"opened": facts.opened, "orders": list(facts.orders.values()), "fills": facts.fills}
    items |= {"funding": facts.funding}
    record |= {name: value for name, value in items.items() if value}
    marks = {"lease": facts.lease, "hour": facts.hour, "source": facts.source}
    record |= {name: value for name, value in marks.items() if value is not None}
    record["balances"] = {name: store.accounts[name].balance_uusd for name in facts.accounts()}
    return record


def read_facts(record: dict[str, Any]) -> Facts:
    """The facts of one step's record."""
    orders = [revive(PaperOrder, raw) for raw in record.get("orders", ())]
    return Facts(
        at_ns=record["at"],
        opened=[(account_id, balance) for account_id, balance in record.get("opened", ())],
        orders={order.order_id: order for order in orders},
        fills=[revive(PaperFill, raw) for raw in record.get("fills", ())],
        funding=[revive(FundingPayment, raw) for raw in record.get("funding", ())],
        lease=record.get("lease"),
        hour=record.get("hour"),
        source=record.get("source"),
    )


def snapshot(store: Store, kept: int) -> dict[str, Any]:
    """A whole store, with at most `kept` finished orders, fills and funding payments, the newest."""
    done = [order for order in store.orders.values() if order.status not in ALIVE][-kept:]
    names = {order.order_id for order in done} | {order.order_id for order in store.alive()}
    return {
        "accounts": [_account(account) for account in store.accounts.values()],
        "orders": [order for order in store.orders.values() if order.order_id in names],
        "fills": store.fills[-kept:],
        "funding": store.funding[-kept:],
        "lease": store.lease,
        "hour": store.hour,
        "source": store.source,
    }


def read_snapshot(raw: dict[str, Any]) -> Store:
    """The store of a snapshot record."""
    store = Store()
    store.accounts = {item["account_id"]: _read_account(item) for item in raw["accounts"]}
    for item in raw["orders"]:
        store.fold_order(revive(PaperOrder, item))
    for item in raw["fills"]:
        store.keep_fill(revive(PaperFill, item))
    store.funding = [revive(FundingPayment, item) for item in raw["funding"]]
    store.lease, store.hour, store.source = raw["lease"], raw["hour"], raw["source"]
    return store


def revive(kind: type[_T], raw: dict[str, Any]) -> _T:
    """A dataclass from the JSON object that orjson made of it."""
    names: tuple[Any, ...] = fields(kind)  # type: ignore[arg-type]
    # A field with a default may be missing: the file is older than the field.
    known = (field for field in names if field.default is MISSING or field.name in raw)
    return kind(**{field.name: _value(field.type, raw[field.name]) for field in known})


_CONVERT: dict[object, Callable[[Any], Any]] = {
    Decimal: Decimal,
    Decimal | None: lambda raw: None if raw is None else Decimal(raw),
    Side: Side,
    PlaceRequest: lambda raw: revive(PlaceRequest, raw),
}


def _value(kind: object, raw: Any) -> Any:
    convert = _CONVERT.get(kind)
    return raw if convert is None else convert(raw)


def _account(account: Account) -> dict[str, Any]:
    return {
        "account_id": account.account_id,
        "balance_uusd": account.balance_uusd,
        "opened_ns": account.opened_ns,
        "holdings": list(account.holdings.values()),
        "closed": account.closed,
        "volume": account.volume.by_day,
    }


def _read_account(raw: dict[str, Any]) -> Account:
    holdings = [revive(Holding, item) for item in raw["holdings"]]
    return Account(
        account_id=raw["account_id"],
        balance_uusd=raw["balance_uusd"],
        opened_ns=raw["opened_ns"],
        holdings={holding.market: holding for holding in holdings},
        closed=[revive(PaperPosition, item) for item in raw["closed"]],
        volume=Volume({int(day): Decimal(volume) for day, volume in raw["volume"].items()}),
    )
