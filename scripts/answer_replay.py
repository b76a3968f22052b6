"""`arbctl replay`: one replay as configured and one with every latency doubled, side by side."""

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import typer

from common import clock
from common.replay.run import Outcome, Replay, play
from common.settings import Settings
from scripts import render
from scripts.render import Answer

SLOW = 2.0
COLUMNS = ("", "as configured", "latency ×2")
Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Given:
    """The options of `arbctl replay`."""

    tapes: Sequence[str]
    seed: int
    ledger: Path | None
    markets: Sequence[str]
    from_utc: str
    to_utc: str


def replay(config: Settings, given: Given) -> Answer:
    """Play twice; what came of it."""
    # alerts of the traders are part of the result, not of this terminal
    logging.getLogger().addHandler(logging.NullHandler())
    asked = Replay(
        tapes=tuple(given.tapes or [str(config.tape_folder)]),
        config=_of_markets(config, given.markets),
        seed=given.seed,
        ledger_file=given.ledger,
        from_ns=_moment_ns("--from", given.from_utc),
        to_ns=_moment_ns("--to", given.to_utc),
    )
    began_ns = clock.monotonic_ns()
    with _bar("as configured") as progress:
        first = play(asked, progress)
    with _bar("latency ×2") as progress:
        slow = play(replace(asked, ledger_file=None, slowness=SLOW), progress)
    elapsed_s = (clock.monotonic_ns() - began_ns) / render.SECOND_NS
    rows = [(name, said(first), said(slow)) for name, said in _ROWS]
    data = {"as_configured": first, "latency_doubled": slow}
    return Answer(data, COLUMNS, rows, notes=_notes(asked, first, elapsed_s))


def _notes(asked: Replay, first: Outcome, elapsed_s: float) -> list[str]:
    span = f"{render.moment(first.from_ns)} to {render.moment(first.to_ns)} UTC"
    notes = [f"{', '.join(first.markets)}: {first.events:,} book messages, {span}; both replays took {elapsed_s:.1f} s"]
    if asked.ledger_file is not None:
        notes.append(f"the ledger of the first one: {asked.ledger_file}")
    return notes


def _of_markets(config: Settings, names: Sequence[str]) -> Settings:
    wanted = {name: terms for name, terms in config.markets.items() if name in names or not names}
    return replace(config, markets=wanted)


def _moment_ns(option: str, text: str) -> int | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option}: {text} is no time such as 2024-08-08T23:57:00") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return int(at.timestamp()) * render.SECOND_NS + at.microsecond * 1000


@contextmanager
def _bar(name: str) -> Iterator[Progress | None]:
    """A progress bar on stderr, where somebody looks on."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:>13}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


# ---- the rows ---------------------------------------------------------------------------------------------------


def _deals(outcome: Outcome) -> str:
    return str(sum(deal.notional_uusd > 0 for deal in outcome.deals))


def _void(outcome: Outcome) -> str:
    return str(sum(deal.notional_uusd == 0 for deal in outcome.deals))


def _missed(outcome: Outcome) -> str:
    return str(sum(deal.was_missed for deal in outcome.deals))


def _at_end(outcome: Outcome) -> str:
    return str(sum(deal.closed_at_end for deal in outcome.deals))


def _pnl(outcome: Outcome) -> str:
    return render.usd(sum(deal.pnl_uusd for deal in outcome.deals), sign=True)


def _of_missed(outcome: Outcome) -> str:
    return render.usd(sum(deal.pnl_uusd for deal in outcome.deals if deal.was_missed), sign=True)


def _fees(outcome: Outcome) -> str:
    return render.usd(sum(deal.fees_uusd for deal in outcome.deals))


def _funding(outcome: Outcome) -> str:
    return render.usd(sum(deal.funding_uusd for deal in outcome.deals), sign=True)


def _equity(outcome: Outcome) -> str:
    return render.usd(outcome.equity_curve[-1][1])


def _refused(outcome: Outcome) -> str:
    return ", ".join(f"{count} {word}" for word, count in outcome.refusals.items()) or render.NOTHING


_ROWS: tuple[tuple[str, Callable[[Outcome], str]], ...] = (
    ("deals with fills", _deals),
    ("… a leg missed", _missed),
    ("… open at the end", _at_end),
    ("nothing filled", _void),
    ("pnl, all closed USD", _pnl),
    ("… of missed ones", _of_missed),
    ("fees in it USD", _fees),
    ("funding beside USD", _funding),
    ("equity at the end", _equity),
    ("refused", _refused),
    ("digest", lambda outcome: outcome.digest[:16]),
)
