"""The three ways out of a stuck deal, and what each costs at the prices of now. Pure arithmetic, USD.

Every figure is what the whole deal would have earned, fees included, so that the ways can be held against each other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from common.core.deal import Deal
from common.core.events import Way
from common.core.market import Side, Venue
from common.core.money import ZERO, usd

#: average price of taking a size at a venue now; None when its book is not known or has not so much
Ask: TypeAlias = Callable[[Venue, Side, Decimal], Decimal | None]


@dataclass(frozen=True, slots=True)
class Trade:
    """One order that a way needs, at the average price it would get; None when there is no price for it."""

    venue: Venue
    side: Side
    size: Decimal
    price: Decimal | None
    fee_rate: Decimal

    @property
    def earned(self) -> Decimal | None:
        """USD received less fee; None without a price."""
        if self.price is None:
            return None
        return (-self.side.sign - self.fee_rate) * self.price * self.size


@dataclass(frozen=True, slots=True)
class Outcome:
    """A way, its trades, and what the deal has earned in all then; None while a price is missing."""

    way: Way
    trades: tuple[Trade, ...]
    earned: Decimal | None


def outcomes(deal: Deal, ask: Ask, fees: Mapping[Venue, Decimal]) -> tuple[Outcome, ...]:
    """close and, where a leg is missing, complete. Keep trades nothing: what it costs is what happens next."""
    closing = tuple(
        _trade(venue, Side.SELL if held > 0 else Side.BUY, abs(held), ask, fees)
        for venue in Venue
        if (held := deal.position(venue))
    )
    found = [_outcome(deal, Way.CLOSE, closing)]
    missing = missing_trade(deal, ask, fees)
    if missing is not None:
        found.append(_outcome(deal, Way.COMPLETE, (missing,)))
    return tuple(found)


def missing_trade(deal: Deal, ask: Ask, fees: Mapping[Venue, Decimal]) -> Trade | None:
    """What the shorter leg lacks; None when both are the same."""
    if not deal.net:
        return None
    shorter = min(Venue, key=lambda v: abs(deal.position(v)))
    return _trade(shorter, Side.SELL if deal.net > 0 else Side.BUY, abs(deal.net), ask, fees)


def fee_rates(deal: Deal, otherwise: Decimal) -> dict[Venue, Decimal]:
    """The fee that this deal's own fills paid at each venue, as a fraction of notional; `otherwise` without a fill."""
    rates = {}
    for venue in Venue:
        fills = [f for f in deal.fills if f.venue is venue]
        notional = sum((f.price * f.size for f in fills), ZERO)
        rates[venue] = usd(sum(f.fee_uusd for f in fills)) / notional if notional else otherwise
    return rates


def _trade(venue: Venue, side: Side, size: Decimal, ask: Ask, fees: Mapping[Venue, Decimal]) -> Trade:
    return Trade(venue, side, size, ask(venue, side, size), fees[venue])


def _outcome(deal: Deal, way: Way, trades: tuple[Trade, ...]) -> Outcome:
    """Legs that are equal afterwards are worth nothing together, whatever the price: what remains is cash."""
    parts = [trade.earned for trade in trades]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return Outcome(way, trades, None)
    return Outcome(way, trades, deal.cash - usd(deal.fees_uusd) + sum(known, ZERO))
