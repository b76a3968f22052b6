"""dYdX's private REST answers: account, positions, orders, fills, funding. The caller is known already; orders are
placed and cancelled through the engine only."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from common.sim.accounts import AccountRecord
from common.sim.server import texts, views_dydx
from common.sim.server.dydx_public import limit, moment, unknown_market
from common.sim.server.mouth import Mouth
from common.sim.server.plain import iso, places
from common.sim.store import ALIVE
from common.sim.types import FundingPayment, PaperFill, PaperOrder, PaperPosition, PaperRefusal

Json = dict[str, Any]
LISTABLE = ("PENDING", "OPEN", "UNTRIGGERED")
PNL_PLACES = 4
NO_SIGNATURE = "0x"
Item = TypeVar("Item", PaperFill, FundingPayment, PaperOrder, PaperPosition)


@dataclass(frozen=True, slots=True)
class Asked:
    """A private request whose sender is proven."""

    mouth: Mouth
    holder: AccountRecord
    query: Mapping[str, str]
    path: Mapping[str, str]

    @property
    def account_id(self) -> str:
        """The account that the request is about."""
        return self.holder.account_id


def user(asked: Asked) -> Json:
    """GET and PUT /v3/users; user data is not kept."""
    return {"user": views_dydx.user(asked.mouth, asked.holder)}


def accounts(asked: Asked) -> Json:
    """GET /v3/accounts."""
    return {"accounts": [_account(asked)]}


def account(asked: Asked) -> Json | texts.No:
    """GET /v3/accounts/:id."""
    if asked.path["id"] != asked.account_id:
        return texts.dydx(f"No account found with id: {asked.path['id']}", status=404)
    return {"account": _account(asked)}


def _account(asked: Asked) -> Json:
    return views_dydx.account(asked.mouth, asked.holder, asked.mouth.venue.account(asked.account_id))


def create_account(asked: Asked) -> Json:
    """POST /v3/accounts: the account that there is; a paper user has one."""
    return {"account": _account(asked)}


def positions(asked: Asked) -> Json | texts.No:
    """GET /v3/positions: open and closed, newest first."""
    status = asked.query.get("status")

    def fits(held: PaperPosition) -> bool:
        return status is None or status == ("OPEN" if held.closed_ns is None else "CLOSED")

    kept = [held for held in asked.mouth.venue.positions(asked.account_id) if fits(held)]
    found = _page(asked, kept, lambda held: held.market, lambda held: held.created_ns)
    if isinstance(found, texts.No):
        return found
    return {"positions": [views_dydx.position(asked.mouth, held) for held in found]}


def orders(asked: Asked) -> Json | texts.No:
    """GET /v3/orders: only orders that are alive can be listed."""
    wanted = [word for value in _all(asked.query, "status") for word in value.split(",")] or list(LISTABLE)
    if not set(wanted) <= set(LISTABLE):
        return texts.dydx_param(texts.STATUS_LIST, "status", wanted, "query")
    side, kind = asked.query.get("side"), asked.query.get("type")
    alive = [
        order
        for order in asked.mouth.venue.orders(asked.account_id)
        if order.status in wanted and side in (None, order.request.side) and kind in (None, order.request.kind)
    ]
    found = _page(asked, alive, lambda order: order.request.market, lambda order: order.created_ns)
    if isinstance(found, texts.No):
        return found
    return {"orders": [views_dydx.order(asked.mouth, order) for order in found]}


def _all(query: Mapping[str, str], name: str) -> list[str]:
    """Every value of a repeated parameter; a plain mapping has at most one."""
    getall: Callable[..., Sequence[str]] | None = getattr(query, "getall", None)
    return list(getall(name, ())) if getall else [query[name]] if name in query else []


def order_by_id(asked: Asked) -> Json | texts.No:
    """GET /v3/orders/:id."""
    found = asked.mouth.venue.order(asked.account_id, asked.path["id"])
    return {"order": views_dydx.order(asked.mouth, found)} if found else texts.dydx_not_found(asked.path["id"])


def order_by_client_id(asked: Asked) -> Json | texts.No:
    """GET /v3/orders/client/:id: the engine forgets the client id of a finished order after an hour."""
    found = asked.mouth.venue.order_by_client_id(asked.account_id, asked.path["id"])
    return {"order": views_dydx.order(asked.mouth, found)} if found else texts.dydx_not_found(asked.path["id"])


def active_orders(asked: Asked) -> Json | texts.No:
    """GET /v3/active-orders: the short form, of one market."""
    found = _active(asked)
    if isinstance(found, texts.No):
        return found
    return {"orders": [views_dydx.active_order(asked.mouth, order) for order in found]}


def fills(asked: Asked) -> Json | texts.No:
    """GET /v3/fills, newest first."""
    listed = asked.mouth.venue.fills(asked.account_id, order_id=asked.query.get("orderId"))
    found = _page(asked, listed, lambda fill: fill.market, lambda fill: fill.at_ns)
    if isinstance(found, texts.No):
        return found
    return {"fills": [views_dydx.fill(asked.mouth, fill) for fill in found]}


def funding(asked: Asked) -> Json | texts.No:
    """GET /v3/funding, newest first."""
    listed = asked.mouth.venue.funding(asked.account_id)
    found = _page(asked, listed, lambda paid: paid.market, lambda paid: paid.at_ns, before="effectiveBeforeOrAt")
    if isinstance(found, texts.No):
        return found
    return {"fundingPayments": [views_dydx.funding_payment(asked.mouth, paid) for paid in found]}


def historical_pnl(asked: Asked) -> Json:
    """GET /v3/historical-pnl: one point, now; the paper venue keeps no hourly curve."""
    mouth, view = asked.mouth, asked.mouth.venue.account(asked.account_id)
    held = mouth.venue.positions(asked.account_id)
    gained = sum((one.realized_pnl for one in held), Decimal(0))
    gained += sum((one.size * (mouth.venue.index_price(one.market) - one.entry_price) for one in held), Decimal(0))
    gained -= sum((fill.fee for fill in mouth.venue.fills(asked.account_id)), Decimal(0))
    point = {
        "equity": places(view.equity, PNL_PLACES),
        "totalPnl": places(gained, PNL_PLACES),
        "createdAt": iso(mouth.now_ns()),
        "netTransfers": "0.0000",
        "accountId": asked.account_id,
    }
    return {"historicalPnl": [point]}


def transfers(_: Asked) -> Json:
    """GET /v3/transfers: money is put on a paper account when it is made, and never moves again."""
    return {"transfers": []}


def api_keys(asked: Asked) -> Json:
    """GET /v3/api-keys."""
    held = [one.api_key for one in asked.mouth.holders.values() if one.account_id == asked.account_id]
    return {"apiKeys": [{"key": key} for key in held]}


def registration(_: Asked) -> Json:
    """GET /v3/registration: nothing is registered on any chain."""
    return {"signature": NO_SIGNATURE}


def cancel(asked: Asked) -> Json | texts.No:
    """DELETE /v3/orders/:id: answers the order as it was when the cancellation was queued."""
    before = asked.mouth.venue.order(asked.account_id, asked.path["id"])
    if before is None:
        return texts.dydx_not_found(asked.path["id"])
    done = _cancel(asked, before)
    return done if isinstance(done, texts.No) else {"cancelOrder": views_dydx.order(asked.mouth, before)}


def cancel_all(asked: Asked) -> Json | texts.No:
    """DELETE /v3/orders: of one market or of all."""
    name = asked.query.get("market")
    if name is not None and name not in asked.mouth.markets:
        return unknown_market(name)
    alive = _alive(asked, asked.mouth.markets.get(name or ""))
    gone = [order for order in alive if not isinstance(_cancel(asked, order), texts.No)]
    return {"cancelOrders": [views_dydx.order(asked.mouth, order) for order in gone]}


def cancel_active(asked: Asked) -> Json | texts.No:
    """DELETE /v3/active-orders: of one market, by side or id."""
    found = _active(asked)
    if isinstance(found, texts.No):
        return found
    if not found:
        return texts.dydx(f"No order for market: {asked.query['market']}")
    gone = [order for order in found if not isinstance(_cancel(asked, order), texts.No)]
    return {"cancelOrders": [views_dydx.active_order(asked.mouth, order) for order in gone]}


def _cancel(asked: Asked, order: PaperOrder) -> PaperOrder | texts.No:
    done = asked.mouth.venue.cancel(asked.account_id, order.order_id, asked.mouth.now_ns())
    return texts.dydx_refusal(done) if isinstance(done, PaperRefusal) else done


def _alive(asked: Asked, market: str | None) -> list[PaperOrder]:
    return [order for order in asked.mouth.venue.orders(asked.account_id, market) if order.status in ALIVE]


def _active(asked: Asked) -> list[PaperOrder] | texts.No:
    """Orders alive in the market that the query must name; an id needs a side."""
    query = asked.query
    ours = asked.mouth.markets.get(query.get("market", ""))
    if ours is None:
        return unknown_market(query.get("market", ""))
    if "id" in query and "side" not in query:
        return texts.dydx_param("side is required with id", "side", None, "query")
    side, order_id = query.get("side"), query.get("id")
    alive = _alive(asked, ours)
    return [o for o in alive if side in (None, o.request.side) and order_id in (None, o.order_id)]


def _page(
    asked: Asked,
    items: Iterable[Item],
    market: Callable[[Item], str],
    at_ns: Callable[[Item], int],
    before: str = "createdBeforeOrAt",
) -> list[Item] | texts.No:
    """The part of a list that the query asks for: market, not after a time, at most `limit`."""
    name, most = asked.query.get("market"), limit(asked.query)
    until_ns = moment(asked.query, before, asked.mouth.now_ns())
    if name is not None and name not in asked.mouth.markets:
        return unknown_market(name)
    if isinstance(most, texts.No):
        return most
    if isinstance(until_ns, texts.No):
        return until_ns
    ours = asked.mouth.markets.get(name or "")
    return [item for item in items if ours in (None, market(item)) and at_ns(item) <= until_ns][:most]
