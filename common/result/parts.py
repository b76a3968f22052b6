"""Deals counted and split: how far they got, how long they were held, what each market and each day brought. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from common.core.deal import Deal
from common.ledger.story import Story
from common.result.earned import Quotes, deal_pnl_uusd, earned
from common.result.lives import Became, Life
from common.result.watching import Watching
from common.telemetry.files import day_of


@dataclass(frozen=True, slots=True)
class Part:
    """What the deals of one market or of one day came to; `name` is which.

    A deal's money goes to the day of its last fill. `pnl_uusd` is marked to close, without funding; None: no price.
    """

    name: str
    deals: int
    missed: int
    traded_uusd: int
    fees_uusd: int
    pnl_uusd: int | None
    funding_uusd: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many got how far. `seen` and `refused` are telemetry's, None without any."""

    seen: int | None
    refused: int | None
    reserved: int
    sent: int
    hedged: int
    missed: int
    void: int
    closed: int
    live: int
    written_off: int


@dataclass(frozen=True, slots=True)
class Holding:
    """How long closed deals were hedged, nanoseconds."""

    deals: int
    median_ns: int
    p90_ns: int
    longest_ns: int


def funnel(lives: Sequence[Life], seen: Watching | None) -> Funnel:
    """From the edges that were seen to the deals that were closed."""
    became = [life.became for life in lives]
    return Funnel(
        seen=None if seen is None else seen.seen,
        refused=None if seen is None else sum(one.times for one in seen.denied),
        reserved=len(lives),
        sent=sum(life.was_sent for life in lives),
        hedged=sum(life.hedged_ns is not None for life in lives),
        missed=became.count(Became.MISSED),
        void=became.count(Became.VOID),
        closed=became.count(Became.CLOSED),
        live=became.count(Became.LIVE),
        written_off=became.count(Became.WRITTEN_OFF),
    )


def holding(lives: Sequence[Life]) -> Holding | None:
    """Of the deals that were hedged and are over; None without any."""
    held = sorted(life.held_ns for life in lives if life.held_ns is not None)
    if not held:
        return None
    tenths = quantiles(held, n=10, method="inclusive") if len(held) > 1 else held * 9
    return Holding(len(held), round(tenths[4]), round(tenths[8]), held[-1])


def markets(story: Story, lives: Sequence[Life], quotes: Quotes) -> tuple[Part, ...]:
    """By market, the best first."""
    names = sorted({life.deal.market for life in lives} | {paid.market for paid in story.funding})
    found = []
    for name in names:
        own = [life for life in lives if life.deal.market == name]
        found.append(_part(name, own, quotes, sum(p.payment_uusd for p in story.funding if p.market == name)))
    return tuple(sorted(found, key=lambda part: (part.pnl_uusd is None, -(part.pnl_uusd or 0), part.name)))


def days(story: Story, lives: Sequence[Life], quotes: Quotes) -> tuple[Part, ...]:
    """By day, UTC, the oldest first."""
    by_day: dict[str, list[Life]] = {}
    for life in lives:
        by_day.setdefault(day_of(last_ns(story, life.deal)).isoformat(), []).append(life)
    paid: dict[str, int] = {}
    for payment in story.funding:
        name = day_of(payment.venue_ns).isoformat()
        paid[name] = paid.get(name, 0) + payment.payment_uusd
    names = sorted(by_day.keys() | paid.keys())
    return tuple(_part(name, by_day.get(name, []), quotes, paid.get(name, 0)) for name in names)


def _part(name: str, lives: Sequence[Life], quotes: Quotes, funding_uusd: int) -> Part:
    sums = earned((life.deal for life in lives), quotes)
    missed = sum(life.became is Became.MISSED for life in lives)
    return Part(name, sums.deals, missed, sums.traded_uusd, sums.fees_uusd, sums.pnl_uusd, funding_uusd)


def last_ns(story: Story, deal: Deal) -> int:
    """When we heard of the deal's last fill; of one without, when it was reserved."""
    return max((story.heard_ns[fill.venue, fill.fill_id] for fill in deal.fills), default=deal.opened_ns)


def earned_at(story: Story, quotes: Quotes, to_ns: int) -> list[tuple[int, int]]:
    """Of each deal that filled, when it earned what it earned, µUSD; what is open earned it now."""
    filled = [(deal, deal_pnl_uusd(deal, quotes)) for deal in story.deals if deal.fills]
    return [(to_ns if deal.live else last_ns(story, deal), uusd) for deal, uusd in filled if uusd is not None]
