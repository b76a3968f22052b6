"""The venue's funding clock: samples the premium each minute and pays every open position on the hour."""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal

from common.core.market import Venue
from common.core.money import UUSD_PER_USD, uusd_down
from common.sim import ids
from common.sim.account import Account
from common.sim.depth import MarketBook
from common.sim.funding import HOUR_NS, MINUTE_NS, SAMPLES_KEPT, hourly_rate, premium
from common.sim.step import Step
from common.sim.types import FundingPayment, PastRate

#: a month of hours
HOURS_KEPT = 720
_SIX = Decimal("0.000001")


class Funding:
    """Premium samples of the running hour by market, and rates of past ones. Not journalled: a restart begins anew."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._samples: dict[str, list[Decimal]] = {}
        self._past: dict[str, deque[PastRate]] = {}
        self._minute = 0

    def rate(self, market: str, book: MarketBook, now_ns: int) -> Decimal:
        """The predicted hourly rate: from this hour's samples, or from the book now when there are none."""
        samples = self._samples.get(market) or [premium(book, now_ns)]
        return hourly_rate(self._venue, samples)

    def past(self, market: str) -> Iterable[PastRate]:
        """The rates of the hours that this process saw end, oldest first."""
        return self._past.get(market, ())

    def advance(self, step: Step) -> None:
        """Sample when a minute has begun, pay when an hour has; hours that were missed are not made up."""
        minute, hour = step.now_ns // MINUTE_NS, step.now_ns // HOUR_NS
        if hour > step.store.hour:
            if step.store.hour:
                self._pay(step, hour)
            self._samples.clear()
            step.facts.hour = step.store.hour = hour
        if minute > self._minute:
            self._minute = minute
            self._sample(step)

    def _sample(self, step: Step) -> None:
        for market, book in step.books.items():
            if book.index:
                samples = self._samples.setdefault(market, [])
                samples.append(premium(book, step.now_ns))
                del samples[:-SAMPLES_KEPT]

    def _pay(self, step: Step, hour: int) -> None:
        for market, book in step.books.items():
            if book.index:
                past = self._past.setdefault(market, deque(maxlen=HOURS_KEPT))
                past.append(PastRate(hour * HOUR_NS, self.rate(market, book, step.now_ns), book.index))
        for account in step.store.accounts.values():
            for market in tuple(account.holdings):
                if step.books[market].index:
                    self._pay_one(step, account, market, hour)

    def _pay_one(self, step: Step, account: Account, market: str, hour: int) -> None:
        """payment = -size × index × rate, in whole micro-USD against the account."""
        book, size = step.books[market], account.size(market)
        rate = self.rate(market, book, step.now_ns)
        owed = uusd_down(-size * book.index * rate)
        payment = FundingPayment(
            payment_id=ids.public_id("funding", self._venue, account.account_id, market, hour),
            account_id=account.account_id,
            market=market,
            payment=(Decimal(owed) / UUSD_PER_USD).quantize(_SIX),
            rate=rate,
            position_size=size,
            price=book.index,
            at_ns=hour * HOUR_NS,
        )
        step.facts.funding.append(payment)
        step.store.fold_funding(payment)
