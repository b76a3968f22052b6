"""The statement of a day: what was traded and earned, and whether both venues hold what the ledger says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from common.alerts.shapes import Kind, Say, Severity
from common.desk.shapes import DeskFacts
from common.ledger.earnings import Earned
from common.ledger.report import Report

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """A market where a venue holds something else than our fills say; `name` is what a person signs."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day (its number since 1970): what ended in it by market; accounts, positions and differences as of now."""

    number: int
    earned: tuple[Earned, ...]
    desk: DeskFacts

    @property
    def differences(self) -> list[Difference]:
        """Each by a name that changes with the sizes: another difference is another one to sign."""
        found = []
        for row in self.desk.markets:
            for side in row.sides:
                if side.venue_size is not None and not side.agrees:
                    name = f"{row.market}-{side.venue}-{side.venue_size - side.ledger_size:+f}"
                    sizes = f"{side.venue} has {side.venue_size:f}, our fills say {side.ledger_size:f}"
                    found.append(Difference(name, f"{row.market}: {sizes}"))
        return found


def date(number: int) -> str:
    """Of a day by its number, as ISO writes it."""
    return (_EPOCH + timedelta(days=number)).date().isoformat()


def read(report: Report, number: int, desk: DeskFacts) -> Day:
    """Out of the ledger, and of what the desk shows now."""
    return Day(number, tuple(one for one in report.earned(number) if one.day == number), desk)


def statement(day: Day, signed: Mapping[str, tuple[str, str]]) -> Say:
    """As a message; a difference that nobody signed is a warning."""
    open_ones = [one for one in day.differences if one.name not in signed]
    severity = Severity.WARNING if open_ones else Severity.INFO
    return Say(Kind.STATEMENT, f"statement {date(day.number)}", severity, "\n".join(_lines(day, signed)))


def _lines(day: Day, signed: Mapping[str, tuple[str, str]]) -> Iterable[str]:
    closed, fees = sum(one.closed for one in day.earned), sum(one.fees_uusd for one in day.earned)
    realised, funding = sum(one.realised_uusd for one in day.earned), sum(one.funding_uusd for one in day.earned)
    yield f"statement of {date(day.number)} (UTC)"
    yield f"deals closed {closed}, realised {_usd(realised)} USD (fees {_usd(fees)} taken off)"
    yield f"funding {_usd(funding)} USD"
    for one in day.earned:
        if one.closed or one.total_uusd:
            yield f"  {one.market}: {one.closed} closed, {_usd(one.total_uusd)} USD"
    for equity in day.desk.venues:
        yield f"{equity.venue}: equity {_usd(equity.equity_uusd)} USD, gross position {_usd(equity.gross_uusd)} USD"
    held = [(row, side) for row in day.desk.markets for side in row.sides if side.ledger_size or side.venue_size]
    yield "positions: none" if not held else "positions (our fills / the venue):"
    for row, side in held:
        there = f"{side.venue_size:f}" if side.venue_size is not None and side.settled else "not told since"
        yield f"  {row.market} {side.venue}: {side.ledger_size:f} / {there}"
    for difference in day.differences:
        yield _signed_line(difference, signed)


def _signed_line(difference: Difference, signed: Mapping[str, tuple[str, str]]) -> str:
    if difference.name in signed:
        who, why = signed[difference.name]
        return f"difference signed by {who} ({why}): {difference.text}"
    remedy = f"arbctl audit; then arbctl alert sign-off {difference.name} --why …"
    return f"DIFFERENCE not signed off: {difference.text}\n  → {remedy}"


def _usd(uusd: int) -> str:
    return f"{Decimal(uusd) / 1_000_000:+.4f}"
