"""What both venues tell, gathered once through their desks: histories, orders still alive, accounts, funding.

Asks and waits; judges nothing. VenueError when a venue cannot be heard in full: half a story is none.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from common.core.account import AccountFacts, FundingPaid
from common.core.errors import ConfigError
from common.core.history import History
from common.core.market import Instrument, Venue
from common.venues.base import Desk

#: whatever the last worker sent is dead at both venues by then, should it not have been taken in (20 s, 35 s)
QUIET_S = 40.0
Tell: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One look at both venues. `alive` is (venue, market, client id) of orders that may still fill."""

    since_ns: int
    histories: tuple[History, ...]
    alive: tuple[tuple[Venue, str, str], ...]
    accounts: tuple[AccountFacts, ...]
    funding: tuple[FundingPaid, ...]
    instruments: Mapping[str, Mapping[Venue, Instrument]]

    @property
    def markets(self) -> frozenset[str]:
        """Every market that a venue spoke of."""
        told = {order.market for history in self.histories for order in history.orders}
        told |= {forced.market for history in self.histories for forced in history.forced}
        told |= {market for _, market, _ in self.alive}
        return frozenset(told | {position.market for facts in self.accounts for position in facts.positions})


async def gather(desks: Mapping[Venue, Desk], markets: tuple[str, ...], since_ns: int, tell: Tell) -> Evidence:
    """Ask started desks for everything since then; `tell` hears, in words, how far it is."""
    instruments = {market: found for market in markets if (found := await _instruments(desks, market))}
    # Fills before positions: the account then has all that the fills make, and nothing trades in between.
    histories = await asyncio.gather(*(_history(desk, since_ns, tell) for desk in desks.values()))
    alive = [(v, market, name) for v, desk in desks.items() for name, market in await desk.open_orders()]
    funding = [paid for desk in desks.values() for market in instruments for paid in await desk.funding(market)]
    accounts = [await desk.account() for desk in desks.values()]
    return Evidence(since_ns, tuple(histories), tuple(alive), tuple(accounts), tuple(funding), instruments)


async def _instruments(desks: Mapping[Venue, Desk], market: str) -> Mapping[Venue, Instrument]:
    """The listings of a market at both venues; empty where one of them does not list it (any more)."""
    try:
        return {venue: await desk.instrument(market) for venue, desk in desks.items()}
    except ConfigError:
        return {}


async def _history(desk: Desk, since_ns: int, tell: Tell) -> History:
    history = await desk.history(since_ns)
    tell(f"{desk.venue}: {len(history.fills)} fills of {len(history.orders)} orders, {len(history.forced)} forced")
    return history


async def quiet(tell: Tell, wait_s: float = QUIET_S) -> None:
    """Let the time pass in which an order that was sent before we came may still be taken in."""
    if wait_s > 0:
        tell(f"waiting {wait_s:.0f} s: what was sent last may still arrive at a venue")
        await asyncio.sleep(wait_s)
