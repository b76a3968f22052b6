"""ApeX's private REST answers: account, orders, fills, funding. The caller is known already; parameters come from the
query of a GET or the form of a POST alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from common.core.market import Side
from common.core.money import ZERO
from common.sim.accounts import AccountRecord
from common.sim.server import texts, views_apex
from common.sim.server.apex_public import cut, limit, market_of, page_of
from common.sim.server.mouth import Mouth
from common.sim.server.plain import places, positive, text
from common.sim.store import ALIVE
from common.sim.types import AccountView, FundingPayment, PaperFill, PaperOrder, PaperPosition, PaperRefusal

PAGE_DEFAULT, PAGE_MAX = 100, 100
Item = TypeVar("Item", PaperFill, FundingPayment, PaperOrder, PaperPosition)


@dataclass(frozen=True, slots=True)
class Asked:
    """A private request whose sender is proven; `version` is that of the path."""

    mouth: Mouth
    holder: AccountRecord
    given: Mapping[str, str]
    version: int

    @property
    def account_id(self) -> str:
        """The account that the request is about."""
        return self.holder.account_id

    @property
    def view(self) -> AccountView:
        """Its money and open positions."""
        return self.mouth.venue.account(self.account_id)


def user(asked: Asked) -> Any:
    """GET user."""
    return views_apex.user(asked.holder)


def account(asked: Asked) -> Any:
    """GET account."""
    return views_apex.account(asked.mouth, asked.holder, asked.view, version=asked.version)


def account_balance(asked: Asked) -> Any:
    """GET account-balance."""
    return views_apex.balance(asked.view)


def open_orders(asked: Asked) -> Any:
    """GET open-orders: the list is the data itself."""
    market = _market(asked)
    if isinstance(market, texts.No):
        return market
    return [views_apex.order(asked.mouth, order) for order in _alive(asked, market)]


def history_orders(asked: Asked) -> Any:
    """GET history-orders: finished ones, newest first."""
    wanted = {name: asked.given[name] for name in ("status", "side", "type") if asked.given.get(name)}

    def fits(order: PaperOrder) -> bool:
        facts = {"status": order.status, "side": order.request.side.value, "type": order.request.kind}
        return order.status not in ALIVE and all(facts[name] == value for name, value in wanted.items())

    done = [order for order in asked.mouth.venue.orders(asked.account_id) if fits(order)]
    return _page(asked, done, "orders", lambda order: order.request.market, views_apex.order)


def get_order(asked: Asked) -> Any:
    """GET get-order, by the venue's id."""
    return _shown(asked, asked.mouth.venue.order(asked.account_id, asked.given.get("id", "")))


def order_by_client_id(asked: Asked) -> Any:
    """GET order-by-client-id and order-by-client-order-id, by the caller's id."""
    return _shown(asked, asked.mouth.venue.order_by_client_id(asked.account_id, asked.given.get("id", "")))


def _shown(asked: Asked, order: PaperOrder | None) -> Any:
    if not asked.given.get("id"):
        return texts.apex("EMPTY_PARAM", name="id")
    return views_apex.order(asked.mouth, order) if order else texts.apex("ORDER_NOT_FOUND", orderId=asked.given["id"])


def fills(asked: Asked) -> Any:
    """GET fills: the list is called orders, as the venue has it."""
    order_id = asked.given.get("orderId") or None
    found = asked.mouth.venue.fills(asked.account_id, order_id=order_id)
    return _page(asked, list(found), "orders", lambda fill: fill.market, views_apex.fill)


def funding(asked: Asked) -> Any:
    """GET funding, newest first."""
    paid = list(asked.mouth.venue.funding(asked.account_id))
    return _page(asked, paid, "fundingValues", lambda one: one.market, views_apex.funding_value)


def historical_pnl(asked: Asked) -> Any:
    """GET historical-pnl: closed positions, newest first."""
    closed = [held for held in asked.mouth.venue.positions(asked.account_id) if held.closed_ns is not None]
    return _page(asked, closed, "historicalPnl", lambda held: held.market, views_apex.closed_pnl)


def yesterday_pnl(_: Asked) -> Any:
    """GET yesterday-pnl: the paper venue keeps no daily curve."""
    return "0.000000"


def history_value(asked: Asked) -> Any:
    """GET history-value: one point, now."""
    now_ms = asked.mouth.now_ns() // 1_000_000
    value = places(asked.view.equity, views_apex.MONEY)
    return {"historyValues": [{"accountTotalValue": value, "dateTime": now_ms}]}


def nothing(_: Asked) -> Any:
    """Lists that are always empty on a paper venue: transfers, withdrawals, notes."""
    return {"transfers": [], "notifyList": [], "totalSize": 0}


def set_initial_margin_rate(asked: Asked) -> Any:
    """POST set-initial-margin-rate: accepted and without effect, as margin follows the listing here."""
    market = market_of(asked.mouth, asked.given)
    return market if isinstance(market, texts.No) else {}


def worst_price(asked: Asked) -> Any:
    """GET get-worst-price: the price at which the last bit of `size` would trade now."""
    market, size = market_of(asked.mouth, asked.given), positive(asked.given.get("size"))
    if isinstance(market, texts.No):
        return market
    if size is None or asked.given.get("side") not in ("BUY", "SELL"):
        return texts.apex("INVALID_PARAM", name="side, size")
    instrument = asked.mouth.listings[market].instrument
    bids, asks, _ = asked.mouth.venue.book(market)
    worst, left = ZERO, size
    for tick, steps, _ in asks if asked.given["side"] == Side.BUY else bids:
        worst, left = instrument.price(tick), left - instrument.size(steps)
        if left <= 0:
            break
    best = [text(instrument.price(side[0][0])) if side else "0" for side in (bids, asks)]
    return {"worstPrice": text(worst), "bidOnePrice": best[0], "askOnePrice": best[1]}


def delete_order(asked: Asked) -> Any:
    """POST delete-order: answers the id."""
    return _delete(asked, asked.mouth.venue.order(asked.account_id, asked.given.get("id", "")))


def delete_client_order(asked: Asked) -> Any:
    """POST delete-client-order-id: answers the venue's id."""
    return _delete(asked, asked.mouth.venue.order_by_client_id(asked.account_id, asked.given.get("id", "")))


def delete_open_orders(asked: Asked) -> Any:
    """POST delete-open-orders: all, or those of a comma list of symbols."""
    wanted = [name for name in asked.given.get("symbol", "").split(",") if name]
    for name in wanted:
        if name not in asked.mouth.markets:
            return market_of(asked.mouth, {"symbol": name})
    for order in _alive(asked, None):
        if not wanted or asked.mouth.name(order.request.market) in wanted:
            asked.mouth.venue.cancel(asked.account_id, order.order_id, asked.mouth.now_ns())
    return {}


def _delete(asked: Asked, order: PaperOrder | None) -> Any:
    if not asked.given.get("id"):
        return texts.apex("EMPTY_PARAM", name="id")
    if order is None:
        return texts.apex("ORDER_NOT_FOUND", orderId=asked.given["id"])
    done = asked.mouth.venue.cancel(asked.account_id, order.order_id, asked.mouth.now_ns())
    return texts.apex_refusal(done) if isinstance(done, PaperRefusal) else order.order_id


def _alive(asked: Asked, market: str | None) -> list[PaperOrder]:
    return [order for order in asked.mouth.venue.orders(asked.account_id, market) if order.status in ALIVE]


def _market(asked: Asked) -> str | texts.No | None:
    """The market that a list is narrowed to, if it is."""
    return market_of(asked.mouth, asked.given) if asked.given.get("symbol") else None


def _page(
    asked: Asked,
    items: list[Item],
    name: str,
    market_in: Callable[[Item], str],
    view: Callable[[Mouth, Item], dict[str, Any]],
) -> Any:
    """One page of a list under `name`, with the length of the whole."""
    market, most, page = _market(asked), limit(asked.given, PAGE_DEFAULT, PAGE_MAX), page_of(asked.given)
    for checked in (market, most, page):
        if isinstance(checked, texts.No):
            return checked
    assert isinstance(most, int) and isinstance(page, int)
    found = [item for item in items if market in (None, market_in(item))]
    return {name: [view(asked.mouth, item) for item in cut(found, most, page)], "totalSize": len(found)}


def rates(asked: Asked) -> tuple[Decimal, Decimal]:
    """(maker, taker) of the account."""
    return asked.mouth.venue.fee_rates(asked.account_id)
