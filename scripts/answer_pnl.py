"""`arbctl pnl`: what was earned since a day, by market or by day, from the ledger alone however long its history."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import typer

from common import clock
from common.ledger.earnings import Earned
from common.ledger.past import DAY_NS
from common.ledger.report import Report
from common.ledger.shapes import MarketRow
from common.settings import Settings
from scripts import render
from scripts.render import NOTHING, Answer
from scripts.since import since_ns

TODAY: Final = "today"
ALL: Final = "*"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD: Final = ("closed", "void", "written off", "realised USD", "of it fees", "funding USD")
_TAIL: Final = ("open at marks", "together USD")


@dataclass(slots=True)
class Line:
    """A market, or a day; money in micro-USD. `open_uusd` None: nothing is open, or a mark is missing."""

    name: str
    closed: int = 0
    void: int = 0
    written_off: int = 0
    realised_uusd: int = 0
    fees_uusd: int = 0
    funding_uusd: int = 0
    open_uusd: int | None = field(default=None)

    @property
    def total_uusd(self) -> int:
        """What is realised, funding, and what is open as far as it is known."""
        return self.realised_uusd + self.funding_uusd + (self.open_uusd or 0)

    def add(self, earned: Earned) -> None:
        """Take in a market's day."""
        for one in fields(self)[1:-1]:
            setattr(self, one.name, getattr(self, one.name) + getattr(earned, one.name))


def pnl(config: Settings, since: str | None, *, daily: bool) -> Answer:
    """Whole days, UTC. What is open belongs to no day yet: it stands with its market and in the sum."""
    from_day, by = first_day(since, clock.now_ns()), "day" if daily else "market"
    with Report.open(config.ledger_file) as report:
        earned, markets = report.earned(from_day), report.markets()
    opened = {row.market: row for row in markets if row.deals}
    lines = _lines(earned, daily=daily)
    if not daily:
        _add_open(lines, opened)
    everything = Line("all")
    for one in earned:
        everything.add(one)
    known = [row.unrealised_uusd for row in opened.values() if row.unrealised_uusd is not None]
    everything.open_uusd = sum(known) if opened else None
    begin = "the beginning" if since is None else f"{day_name(from_day)} 00:00 UTC"
    notes = [f"{market}: a venue's mark is missing" for market, row in opened.items() if row.unrealised_uusd is None]
    shown = [lines[name] for name in sorted(lines)]
    return Answer(
        {"since": None if since is None else day_name(from_day), "by": by,
         "lines": [_data(line) for line in shown], "all": _data(everything)},
        (by, *_HEAD, *_TAIL),
        [_cells(line) for line in [*shown, everything]],
        notes=notes,
        footer=f"since {begin}; a deal counts on the day in which it ended",
    )  # fmt: skip


def first_day(since: str | None, now_ns: int) -> int:
    """Number of the day (UTC) in which that moment lies; 0 for the beginning of everything."""
    if since == TODAY:
        return now_ns // DAY_NS
    at_ns = since_ns(since, now_ns)
    if at_ns is not None and at_ns > now_ns:
        raise typer.BadParameter(f"{since} is still to come")
    return max(0, (at_ns or 0) // DAY_NS)


def day_name(number: int) -> str:
    """Its date."""
    return (_EPOCH + timedelta(days=number)).date().isoformat()


def _lines(earned: Iterable[Earned], *, daily: bool) -> dict[str, Line]:
    name: Callable[[Earned], str] = (lambda one: day_name(one.day)) if daily else (lambda one: one.market)
    lines = dict[str, Line]()
    for one in earned:
        lines.setdefault(name(one), Line(name(one))).add(one)
    return lines


def _add_open(lines: dict[str, Line], opened: dict[str, MarketRow]) -> None:
    for market, row in opened.items():
        lines.setdefault(market, Line(market)).open_uusd = row.unrealised_uusd


def _data(line: Line) -> dict[str, Any]:
    plain: dict[str, Any] = render.plain(line)
    return plain | {"total_uusd": line.total_uusd}


def _cells(line: Line) -> tuple[str, ...]:
    counts = [str(n) if n else NOTHING for n in (line.closed, line.void, line.written_off)]
    money = [line.realised_uusd, line.fees_uusd, line.funding_uusd, line.open_uusd, line.total_uusd]
    said = [render.usd(uusd, sign=n != 1) for n, uusd in enumerate(money)]
    return (line.name, *counts, *said)
