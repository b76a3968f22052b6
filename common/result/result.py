"""The result of a fleet over a period: everything `arbctl report` says, as one value. Reads ledger and telemetry.

A deal belongs to the period in which it was reserved; its money to the day of its last fill.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from common.core.deal import Deal, DealState
from common.core.market import Venue
from common.ledger.report import Report
from common.ledger.shapes import CapRow, Equity, MarketRow
from common.ledger.story import Story
from common.result import bootstrap, curve, earned, filling, lives, nakedness, parts, slippage, watching
from common.result.bootstrap import Daily
from common.result.curve import Curve, Drawdown
from common.result.earned import Earned, Quotes
from common.result.filling import Counts, Filling
from common.result.nakedness import Naked
from common.result.parts import Funnel, Holding, Part
from common.result.slippage import Marked, Slipped
from common.result.watching import Watching
from common.telemetry import files
from common.telemetry.merging import merged
from common.telemetry.rows import FleetRow, Mark, Refused, Row, Sent, Span

HOUR_NS = 3600 * 1_000_000_000
#: points of a curve that a result carries: enough for a chart on paper
CURVE_MAX = 2000

Kind = TypeVar("Kind", bound=Row)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which ledger, and what of it: deals reserved since (None: all), in one market or all; `to_ns`: until when.

    `to_ns` None: until the last thing that ledger or telemetry have, so that a report on yesterday ends yesterday.
    """

    ledger_file: Path
    since_ns: int | None = None
    market: str | None = None
    to_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """Everything. `marked_by` says what open positions were priced with: book, mark, nothing open, or no price."""

    ledger: str
    market: str | None
    from_ns: int
    to_ns: int
    earned: Earned
    funding_uusd: int
    marked_by: str
    #: what the deals that filled were expected to keep when they were reserved
    expected_uusd: int
    daily: Daily | None
    funnel: Funnel
    naked: tuple[Naked, ...]
    slipped: tuple[Slipped, ...]
    marked: tuple[Marked, ...]
    holding: Holding | None
    slot_ns: int
    free_share: Decimal | None
    filling: Filling
    watching: Watching | None
    markets: tuple[Part, ...]
    days: tuple[Part, ...]
    profit: Curve
    profit_drawdown: Drawdown | None
    equity: Curve
    equity_drawdown: Drawdown | None
    positions: tuple[MarketRow, ...]
    equities: tuple[Equity, ...]
    cap: CapRow
    #: (when, live +1, live −1) and (when, share of the cap)
    live: Counts
    cap_use: tuple[tuple[int, float], ...]

    @property
    def pnl_uusd(self) -> int | None:
        """Marked to close, fees and funding included: the first figure of a report."""
        known = self.earned.pnl_uusd
        return None if known is None else known + self.funding_uusd

    @property
    def slot_hour_uusd(self) -> int | None:
        """What a place of the level earned in an hour of being taken."""
        if not self.slot_ns or self.pnl_uusd is None:
            return None
        return self.pnl_uusd * HOUR_NS // self.slot_ns

    @property
    def turnover(self) -> Decimal | None:
        """What was traded, in multiples of the equity of both venues."""
        equity = sum(one.equity_uusd for one in self.equities)
        return Decimal(self.earned.traded_uusd) / equity if equity > 0 else None


def result(asked: Asked) -> Result:
    """Read and compute; LedgerError when the file cannot serve."""
    with Report.open(asked.ledger_file) as report:
        story = report.story(asked.since_ns, asked.market)
        positions, equities, cap = report.markets(), report.equities(), report.cap()
    folder = files.folder_of(asked.ledger_file)
    read = files.read(folder, story.from_ns, asked.to_ns, asked.market)
    rows = list(merged(read, (_ended(story, equities) - story.from_ns) // CURVE_MAX))
    to_ns = asked.to_ns or max(_ended(story, equities), *(row.at_ns for row in rows), 0)
    quotes, marked_by = prices(story, of(rows, Span), positions)
    made = _computed(asked, story, rows, (quotes, to_ns), cap)
    return replace(made, marked_by=marked_by, positions=_only(positions, asked.market), equities=equities)


def _only(positions: tuple[MarketRow, ...], market: str | None) -> tuple[MarketRow, ...]:
    """Sides and sums; the deals themselves are told of elsewhere."""
    return tuple(replace(row, deals=()) for row in positions if market in (None, row.market))


def of(rows: Iterable[Row], kind: type[Kind]) -> list[Kind]:
    """The rows of one kind, in order of time."""
    return sorted((row for row in rows if isinstance(row, kind)), key=lambda row: row.at_ns)


def _ended(story: Story, equities: Sequence[Equity]) -> int:
    """The last thing that the ledger knows of."""
    times = [story.from_ns, *(one.at_ns for one in equities), *story.heard_ns.values()]
    return max(*times, *(moved.at_ns for moved in story.moves), story.from_ns)


def _is_off(deal: Deal) -> bool:
    return deal.state is DealState.WRITTEN_OFF


def prices(story: Story, spans: Sequence[Span], positions: Sequence[MarketRow]) -> tuple[Quotes, str]:
    """What positions are sold and bought back for, and by what: the books where telemetry has them, else marks."""
    marks = {(r.market, s.venue): (s.mark, s.mark) for r in positions for s in r.sides if s.mark is not None}
    books = {
        (span.market, Venue(venue)): (Decimal(sold), Decimal(bought))
        for span in spans
        for venue, (sold, bought) in span.quotes.items()
    }
    needed = {(d.market, venue) for d in story.deals if not _is_off(d) for venue in Venue if d.position(venue)}
    if not needed:
        return {**marks, **books}, "nothing open"
    if needed <= books.keys():
        return {**marks, **books}, "book"
    return {**marks, **books}, "mark" if needed <= {*marks, *books} else "no price"


def _computed(asked: Asked, story: Story, rows: Sequence[Row], priced: tuple[Quotes, int], cap: CapRow) -> Result:
    quotes, to_ns = priced
    spans, fleet, sent = of(rows, Span), of(rows, FleetRow), of(rows, Sent)
    expected = {row.client_id: Decimal(row.expected) for row in sent if row.expected}
    all_lives = lives.lives(story.deals, story.moves)
    counts = filling.counts(all_lives, story.earlier, story.from_ns)
    seen = watching.watching(spans, of(rows, Refused)) if spans else None
    profit, equity = curve.profit(story, spans), curve.equity(fleet)
    return Result(
        ledger=str(asked.ledger_file),
        market=asked.market,
        from_ns=story.from_ns,
        to_ns=to_ns,
        earned=earned.earned(story.deals, quotes),
        funding_uusd=sum(paid.payment_uusd for paid in story.funding),
        marked_by="",
        expected_uusd=sum(deal.edge_uusd for deal in story.deals if deal.fills),
        daily=bootstrap.daily(parts.earned_at(story, quotes, to_ns), story.from_ns, to_ns),
        funnel=parts.funnel(all_lives, seen),
        naked=nakedness.naked(story.deals, story.heard_ns, expected, to_ns),
        slipped=slippage.slipped(story.deals, expected),
        marked=slippage.marked(of(rows, Mark)),
        holding=parts.holding(all_lives),
        slot_ns=sum(life.slot_ns(to_ns) for life in all_lives),
        free_share=earned.free_share(story.deals),
        filling=filling.filling(all_lives, counts, fleet, cap.level, to_ns),
        watching=seen,
        markets=parts.markets(story, all_lives, quotes),
        days=parts.days(story, all_lives, quotes),
        profit=curve.thinned(profit, CURVE_MAX),
        profit_drawdown=curve.drawdown(profit),
        equity=curve.thinned(equity, CURVE_MAX),
        equity_drawdown=curve.drawdown(equity),
        positions=(),
        equities=(),
        cap=cap,
        live=counts,
        cap_use=tuple((row.at_ns, row.held_uusd / row.cap_uusd) for row in fleet if row.cap_uusd),
    )
