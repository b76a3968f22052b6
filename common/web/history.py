"""What the charts show: a period of ledger and telemetry, made so short that a browser draws it. Reads files.

The figures are those of `arbctl report`, out of the same functions. Times are seconds, money whole micro-USD.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from common.core.market import Venue
from common.ledger.report import Report
from common.ledger.story import Story
from common.result import curve, nakedness, watching
from common.result.curve import Curve
from common.result.meanings import MEANS
from common.result.result import of
from common.telemetry import files
from common.telemetry.merging import merged
from common.telemetry.rows import FleetRow, Row, Span
from common.web import edges, spread

#: points of a curve, points of a market's spread, and bars over time
POINTS_MAX: Final = 600
#: the newest deals of a period, which are shown whatever the period: a busy week has more than a page can wait for
DEALS_MAX: Final = 5_000
SPREADS_MAX: Final = 360
BARS: Final = 48
_NS: Final = 1_000_000_000


class GivenUp(Exception):
    """Nobody waits for it any more."""


@dataclass(frozen=True, slots=True)
class Period:
    """Which ledger, and from when until when."""

    ledger_file: Path
    from_ns: int
    to_ns: int


def history(period: Period, is_over: Callable[[], bool]) -> dict[str, Any]:
    """All charts; LedgerError without a ledger, GivenUp when it `is_over`: the process is to end."""
    with Report.open(period.ledger_file) as report:
        since_ns = report.since(DEALS_MAX, period.from_ns)
        story = report.story(since_ns)
    seen, asked_ns = edges.Seen(), period.from_ns
    step_ns = (period.to_ns - period.from_ns) // SPREADS_MAX
    read = _until(files.read(files.folder_of(period.ledger_file), period.from_ns, period.to_ns), is_over)
    rows = list(merged(seen.through(read), step_ns))
    spans, fleet = of(rows, Span), of(rows, FleetRow)
    period = _begun(period, story, rows)
    looked = watching.watching(spans, ()) if spans else None
    return {
        "from": period.from_ns / _NS,
        "to": period.to_ns / _NS,
        # later than asked for where there were more deals than DEALS_MAX
        "deals_from": None if since_ns == asked_ns else since_ns / _NS,
        "equity": _columns(curve.thinned(curve.equity(fleet), POINTS_MAX)),
        "pnl": _columns(curve.thinned(curve.profit(story, spans), POINTS_MAX)),
        "funding": _columns(curve.thinned(_funding(story), POINTS_MAX)),
        "cap": _cap(fleet),
        "spread": _spreads(story, spans),
        "edge": edges.bars(seen.counts, edges.kept(story.deals)),
        "naked": _naked(story, period),
        "refused": _refused(seen),
        "said": _said(looked),
    }


def _begun(period: Period, story: Story, rows: Sequence[Row]) -> Period:
    """The same, from when there is something to show: a young fleet is not a line at the right edge."""
    first_ns = min([row.at_ns for row in rows] + [deal.opened_ns for deal in story.deals], default=period.from_ns)
    return replace(period, from_ns=min(max(period.from_ns, first_ns), period.to_ns - _NS))


def _until(rows: Iterator[Row], is_over: Callable[[], bool]) -> Iterator[Row]:
    for row in rows:
        if is_over():
            raise GivenUp
        yield row


def _columns(points: Curve) -> list[list[float]]:
    """Times and values: the shape that is drawn."""
    return [[round(at_ns / _NS, 1) for at_ns, _ in points], [value for _, value in points]]


def _funding(story: Story) -> Curve:
    """All payments so far."""
    total, points = 0, list[tuple[int, int]]()
    for paid in sorted(story.funding, key=lambda paid: paid.venue_ns):
        total += paid.payment_uusd
        points.append((paid.venue_ns, total))
    return tuple(points)


def _cap(fleet: Sequence[FleetRow]) -> list[list[float]]:
    """The share of the cap that was held."""
    known = [(row.at_ns / _NS, row.held_uusd / row.cap_uusd) for row in fleet if row.cap_uusd]
    return [[round(at, 1) for at, _ in known], [round(share, 4) for _, share in known]]


def _spreads(story: Story, spans: Sequence[Span]) -> dict[str, Any]:
    markets = sorted({span.market for span in spans} | {deal.market for deal in story.deals})
    return {
        market: spread.apart(span for span in spans if span.market == market) | {"marks": spread.marks(story, market)}
        for market in markets
    }


def _naked(story: Story, period: Period) -> dict[str, Any]:
    """Seconds that deals were naked, by when that began and by the venue whose leg was missing."""
    width_ns = max(1, -(-(period.to_ns - period.from_ns) // BARS))
    begins = [period.from_ns + index * width_ns for index in range(BARS)]
    sums = {venue: [0.0] * BARS for venue in Venue}
    longest = dict.fromkeys(Venue, 0.0)
    for deal in story.deals:
        for one in nakedness.stretches_of(deal, story.heard_ns, period.to_ns):
            index = min(max((one.from_ns - period.from_ns) // width_ns, 0), BARS - 1)
            sums[one.venue][index] += one.for_ns / _NS
            longest[one.venue] = max(longest[one.venue], one.for_ns / _NS)
    return {
        "t": [round(at_ns / _NS, 1) for at_ns in begins],
        "width": width_ns / _NS,
        "s": {venue.value: [round(one, 3) for one in own] for venue, own in sums.items()},
        "longest": {venue.value: round(one, 3) for venue, one in longest.items()},
    }


def _refused(seen: edges.Seen) -> list[dict[str, Any]]:
    return [
        {"reason": reason, "means": MEANS.get(reason, ""), "times": times, "edge_uusd": seen.missed_uusd[reason]}
        for reason, times in seen.refused.most_common()
    ]


def _said(looked: watching.Watching | None) -> list[dict[str, Any]]:
    """Why no deal was opened, by how long it stood."""
    return [
        {"word": one.word, "means": MEANS.get(one.word, ""), "s": round(one.for_ns / _NS, 1)}
        for one in (looked.said if looked is not None else ())
    ]
