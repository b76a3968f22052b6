"""One step of a paper venue: everything that happens at one moment, kept together until it is journalled and told.

Operations here change books and store at once and note what must be written and published; they decide nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from common.core.market import Side
from common.core.money import UUSD_PER_USD
from common.sim import ids
from common.sim.depth import MarketBook
from common.sim.fees import fee_uusd
from common.sim.matching import Resting, Take
from common.sim.publisher import Publisher
from common.sim.setup import Ending, Setup
from common.sim.store import Facts, Store
from common.sim.types import AccountChange, PaperFill, PaperOrder, PaperPosition, Print, Publication

_SIX = Decimal("0.000001")


@dataclass(slots=True)
class Step:
    """What one call to the venue changes."""

    setup: Setup
    store: Store
    books: dict[str, MarketBook]
    publisher: Publisher
    now_ns: int
    facts: Facts = field(init=False)
    told: list[Publication] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.facts = Facts(self.now_ns)

    def keep(self, order: PaperOrder) -> None:
        """Note an order's new state."""
        self.facts.orders[order.order_id] = order
        self.store.fold_order(order)

    def rest(self, order: PaperOrder) -> None:
        """Put what remains of an order into the book."""
        self.keep(replace(order, status="OPEN", changed_ns=self.now_ns))
        tick, steps = self.grid(order)
        self.books[order.request.market].side(order.request.side).rest(tick, steps)

    def end(self, order: PaperOrder, ending: Ending) -> None:
        """Cancel what remains of an order; it leaves the book if it was there."""
        if order.status == "OPEN":
            tick, steps = self.grid(order)
            self.books[order.request.market].side(order.request.side).rest(tick, -steps)
        reason = self.setup.word(ending)
        self.keep(replace(order, status="CANCELED", cancel_reason=reason, changed_ns=self.now_ns))

    def trade(self, order: PaperOrder, take: Take) -> PaperOrder:
        """The incoming order takes one piece of depth; returns it as it is then."""
        market, side = order.request.market, order.request.side
        if take.maker:
            self.fill(take.maker.order, take.tick, take.steps, "MAKER")
        else:
            self.books[market].side(side.opposite).take(take.tick, take.steps, self.now_ns)
        changed = self.fill(order, take.tick, take.steps, "TAKER")
        self.print(market, side, take, key=(order.order_id, changed.remaining))
        return changed

    def fill(self, order: PaperOrder, tick: int, steps: int, liquidity: str) -> PaperOrder:
        """Book one execution of an order; a resting one leaves the book by as much."""
        request = order.request
        fill = self.execution(order.account_id, request.market, request.side, (tick, steps), liquidity)
        number = len(self.store.fills_of(order.account_id, None, order.order_id))
        fill_id = ids.fill_id(self.setup.venue, order.order_id, number)
        fill = replace(fill, fill_id=fill_id, order_id=order.order_id, kind=request.kind)
        self.book_fill(fill)
        if order.status == "OPEN":
            self.books[request.market].side(request.side).rest(tick, -steps)
        remaining = order.remaining - fill.size
        changed = replace(
            order,
            status=order.status if remaining else "FILLED",
            remaining=remaining,
            filled_value=order.filled_value + fill.size * fill.price,
            filled_fee=order.filled_fee + fill.fee,
            changed_ns=self.now_ns,
        )
        self.keep(changed)
        return changed

    def execution(self, account_id: str, market: str, side: Side, row: tuple[int, int], liquidity: str) -> PaperFill:
        """An execution at (tick, steps) with its fee, still without an id."""
        instrument = self.setup.listings[market].instrument
        price, size = instrument.price(row[0]), instrument.size(row[1])
        maker, taker = self.rates(account_id)
        fee = fee_uusd(price * size, maker if liquidity == "MAKER" else taker)
        return PaperFill(
            fill_id="",
            order_id=None,
            account_id=account_id,
            market=market,
            side=side,
            liquidity=liquidity,
            kind="LIQUIDATED",
            price=price,
            size=size,
            fee=(Decimal(fee) / UUSD_PER_USD).quantize(_SIX),
            at_ns=self.now_ns,
        )

    def book_fill(self, fill: PaperFill) -> None:
        """Note one execution."""
        self.facts.fills.append(fill)
        self.store.fold_fill(fill)

    def print(self, market: str, side: Side, take: Take, *, key: tuple[object, ...], liquidation: bool = False) -> None:
        """Tell the public of a trade; `key` makes its id."""
        instrument = self.setup.listings[market].instrument
        price, size = instrument.price(take.tick), instrument.size(take.steps)
        trade_id = ids.public_id(self.setup.venue, take.tick, *key)
        self.told.append(Print(trade_id, market, side, price, size, self.now_ns, liquidation))

    def show(self, market: str) -> None:
        """Tell the public how the book of `market` changed, if it did."""
        change = self.publisher.change(market, self.books[market], self.now_ns)
        if change is not None:
            self.told.append(change)
        if self.publisher.lease != self.store.lease:
            self.facts.lease = self.store.lease = self.publisher.lease

    def rates(self, account_id: str) -> tuple[Decimal, Decimal]:
        """(maker, taker) of the account's tier now."""
        tier = self.setup.schedule.tier(self.store.accounts[account_id].volume.total(self.now_ns))
        return tier.maker, tier.taker

    def resting(self, market: str, side: Side) -> Iterator[Resting]:
        """Orders that rest on one side of a book, oldest first."""
        for order in self.store.alive(market=market):
            if order.request.side is side and order.status == "OPEN":
                yield Resting(order, *self.grid(order))

    def grid(self, order: PaperOrder) -> tuple[int, int]:
        """(price in ticks, remaining size in steps) of an order."""
        instrument = self.setup.listings[order.request.market].instrument
        return int(order.request.price / instrument.tick), int(order.remaining / instrument.step)

    def changes(self) -> Iterator[AccountChange]:
        """What each account's owner has to be told."""
        for account_id in self.facts.accounts():
            fills = tuple(fill for fill in self.facts.fills if fill.account_id == account_id)
            funding = tuple(paid for paid in self.facts.funding if paid.account_id == account_id)
            markets = dict.fromkeys([*(fill.market for fill in fills), *(paid.market for paid in funding)])
            yield AccountChange(
                account_id=account_id,
                orders=tuple(order for order in self.facts.orders.values() if order.account_id == account_id),
                fills=fills,
                positions=tuple(view for market in markets for view in self._positions(account_id, market)),
                funding=funding,
                balance=self.store.accounts[account_id].balance,
                at_ns=self.now_ns,
            )

    def _positions(self, account_id: str, market: str) -> Iterator[PaperPosition]:
        """The position of a market after this step, and those that the step closed."""
        account = self.store.accounts[account_id]
        for closed in account.closed[-len(self.facts.fills) :] if self.facts.fills else ():
            if closed.market == market and closed.closed_ns == self.now_ns:
                yield closed
        if market in account.holdings:
            yield account.holdings[market].view()
