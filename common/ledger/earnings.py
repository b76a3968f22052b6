"""What was earned by day: finished deals and funding, out of the past that is remembered.

A deal belongs to the day (UTC) in which it ended, with everything that it earned: a fill that is heard later, or taken
back, changes that day's figure. Funding belongs to the day for which it was paid. Every deal's money is rounded down.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from common.ledger.past import Day, Past


@dataclass(frozen=True, slots=True)
class Earned:
    """One market on one day (its number since 1970-01-01)."""

    market: str
    day: int
    closed: int
    void: int
    written_off: int
    #: what the deals realised, fees taken off already
    realised_uusd: int
    fees_uusd: int
    #: received; negative when paid
    funding_uusd: int

    @property
    def total_uusd(self) -> int:
        """All of it."""
        return self.realised_uusd + self.funding_uusd


def days(past: Past, from_day: int) -> Iterator[Earned]:
    """Every market and day from that one on in which anything ended or was paid, by day."""
    found = [
        (number, market, day)
        for market, place in past.markets.items()
        for number, day in place.days.items()
        if number >= from_day
    ]
    return (_earned(market, number, day) for number, market, day in sorted(found, key=lambda one: one[:2]))


def _earned(market: str, number: int, day: Day) -> Earned:
    return Earned(market, number, day.closed, day.void, day.written_off, day.pnl_uusd, day.fees_uusd, day.funding_uusd)
