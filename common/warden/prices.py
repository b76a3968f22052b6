"""What both venues' index prices and funding rates say together: USD against USDC, and what a deal will be paid. Pure.

dYdX's index is in USD, ApeX's in USDC: where the same coin costs more USDC than USD, it is the USDC that is worth less.
"""

from collections.abc import Mapping
from decimal import Decimal
from statistics import median
from typing import TypeAlias

from common.core.deal import Deal
from common.core.events import HaltLevel
from common.core.market import Venue
from common.core.money import ZERO
from common.venues.base import Outlook
from common.warden.terms import WardenTerms
from common.warden.verdicts import EVERY_MARKET, Kind, Verdict

#: venue → market → what it says of it; a venue that gave no usable answer is missing
Outlooks: TypeAlias = Mapping[Venue, Mapping[str, Outlook]]
BPS = 10_000


def parted_bps(outlooks: Outlooks) -> Decimal | None:
    """How much more a coin costs in USDC than in USD: the median over the markets, basis points; None: not known."""
    usd, usdc = (outlooks.get(venue, {}) for venue in (Venue.DYDX, Venue.APEX))
    found = [(usdc[market].index / usd[market].index - 1) * BPS for market in sorted(usd.keys() & usdc.keys())]
    return median(found) if found else None


def peg_verdict(parted: Decimal, terms: WardenTerms) -> Verdict | None:
    """No entries while one dollar is surely not the other: what looks like an edge is the dollar's."""
    if abs(parted) <= terms.peg_max_bps:
        return None
    return Verdict(Kind.PEG, EVERY_MARKET, HaltLevel.HALT, f"{_said(parted)}, more than {terms.peg_max_bps:f}")


def peg_warning(parted: Decimal, terms: WardenTerms) -> str:
    """What to tell when the dollars part; empty while they do not."""
    return _said(parted) if abs(parted) > terms.peg_warn_bps else ""


def _said(parted: Decimal) -> str:
    return f"prices in USDC are {parted:+.0f} bp off those in USD"


def funding_hourly(deal: Deal, outlooks: Outlooks) -> Decimal | None:
    """USD per hour that holding `deal` is about to bring, negative when it costs; None while a rate is not known."""
    paid = ZERO
    for venue in Venue:
        said = outlooks.get(venue, {}).get(deal.market)
        if said is None:
            return None
        paid -= deal.position(venue) * said.index * said.funding_hourly
    return paid


def funding_warning(deal: Deal, outlooks: Outlooks) -> str:
    """What to tell when one hour of funding costs more than the deal was opened for; empty while it does not."""
    hourly = funding_hourly(deal, outlooks)
    edge = Decimal(deal.edge_uusd) / 1_000_000
    if hourly is None or -hourly <= max(edge, ZERO):
        return ""
    return f"{deal.deal_id} pays {-hourly:.4f} USD of funding an hour, it was opened for {edge:.4f}"
