"""An account at a paper venue: cash in whole micro-USD and holdings, folded from fills and funding payments.

Cash accounting: buying lowers the balance by size × price, so equity is balance + Σ size × index. Everything here
follows from the facts folded into it; it knows neither books nor rules.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from common.core.money import UUSD_PER_USD, ZERO, uusd_down
from common.sim.fees import Volume
from common.sim.types import FundingPayment, PaperFill, PaperPosition

_SIX = Decimal("0.000001")
#: closed positions kept per account, newest first to go last
CLOSED_KEPT = 500


@dataclass(slots=True)
class Holding:
    """A position while it is open: exact sums, from which averages and pnl follow."""

    market: str
    created_ns: int
    size: Decimal = ZERO
    max_size: Decimal = ZERO
    sum_open: Decimal = ZERO
    open_value: Decimal = ZERO
    sum_close: Decimal = ZERO
    close_value: Decimal = ZERO
    net_funding: Decimal = ZERO

    def trade(self, signed: Decimal, price: Decimal) -> Decimal:
        """Fold one execution; returns the signed part that would go through zero and belongs to a new holding."""
        if self.size * signed >= 0:
            self.sum_open += abs(signed)
            self.open_value += abs(signed) * price
            self.size += signed
            self.max_size = max(self.max_size, self.size, key=abs)
            return ZERO
        closing = min(abs(signed), abs(self.size))
        self.sum_close += closing
        self.close_value += closing * price
        part = closing.copy_sign(signed)
        self.size += part
        return signed - part

    @property
    def entry(self) -> Decimal:
        """Average price of everything that opened this position."""
        return self.open_value / self.sum_open if self.sum_open else ZERO

    def view(self, closed_ns: int | None = None) -> PaperPosition:
        """The position as the venue shows it: realized pnl includes funding but no fees; six decimals."""
        exit_price = self.close_value / self.sum_close if self.sum_close else ZERO
        gain = self.close_value - self.entry * self.sum_close
        realized = (gain if self.max_size > 0 else -gain) + self.net_funding
        return PaperPosition(
            market=self.market,
            size=self.size,
            max_size=self.max_size,
            entry_price=self.entry.quantize(_SIX),
            exit_price=exit_price.quantize(_SIX),
            sum_open=self.sum_open,
            sum_close=self.sum_close,
            realized_pnl=realized.quantize(_SIX),
            net_funding=self.net_funding,
            created_ns=self.created_ns,
            closed_ns=closed_ns,
        )


@dataclass(slots=True)
class Account:
    """One account's money, open holdings by market, and closed positions, oldest first."""

    account_id: str
    balance_uusd: int
    opened_ns: int
    holdings: dict[str, Holding] = field(default_factory=dict)
    closed: list[PaperPosition] = field(default_factory=list)
    volume: Volume = field(default_factory=lambda: Volume({}))

    @property
    def balance(self) -> Decimal:
        """The cash balance in USD, six decimals; negative while longs are paid for with it."""
        return (Decimal(self.balance_uusd) / UUSD_PER_USD).quantize(_SIX)

    def size(self, market: str) -> Decimal:
        """The signed position in `market`."""
        holding = self.holdings.get(market)
        return holding.size if holding else ZERO

    def fold_fill(self, fill: PaperFill) -> None:
        """Book one execution: cash, fee, position, volume."""
        quote = fill.size * fill.price
        self.balance_uusd -= fill.side.sign * exact_uusd(quote) + exact_uusd(fill.fee)
        self.volume.add(quote, fill.at_ns)
        self._trade_all(fill, fill.side.sign * fill.size, fill.at_ns)

    def take_back(self, fill: PaperFill, at_ns: int) -> None:
        """Undo one execution: cash, fee and position; the volume it counted stays counted."""
        self.balance_uusd += fill.side.sign * exact_uusd(fill.size * fill.price) + exact_uusd(fill.fee)
        self._trade_all(fill, -fill.side.sign * fill.size, at_ns)

    def fold_funding(self, payment: FundingPayment) -> None:
        """Book one funding payment."""
        self.balance_uusd += exact_uusd(payment.payment)
        holding = self.holdings.get(payment.market)
        if holding:
            holding.net_funding += payment.payment

    def _trade_all(self, fill: PaperFill, signed: Decimal, at_ns: int) -> None:
        while signed:
            signed = self._trade(fill, signed, at_ns)

    def _trade(self, fill: PaperFill, signed: Decimal, at_ns: int) -> Decimal:
        holding = self.holdings.setdefault(fill.market, Holding(fill.market, at_ns))
        rest = holding.trade(signed, fill.price)
        if not holding.size:
            self.closed.append(holding.view(at_ns))
            del self.closed[:-CLOSED_KEPT], self.holdings[fill.market]
        return rest


def exact_uusd(usd: Decimal) -> int:
    """USD that must be whole micro-USD already: every grid of every listing multiplies to at most six decimals."""
    uusd = uusd_down(usd)
    if usd * UUSD_PER_USD != uusd:
        raise ArithmeticError(f"{usd} USD is finer than a micro-USD")
    return uusd
