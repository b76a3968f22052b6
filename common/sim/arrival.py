"""What happens to an order the moment it arrives at the book, and to resting orders when the book crosses them.

Decides with the plan of `matching` and the sums of `margin`; carries out through a `Step`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from common.core.market import Side, Venue
from common.core.money import ZERO
from common.sim.checks import Refuse, reducible, refuse
from common.sim.margin import Health, OpenInterest, after, health, interest, reduces
from common.sim.matching import Plan, Resting, Take, Wanted, offers, plan
from common.sim.setup import Ending
from common.sim.step import Step
from common.sim.triggers import UNTRIGGERED, is_market, is_reached
from common.sim.types import PaperOrder, PaperRefusal, PlaceRequest


def arrive(step: Step, order: PaperOrder) -> None:
    """Match an accepted order at once; what is left of it rests or is cancelled."""
    request = order.request
    tick, steps = step.grid(order)
    wanted = Wanted(request.side, tick, steps, order.account_id)
    found = _offers(step, request.market, wanted)
    if request.post_only and found:
        step.end(order, Ending.WOULD_CROSS)
        return
    if found and step.setup.loses_race(request.client_id):
        _lose_race(step, order, plan(wanted, found))
        found = _offers(step, request.market, wanted)
    _match(step, order, _allowed(step, order, wanted), found)


def wake(step: Step, market: str) -> None:
    """Orders whose trigger the index has reached arrive now, oldest first; the account is looked at anew."""
    for order in list(step.store.alive(market=market)):
        if order.status == UNTRIGGERED and is_reached(order.request, step.books[market].index):
            woken = replace(order, status="PENDING", changed_ns=step.now_ns)
            step.keep(woken)
            if step.setup.venue is Venue.APEX and apex_margin(step, order.account_id, order.request) is not None:
                step.end(woken, Ending.POOR)
            else:
                arrive(step, woken)


def _offers(step: Step, market: str, wanted: Wanted) -> list[Take]:
    other = wanted.side.opposite
    depth = step.books[market].side(other).visible(step.now_ns)
    return offers(wanted, depth, step.resting(market, other))


def _lose_race(step: Step, order: PaperOrder, beaten: Plan) -> None:
    """Somebody else takes, whole, the source's levels that the order would have touched."""
    market, side = order.request.market, order.request.side
    depth = step.books[market].side(side.opposite)
    shown = depth.visible(step.now_ns)
    for take in beaten.takes:
        if take.maker is None:
            whole = Take(take.tick, shown[take.tick])
            depth.take(whole.tick, whole.steps, step.now_ns)
            step.print(market, side, whole, key=("race", order.order_id))
    step.show(market)


def _allowed(step: Step, order: PaperOrder, wanted: Wanted) -> Wanted:
    """The order without what reduce-only forbids."""
    request = order.request
    if not request.reduce_only:
        return wanted
    position = step.store.accounts[order.account_id].size(request.market)
    most = step.setup.listings[request.market].instrument.steps(reducible(position, request.side))
    return replace(wanted, steps=min(wanted.steps, most))


def _match(step: Step, order: PaperOrder, wanted: Wanted, found: list[Take]) -> None:
    request = order.request
    _, asked = step.grid(order)
    the_plan = plan(wanted, found)
    left = the_plan.left + asked - wanted.steps
    ending = _ending(the_plan, resized=wanted.steps < asked)
    if request.lifetime == "FOK" and left:
        step.end(order, ending)
        return
    if step.setup.venue is Venue.DYDX and not _affordable(step, order, the_plan):
        step.end(order, Ending.POOR)
        return
    for take in the_plan.takes:
        order = step.trade(order, take)
    if not left:
        return
    if request.lifetime == "GTT" and not is_market(request.kind) and not the_plan.own_in_the_way:
        step.rest(order)
    else:
        step.end(order, ending)


def _ending(the_plan: Plan, *, resized: bool) -> Ending:
    if the_plan.own_in_the_way:
        return Ending.SELF_TRADE
    return Ending.REDUCE_ONLY if resized and not the_plan.left else Ending.UNFILLED


def cross(step: Step, market: str) -> None:
    """Resting orders that the source's book has reached are filled at their own price, best and oldest first."""
    for side in Side:
        for resting in sorted(step.resting(market, side), key=lambda rest: -side.sign * rest.tick):
            _reach(step, market, resting)


def _reach(step: Step, market: str, resting: Resting) -> None:
    order = resting.order
    wanted = Wanted(order.request.side, resting.tick, resting.steps, order.account_id)
    depth = step.books[market].side(wanted.side.opposite)
    found = offers(wanted, depth.visible(step.now_ns), ())
    if not found:
        return
    allowed = _allowed(step, order, wanted)
    for take in plan(allowed, found).takes:
        depth.take(take.tick, take.steps, step.now_ns)
        order = step.fill(order, resting.tick, take.steps, "MAKER")
        at_ours = Take(resting.tick, take.steps)
        step.print(market, wanted.side.opposite, at_ours, key=("maker", order.order_id, order.remaining))
    if order.remaining and allowed.steps < wanted.steps:
        step.end(order, Ending.REDUCE_ONLY)


@dataclass(frozen=True, slots=True)
class Standing:
    """An account's markets and cash, for margin sums."""

    balance: Decimal
    markets: Mapping[str, OpenInterest]

    @property
    def health(self) -> Health:
        """Equity against what is demanded."""
        return health(self.balance, self.markets)


def standing(step: Step, account_id: str, extra: str | None = None) -> Standing:
    """The account now; `extra` adds a market in which it holds nothing yet."""
    account = step.store.accounts[account_id]
    resting: dict[tuple[str, Side], Decimal] = {}
    for order in step.store.alive(account_id):
        if order.status == "OPEN" and not order.request.reduce_only:
            key = (order.request.market, order.request.side)
            resting[key] = resting.get(key, ZERO) + order.remaining
    if extra is not None:
        resting.setdefault((extra, Side.BUY), ZERO)
    index = {market: book.index for market, book in step.books.items()}
    for market, holding in account.holdings.items():
        index[market] = index[market] or holding.entry
    return Standing(account.balance, interest(account, step.setup.listings, index, resting))


def _affordable(step: Step, order: PaperOrder, the_plan: Plan) -> bool:
    """dYdX looks at the account as it would be after the match."""
    request = order.request
    now = standing(step, order.account_id, request.market)
    row = now.markets[request.market]
    if reduces(row.position, request.side.sign * request.size):
        return True
    instrument = row.listing.instrument
    taken = [(instrument.price(take.tick), instrument.size(take.steps)) for take in the_plan.takes]
    quote = sum((price * size for price, size in taken), ZERO)
    signed = request.side.sign * sum((size for _, size in taken), ZERO)
    balance = now.balance - request.side.sign * quote - quote * step.rates(order.account_id)[1]
    rests = instrument.size(the_plan.left) if request.lifetime == "GTT" else ZERO
    markets = {**now.markets, request.market: _with_resting(after(row, signed), request.side, rests)}
    return health(balance, markets).free >= 0


def _with_resting(row: OpenInterest, side: Side, size: Decimal) -> OpenInterest:
    return replace(row, bought=row.bought + size) if side is Side.BUY else replace(row, sold=row.sold + size)


def apex_margin(step: Step, account_id: str, request: PlaceRequest) -> PaperRefusal | None:
    """ApeX looks, before it takes an order, at the account as if all of it had traded at the order's price."""
    now = standing(step, account_id, request.market)
    row = now.markets[request.market]
    signed = request.side.sign * request.size
    loss = max(ZERO, (request.price - row.index) * signed) + request.size * request.price * step.rates(account_id)[1]
    then = health(now.balance, {**now.markets, request.market: after(row, signed)})
    equity = now.health.equity - loss
    worse = equity * now.health.maintenance < now.health.equity * then.maintenance
    if equity < then.maintenance and (worse or not reduces(row.position, signed)):
        return refuse(Refuse.LIQUIDATION)
    if equity < then.initial and not reduces(row.position, signed):
        return refuse(Refuse.MARGIN)
    return None
