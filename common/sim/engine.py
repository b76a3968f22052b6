"""A paper venue: books, orders, accounts. Deterministic, synchronous, told the time with every call.

Every call that changes something is one step: rules are asked, books and store change, one journal record is
written, and only then is anything published or returned. The same calls give the same publications.
"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from common.core.errors import LocalError
from common.core.market import Venue
from common.core.money import ZERO, uusd_down
from common.sim import ids
from common.sim.arrival import apex_margin, arrive, cross, wake
from common.sim.checks import Case, Refuse, admission, refuse, same_order
from common.sim.depth import ExponentialRefill, Refill
from common.sim.fees import FeeSchedule, flat
from common.sim.liquidation import deleverage, liquidate, take_back
from common.sim.listings import listings
from common.sim.lookups import Lookups
from common.sim.paper_journal import PaperJournal
from common.sim.setup import Ending, Setup
from common.sim.step import Step
from common.sim.store import ALIVE, Store
from common.sim.triggers import UNTRIGGERED
from common.sim.types import (
    PaperOrder,
    PaperRefusal,
    PlaceRequest,
    Print,
    Publication,
    SourceBook,
)

DEMO_REFILL = ExponentialRefill(half_life_ns=500_000_000)


def make_venue(
    venue: Venue,
    *,
    seed: int,
    journal_path: Path | None = None,
    maker_fee: Decimal = Decimal("0.0002"),
    taker_fee: Decimal = Decimal("0.0005"),
    schedule: FeeSchedule | None = None,
    race_lost: Decimal = ZERO,
    refill: Refill = DEMO_REFILL,
) -> "PaperEngine":
    """A paper venue with all ten markets; what the journal holds is taken up again."""
    setup = Setup(
        venue=venue,
        seed=seed,
        listings=listings(venue, taker_fee),
        schedule=schedule or flat(maker_fee, taker_fee),
        refill=refill,
        race_lost=race_lost,
    )
    return PaperEngine(setup, PaperJournal(journal_path) if journal_path else None)


class PaperEngine(Lookups):
    """The one implementation of `PaperVenue`."""

    def __init__(self, setup: Setup, journal: PaperJournal | None) -> None:
        super().__init__(setup, journal.load() if journal else Store())
        self.on_publish: Callable[[Publication], None] = lambda publication: None
        self._journal = journal
        self._put_back()

    # --- what the source and the clock do

    def apply(self, book: SourceBook, now_ns: int) -> None:
        """The source moved: publish the difference, match resting orders that are now crossed, mark accounts."""
        step, here = self._step(now_ns), self._books[book.market]
        here.bids.set_source(book.bids)
        here.asks.set_source(book.asks)
        marked, here.index = here.index != book.index, book.index
        cross(step, book.market)
        wake(step, book.market)
        step.show(book.market)
        self._commit(step)
        if marked:
            self._liquidate(book.market)

    def advance(self, now_ns: int) -> None:
        """Time passed: refill consumed depth, expire orders, pay hourly funding, liquidate."""
        step = self._step(now_ns)
        for order in [o for o in self._store.alive() if o.request.expires_ns <= step.now_ns]:
            step.end(order, Ending.EXPIRED)
            step.show(order.request.market)
        for market, book in self._books.items():
            if book.bids.touched or book.asks.touched:
                cross(step, market)
                step.show(market)
        self._commit(step)
        step = self._step(now_ns)
        self._funding.advance(step)
        self._commit(step)
        self._liquidate()

    # --- orders

    def place(self, account_id: str, request: PlaceRequest, now_ns: int) -> PaperOrder | PaperRefusal:
        """An order arrives: check, journal, accept as PENDING or UNTRIGGERED (as returned), then match at once."""
        if account_id not in self._store.accounts:
            return refuse(Refuse.ACCOUNT, account_id=account_id)
        earlier = self._store.by_client_id(account_id, request.client_id)
        if earlier is not None:
            return self._again(earlier, request)
        if request.market not in self.instruments:
            return refuse(Refuse.MARKET, market=request.market)
        step = self._step(now_ns)
        no = admission(self._case(step, account_id, request))
        if no is None and self.venue is Venue.APEX:
            no = apex_margin(step, account_id, request)
        return no if no is not None else self._accept(step, account_id, request)

    def cancel(self, account_id: str, order_id: str, now_ns: int) -> PaperOrder | PaperRefusal:
        """Cancel a resting order; returns it as cancelled."""
        order = self.order(account_id, order_id)
        if order is None:
            return refuse(Refuse.ORDER_UNKNOWN, order_id=order_id)
        if order.status not in ALIVE:
            return refuse(Refuse.ORDER_FINAL, order_id=order_id, status=order.status)
        step = self._step(now_ns)
        step.end(order, Ending.USER)
        step.show(order.request.market)
        self._commit(step)
        return self._store.orders[order_id]

    def _accept(self, step: Step, account_id: str, request: PlaceRequest) -> PaperOrder:
        cross(step, request.market)
        step.show(request.market)
        order = PaperOrder(
            order_id=ids.order_id(self.venue, account_id, request.client_id),
            account_id=account_id,
            request=request,
            status="PENDING" if request.trigger is None else UNTRIGGERED,
            remaining=request.size,
            filled_value=ZERO,
            filled_fee=ZERO,
            cancel_reason="",
            created_ns=step.now_ns,
            changed_ns=step.now_ns,
        )
        step.keep(order)
        if request.trigger is None:
            arrive(step, order)
        else:
            wake(step, request.market)
        step.show(request.market)
        self._commit(step)
        return order

    def _again(self, earlier: PaperOrder, request: PlaceRequest) -> PaperOrder | PaperRefusal:
        if self.venue is Venue.DYDX:
            return refuse(Refuse.DUPLICATE, client_id=request.client_id)
        if same_order(earlier.request, request):
            return earlier
        return refuse(Refuse.CONFLICT, client_id=request.client_id)

    def _case(self, step: Step, account_id: str, request: PlaceRequest) -> Case:
        resting = list(self._store.alive(account_id))
        same = [o for o in resting if (o.request.market, o.request.side) == (request.market, request.side)]
        maker, taker = step.rates(account_id)
        return Case(
            venue=self.venue,
            listing=self.listings[request.market],
            request=request,
            position=self._store.accounts[account_id].size(request.market),
            open_same_side=len(same),
            open_all=len(resting),
            maker=maker,
            taker=taker,
            now_ns=step.now_ns,
        )

    # --- accounts

    def open_account(self, account_id: str, balance: Decimal, now_ns: int) -> None:
        """Create an account with `balance` USDC; one that exists already stays as it is."""
        if account_id in self._store.accounts:
            return
        step = self._step(now_ns)
        step.facts.opened.append((account_id, uusd_down(balance)))
        self._store.open(account_id, uusd_down(balance), step.now_ns)
        self._commit(step)

    def take_back(self, account_id: str, fill_id: str, now_ns: int) -> bool:
        """ApeX: the chain did not let a match through; False when there is no such fill that stands."""
        if self.venue is not Venue.APEX:
            raise LocalError(f"{self.venue} takes no fill back")
        step = self._step(now_ns)
        done = take_back(step, account_id, fill_id)
        self._commit(step)
        return done

    def deleverage(self, account_id: str, market: str, size: Decimal, now_ns: int) -> None:
        """Up to `size` of a position is closed at the index price against somebody's liquidation."""
        step = self._step(now_ns)
        deleverage(step, account_id, market, size)
        self._commit(step)

    def keep_source(self, state: dict[str, Any], now_ns: int) -> None:
        """Journal what the source needs to go on where it was (`Source.state`)."""
        step = self._step(now_ns)
        step.facts.source = self._store.source = state
        self._commit(step)

    @property
    def source_state(self) -> dict[str, Any]:
        """The source state that was kept last; empty when there is none."""
        return self._store.source

    def close(self) -> None:
        """Give the journal free; the venue is not used any more."""
        if self._journal is not None:
            self._journal.close()

    # --- steps

    def _commit(self, step: Step) -> None:
        """Write first, then tell."""
        if step.facts and self._journal is not None:
            self._journal.append(step.facts, self._store)
        for publication in (*step.told, *step.changes()):
            if isinstance(publication, Print):
                self._prints[publication.market].append(publication)
            self.on_publish(publication)

    def _liquidate(self, market: str | None = None) -> None:
        for account_id, account in self._store.accounts.items():
            if account.holdings and (market is None or market in account.holdings):
                step = self._step(self._now_ns)
                liquidate(step, account_id)
                self._commit(step)

    def _put_back(self) -> None:
        """Orders that rested when the venue was stopped rest again."""
        step = self._step(0)
        for order in self._store.alive():
            if order.status == UNTRIGGERED:
                continue
            if order.status != "OPEN":
                raise LocalError(f"{self.venue}: order {order.order_id} was journalled half-way: {order.status}")
            tick, steps = step.grid(order)
            self._books[order.request.market].side(order.request.side).rest(tick, steps)
