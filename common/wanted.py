"""What arb.toml asks of the ledger's limits: its numbers as the ledger counts them. The ledger's rows outrank them."""

from collections.abc import Iterator
from decimal import Decimal

from common.core.terms import Terms
from common.ledger.bounds import BY_NAME, Bound
from common.ledger.limits import EVERY_MARKET
from common.settings import Settings


def of_fleet(config: Settings) -> tuple[Bound, ...]:
    """The cap, and the limits of the whole fleet."""
    cap, limits = config.cap, config.limits
    age = Bound(EVERY_MARKET, BY_NAME["equity_max_age_s"], cap.equity_max_age_ns)
    numbers: dict[str, Decimal | int] = {
        "leverage_entry": cap.leverage_entry,
        "leverage_max": cap.leverage_max,
        "level": cap.level,
        "deals": limits.deals,
        "notional_usd": limits.notional_usd,
        "deals_per_minute": limits.deals_per_minute,
        "deals_per_hour": limits.deals_per_hour,
    }
    return (age, *_bounds(EVERY_MARKET, numbers))


def of_market(terms: Terms) -> tuple[Bound, ...]:
    """The limits of one market."""
    numbers: dict[str, Decimal | int] = {
        "deals": terms.market_deals_max,
        "notional_usd": terms.market_notional_max_usd,
        "deals_per_minute": terms.market_deals_per_minute,
        "deals_per_hour": terms.market_deals_per_hour,
    }
    return tuple(_bounds(terms.market, numbers))


def of_all(config: Settings) -> tuple[Bound, ...]:
    """Every limit that arb.toml speaks of."""
    return (*of_fleet(config), *(bound for terms in config.markets.values() for bound in of_market(terms)))


def _bounds(market: str, numbers: dict[str, Decimal | int]) -> Iterator[Bound]:
    for name, number in numbers.items():
        yield Bound(market, BY_NAME[name], BY_NAME[name].value(Decimal(number)))
