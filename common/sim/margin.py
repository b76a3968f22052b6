"""What an account's positions and orders demand as margin, and whether one more order fits. Pure arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from common.core.market import Side
from common.core.money import ZERO
from common.sim.account import Account
from common.sim.listings import Listing


@dataclass(frozen=True, slots=True)
class OpenInterest:
    """One market of one account: signed position, sizes that rest on either side, index price."""

    listing: Listing
    position: Decimal
    bought: Decimal
    sold: Decimal
    index: Decimal

    @property
    def value(self) -> Decimal:
        """The position at the index price, signed."""
        return self.position * self.index

    @property
    def initial(self) -> Decimal:
        """Initial margin of the larger position that fills of the resting orders could lead to."""
        worst = max(abs(self.position), abs(self.position + self.bought), abs(self.position - self.sold))
        return worst * self.index * self.listing.initial_margin(worst)

    @property
    def maintenance(self) -> Decimal:
        """Below this equity the position is taken over."""
        return abs(self.value) * self.listing.instrument.maintenance_margin


@dataclass(frozen=True, slots=True)
class Health:
    """Equity against what is demanded, USD."""

    equity: Decimal
    initial: Decimal
    maintenance: Decimal

    @property
    def free(self) -> Decimal:
        """Free collateral: what new orders may use."""
        return self.equity - self.initial

    @property
    def broke(self) -> bool:
        """Whether the venue takes the positions over."""
        return self.maintenance > 0 and self.equity < self.maintenance


def health(balance: Decimal, markets: Mapping[str, OpenInterest]) -> Health:
    """Add up an account."""
    rows = markets.values()
    return Health(
        equity=balance + sum((row.value for row in rows), ZERO),
        initial=sum((row.initial for row in rows), ZERO),
        maintenance=sum((row.maintenance for row in rows), ZERO),
    )


def interest(
    account: Account,
    listings: Mapping[str, Listing],
    index: Mapping[str, Decimal],
    resting: Mapping[tuple[str, Side], Decimal],
) -> dict[str, OpenInterest]:
    """The markets in which `account` holds or has ordered something."""
    markets = account.holdings.keys() | {market for market, _ in resting}
    return {
        market: OpenInterest(
            listing=listings[market],
            position=account.size(market),
            bought=resting.get((market, Side.BUY), ZERO),
            sold=resting.get((market, Side.SELL), ZERO),
            index=index[market],
        )
        for market in sorted(markets)
    }


def after(row: OpenInterest, signed: Decimal) -> OpenInterest:
    """The market once `signed` more has been traded."""
    return OpenInterest(row.listing, row.position + signed, row.bought, row.sold, row.index)


def reduces(position: Decimal, signed: Decimal) -> bool:
    """Whether trading `signed` only makes the position smaller."""
    return position * signed < 0 and abs(signed) <= abs(position)
