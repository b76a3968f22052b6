"""The reading half of a paper venue: accounts, orders, fills, books as they are now. Nothing here changes anything."""

from collections import deque
from collections.abc import Iterator
from decimal import Decimal

from common.core.events import LevelRow
from common.core.market import Instrument, Venue
from common.core.money import uusd_down
from common.sim.arrival import standing
from common.sim.depth import MarketBook, SideDepth
from common.sim.hourly import Funding
from common.sim.listings import Listing
from common.sim.publisher import Publisher
from common.sim.setup import Setup
from common.sim.step import Step
from common.sim.store import ALIVE, Store
from common.sim.types import AccountView, FundingPayment, PaperFill, PaperOrder, PaperPosition, PastRate, Print

#: ApeX answers so many trades; dYdX fewer
PRINTS_KEPT = 500
#: dYdX answers look-ups by client id for an hour only
DYDX_CLIENT_ID_NS = 3600 * 1_000_000_000
_SIX = Decimal("0.000001")


class Lookups:
    """Everything a paper venue can be asked."""

    def __init__(self, setup: Setup, store: Store) -> None:
        self.venue = setup.venue
        self.listings: dict[str, Listing] = setup.listings
        self.instruments: dict[str, Instrument] = {m: row.instrument for m, row in setup.listings.items()}
        self._setup, self._store = setup, store
        self._books = {market: MarketBook(i, setup.refill) for market, i in self.instruments.items()}
        self._publisher = Publisher(setup.venue, store.lease)
        self._prints: dict[str, deque[Print]] = {m: deque(maxlen=PRINTS_KEPT) for m in self.instruments}
        self._funding = Funding(setup.venue)
        self._now_ns = 0

    def account(self, account_id: str) -> AccountView:
        """Money and open positions now."""
        account = self._store.accounts[account_id]
        sums = standing(self._step(self._now_ns), account_id).health
        return AccountView(
            account_id=account_id,
            balance=account.balance,
            equity=_floor(sums.equity),
            free_collateral=_floor(sums.free),
            initial_margin=_floor(sums.initial),
            maintenance_margin=_floor(sums.maintenance),
            positions=tuple(holding.view() for holding in account.holdings.values()),
        )

    def held(self, account_id: str) -> dict[str, Decimal]:
        """Signed sizes of the open positions, by market."""
        return {market: holding.size for market, holding in self._store.accounts[account_id].holdings.items()}

    def balance(self, account_id: str) -> Decimal:
        """The account's cash."""
        return self._store.accounts[account_id].balance

    def positions(self, account_id: str) -> tuple[PaperPosition, ...]:
        """Open and closed positions, newest first."""
        account = self._store.accounts[account_id]
        views = [*account.closed, *(holding.view() for holding in account.holdings.values())]
        return tuple(sorted(views, key=lambda view: view.created_ns, reverse=True))

    def fee_rates(self, account_id: str) -> tuple[Decimal, Decimal]:
        """(maker, taker) of the account's volume tier, fractions."""
        return self._step(self._now_ns).rates(account_id)

    def order(self, account_id: str, order_id: str) -> PaperOrder | None:
        """One order by the venue's id."""
        order = self._store.orders.get(order_id)
        return order if order is not None and order.account_id == account_id else None

    def order_by_client_id(self, account_id: str, client_id: str) -> PaperOrder | None:
        """One order by ours; dYdX forgets the client id of a finished order after an hour."""
        order = self._store.by_client_id(account_id, client_id)
        if order is None or order.status in ALIVE or self.venue is not Venue.DYDX:
            return order
        return order if self._now_ns - order.created_ns <= DYDX_CLIENT_ID_NS else None

    def orders(self, account_id: str, market: str | None = None) -> tuple[PaperOrder, ...]:
        """All orders of the account, newest first."""
        return self._store.orders_of(account_id, market)

    def fills(self, account_id: str, market: str | None = None, order_id: str | None = None) -> tuple[PaperFill, ...]:
        """Fills of the account, newest first."""
        return self._store.fills_of(account_id, market, order_id)

    def funding(self, account_id: str, market: str | None = None) -> tuple[FundingPayment, ...]:
        """Funding payments of the account, newest first."""
        return self._store.funding_of(account_id, market)

    def book(self, market: str) -> tuple[tuple[LevelRow, ...], tuple[LevelRow, ...], int]:
        """Bids and asks (best first, with the sequence of each level) and the last sequence."""
        book = self._books[market]
        return tuple(_ladder(book.bids)), tuple(_ladder(book.asks)), self._publisher.last(market)

    def prints(self, market: str) -> tuple[Print, ...]:
        """Recent public trades, newest first (at most 500)."""
        return tuple(reversed(self._prints[market]))

    def index_price(self, market: str) -> Decimal:
        """The index (oracle) price in USD; 0 before the source spoke."""
        return self._books[market].index

    def funding_rate(self, market: str) -> Decimal:
        """The predicted hourly funding rate, fraction of notional, positive: longs pay."""
        return self._funding.rate(market, self._books[market], self._now_ns)

    def past_rates(self, market: str) -> tuple[PastRate, ...]:
        """The hourly rates that were in force, newest first: those that were paid, and those this process saw."""
        paid = {one.at_ns: PastRate(one.at_ns, one.rate, one.price) for one in self._store.funding_for(market)}
        known = paid | {one.at_ns: one for one in self._funding.past(market)}
        return tuple(known[at_ns] for at_ns in sorted(known, reverse=True))

    def _step(self, now_ns: int) -> Step:
        """A new step; the venue's clock never goes back."""
        self._now_ns = max(self._now_ns, now_ns)
        return Step(self._setup, self._store, self._books, self._publisher, self._now_ns)


def _ladder(side: SideDepth) -> Iterator[LevelRow]:
    for tick, steps in side.best_first(side.shown):
        yield tick, steps, side.sequence[tick]


def _floor(usd: Decimal) -> Decimal:
    return (Decimal(uusd_down(usd)) / 1_000_000).quantize(_SIX)
