"""What a paper venue keeps, in the words of core: requests as they arrive, reports, fills, forced fills."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType

from common.core.account import AccountFacts, ForcedFill, FundingPaid, PastFill, Position, forced_fill, taken_back
from common.core.history import History, PastOrder
from common.core.market import Venue
from common.core.money import ZERO, uusd_down, uusd_up
from common.core.order import Answer, Fill, Found, Lifetime, Order, Reject, Report, Unknown
from common.sim.checks import Refuse
from common.sim.engine import PaperEngine
from common.sim.types import FundingPayment, PaperFill, PaperOrder, PlaceRequest
from common.venues.apex import wire_order as apex
from common.venues.base import Outlook
from common.venues.dydx import wire_order as dydx

#: the one account of a simulated fleet at each venue
ACCOUNT = "fleet"

#: the desks' own word on when an order that is not known can never come in any more
DEATH_NS = MappingProxyType({Venue.DYDX: dydx.death_ns, Venue.APEX: apex.death_ns})
#: refusals that do not say no to this very order: both desks read them as no answer
QUESTIONS = frozenset({Refuse.DUPLICATE, Refuse.CONFLICT, Refuse.ORDER_UNKNOWN, Refuse.ORDER_FINAL})


def answer_to(key: str) -> Answer:
    """What a desk makes of a venue's refusal."""
    return Unknown(key) if key in QUESTIONS else Reject(key)


def request_of(order: Order, taker: Decimal) -> PlaceRequest:
    """An order as it arrives: both venues' ways of naming the highest fee."""
    amount = order.size * order.limit * taker
    return PlaceRequest(
        client_id=order.client_id,
        market=order.market,
        side=order.side,
        kind="LIMIT",
        lifetime=Lifetime(order.lifetime).value,
        size=order.size,
        price=order.limit,
        post_only=False,
        reduce_only=order.reduce_only,
        limit_fee=max(taker, Decimal("0.0015")) if order.venue is Venue.DYDX else amount + Decimal("0.000001"),
        expires_ns=dydx.expires_ns(order),
        signature="",
    )


def report_of(order: PaperOrder, hidden: Mapping[str, int]) -> Report:
    """What a venue says about an order; of a hidden one it says at first that it was cancelled with nothing filled."""
    client_id = order.request.client_id
    if client_id in hidden:
        return Report(client_id, order.order_id, ZERO, True, "cancelled")
    final = order.status in ("FILLED", "CANCELED")
    return Report(client_id, order.order_id, order.request.size - order.remaining, final, order.cancel_reason)


def fills_of(venue: Venue, fill: PaperFill, client_id: str) -> tuple[Fill, ...]:
    """What a venue says about an execution, of our order of that name: it, and its reversal once it was taken back."""
    fee_uusd = uusd_down(fill.fee)
    whole = Fill(venue, fill.fill_id, client_id, fill.side, fill.price, fill.size, fee_uusd, fill.at_ns)
    return (whole,) if fill.failed_ns is None else taken_back(whole)


def found_of(engine: PaperEngine, client_id: str, hidden: Mapping[str, int]) -> Found | None:
    """What a venue finds when it is asked for an order by its client id; None when it knows none."""
    known = engine.order_by_client_id(ACCOUNT, client_id)
    if known is None:
        return None
    report = report_of(known, hidden)
    if client_id in hidden:
        return Found(report, ())
    fills = engine.fills(ACCOUNT, order_id=known.order_id)
    return Found(report, tuple(said for fill in fills for said in fills_of(engine.venue, fill, client_id)))


def facts_of(venue: Venue, engine: PaperEngine, asked_ns: int) -> AccountFacts:
    """What a venue says our account is worth."""
    view = engine.account(ACCOUNT)
    positions = tuple(Position(p.market, p.size, p.entry_price, engine.index_price(p.market)) for p in view.positions)
    gross = sum((abs(p.size * p.mark) for p in positions), ZERO)
    return AccountFacts(venue, uusd_down(view.equity), uusd_up(gross), positions, asked_ns)


def open_orders_of(engine: PaperEngine) -> tuple[tuple[str, str], ...]:
    """(client id, market) of all orders that are alive."""
    alive = (o.request for o in engine.orders(ACCOUNT) if o.status in ("PENDING", "OPEN"))
    return tuple((request.client_id, request.market) for request in alive)


def outlook_of(engine: PaperEngine, markets: Iterable[str], off_bps: int) -> dict[str, Outlook]:
    """Index prices in a dollar that is `off_bps` off, and no funding."""
    factor = 1 + Decimal(off_bps) / 10_000
    return {m: Outlook(index * factor, ZERO) for m in markets if (index := engine.index_price(m))}


def forced_of(venue: Venue, fill: PaperFill, at_ns: int) -> tuple[ForcedFill, ...]:
    """What a venue says about an execution that no order of ours asked for."""
    return tuple(forced_fill(fill.market, said, at_ns) for said in fills_of(venue, fill, ""))


def past_of(venue: Venue, fill: PaperFill) -> tuple[PastFill, ...]:
    """An execution as the venue's history has it: orders are named by the venue's own id."""
    return tuple(PastFill(fill.market, fill.order_id, said) for said in fills_of(venue, fill, ""))


def history_of(engine: PaperEngine, since_ns: int = 0, hidden: Collection[str] = ()) -> History:
    """All executions since then that show, and the orders behind them, as a desk brings them home."""
    told, ours, forced = dict[str, PastOrder](), list[Fill](), list[ForcedFill]()
    for fill in engine.fills(ACCOUNT):
        order = engine.order(ACCOUNT, fill.order_id) if fill.order_id else None
        if fill.at_ns < since_ns or (order is not None and order.request.client_id in hidden):
            continue
        if order is None:
            forced += forced_of(engine.venue, fill, fill.at_ns)
        else:
            told[order.order_id] = _past_order(engine.venue, order)
            ours += fills_of(engine.venue, fill, order.request.client_id)
    return History(engine.venue, tuple(told.values()), tuple(ours), tuple(forced))


def _past_order(venue: Venue, order: PaperOrder) -> PastOrder:
    asked = order.request
    return PastOrder(
        venue=venue,
        market=asked.market,
        side=asked.side,
        size=asked.size,
        limit=asked.price,
        lifetime=Lifetime(asked.lifetime),
        reduce_only=asked.reduce_only,
        created_ns=order.created_ns,
        report=report_of(order, {}),
    )


def funding_of(venue: Venue, paid: FundingPayment) -> FundingPaid:
    """A funding payment as both desks read it."""
    return FundingPaid(venue, paid.payment_id, paid.market, uusd_down(paid.payment), paid.at_ns)
