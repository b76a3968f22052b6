"""What a paper venue remembers: orders, fills, funding, accounts. Folding the same facts gives the same store.

Facts come from the live engine and, after a restart, from the journal; both ways go through the same `fold`.
This module decides nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from common.sim.account import Account
from common.sim.types import FundingPayment, PaperFill, PaperOrder

ALIVE = ("PENDING", "UNTRIGGERED", "OPEN")


@dataclass(slots=True)
class Facts:
    """Everything durable that one step changed: one record of the journal."""

    at_ns: int
    opened: list[tuple[str, int]] = field(default_factory=list)
    orders: dict[str, PaperOrder] = field(default_factory=dict)
    fills: list[PaperFill] = field(default_factory=list)
    funding: list[FundingPayment] = field(default_factory=list)
    #: first sequence number that may not have been published yet
    lease: int | None = None
    #: the hour (since 1970) for which funding was paid last
    hour: int | None = None
    source: dict[str, Any] | None = None

    def __bool__(self) -> bool:
        scalars = (self.lease, self.hour, self.source)
        return any((self.opened, self.orders, self.fills, self.funding)) or any(s is not None for s in scalars)

    def accounts(self) -> list[str]:
        """The accounts that this step touched, in order."""
        touched = [account_id for account_id, _ in self.opened]
        for items in (self.orders.values(), self.fills, self.funding):
            touched += [item.account_id for item in items]
        return list(dict.fromkeys(touched))


class Store:
    """All facts of one venue, indexed as the look-ups ask."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.orders: dict[str, PaperOrder] = {}
        self.fills: list[PaperFill] = []
        self.funding: list[FundingPayment] = []
        self.lease = 0
        self.hour = 0
        self.source: dict[str, Any] = {}
        self._by_client: dict[tuple[str, str], str] = {}
        self._alive: dict[str, None] = {}
        self._fills_of: dict[str, list[PaperFill]] = {}

    def fold(self, facts: Facts) -> None:
        """Take one step's facts in."""
        for account_id, balance_uusd in facts.opened:
            self.open(account_id, balance_uusd, facts.at_ns)
        for fill in facts.fills:
            self.fold_fill(fill)
        for order in facts.orders.values():
            self.fold_order(order)
        for payment in facts.funding:
            self.fold_funding(payment)
        self.fold_marks(facts)

    def open(self, account_id: str, balance_uusd: int, at_ns: int) -> None:
        """Create an account."""
        self.accounts[account_id] = Account(account_id, balance_uusd, at_ns)

    def fold_fill(self, fill: PaperFill) -> None:
        """Book one execution, or that it was taken back."""
        if fill.failed_ns is not None:
            self._take_back(fill, fill.failed_ns)
            return
        self.keep_fill(fill)
        self.accounts[fill.account_id].fold_fill(fill)

    def _take_back(self, fill: PaperFill, at_ns: int) -> None:
        """The failed execution stands in the place of the one that was booked."""
        lists = [self.fills, *([self._fills_of[fill.order_id]] if fill.order_id is not None else [])]
        for fills in lists:
            (at,) = (number for number, old in enumerate(fills) if old.fill_id == fill.fill_id)
            fills[at] = fill
        self.accounts[fill.account_id].take_back(fill, at_ns)

    def keep_fill(self, fill: PaperFill) -> None:
        """Index one execution whose money is already in the account."""
        self.fills.append(fill)
        if fill.order_id is not None:
            self._fills_of.setdefault(fill.order_id, []).append(fill)

    def fold_order(self, order: PaperOrder) -> None:
        """Take an order's newest state in."""
        self.orders[order.order_id] = order
        self._by_client[order.account_id, order.request.client_id] = order.order_id
        if order.status in ALIVE:
            self._alive[order.order_id] = None
        else:
            self._alive.pop(order.order_id, None)

    def fold_funding(self, payment: FundingPayment) -> None:
        """Book one funding payment."""
        self.funding.append(payment)
        self.accounts[payment.account_id].fold_funding(payment)

    def fold_marks(self, facts: Facts) -> None:
        """Take the high-water marks and the source's state in."""
        self.lease = self.lease if facts.lease is None else facts.lease
        self.hour = self.hour if facts.hour is None else facts.hour
        self.source = self.source if facts.source is None else facts.source

    def by_client_id(self, account_id: str, client_id: str) -> PaperOrder | None:
        """The order that carries this client id."""
        order_id = self._by_client.get((account_id, client_id))
        return None if order_id is None else self.orders[order_id]

    def alive(self, account_id: str | None = None, market: str | None = None) -> Iterator[PaperOrder]:
        """Orders that rest, oldest first."""
        return _matching((self.orders[order_id] for order_id in self._alive), account_id, market)

    def orders_of(self, account_id: str, market: str | None) -> tuple[PaperOrder, ...]:
        """All orders of an account, newest first."""
        return tuple(_matching(reversed(self.orders.values()), account_id, market))

    def fills_of(self, account_id: str, market: str | None, order_id: str | None) -> tuple[PaperFill, ...]:
        """Fills of an account, newest first."""
        fills = self.fills if order_id is None else self._fills_of.get(order_id, [])
        return tuple(_matching(reversed(fills), account_id, market))

    def funding_for(self, market: str) -> Iterator[FundingPayment]:
        """Funding payments of every account in a market, oldest first."""
        return _matching(self.funding, None, market)

    def funding_of(self, account_id: str, market: str | None) -> tuple[FundingPayment, ...]:
        """Funding payments of an account, newest first."""
        return tuple(_matching(reversed(self.funding), account_id, market))


def _matching(items: Iterable[Any], account_id: str | None, market: str | None) -> Iterator[Any]:
    for item in items:
        owner_fits = account_id is None or item.account_id == account_id
        if owner_fits and (market is None or _market(item) == market):
            yield item


def _market(item: PaperOrder | PaperFill | FundingPayment) -> str:
    return item.request.market if isinstance(item, PaperOrder) else item.market
