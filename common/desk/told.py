"""What is recorded about the fleet, read at one moment: ledger, telemetry, supervisord, the warden's board.

Reading only; what follows from it is put together by facts.py. Of a ledger that was replaced meanwhile it reads the new
one. A reader belongs to one thread.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from common import members
from common.core.errors import LedgerError
from common.core.terms import SECOND_NS, Terms
from common.ledger.earnings import Earned
from common.ledger.report import Report
from common.ledger.shapes import Beat, CapRow, Counts, DealRow, Doubt, Equity, Halt, JournalRow, MarketRow
from common.ledger.store import NO_LEDGER
from common.settings import Settings
from common.supervisor_client import Places, Process, Supervisor
from common.telemetry import files
from common.telemetry.rows import Refused, Row, Span
from common.warden import board

DAY_NS: Final = 86_400 * SECOND_NS
#: rows of the journal that are handed on
JOURNAL_ROWS: Final = 200
#: which file it is
Identity: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class LedgerTold:
    """What stands in the ledger."""

    beats: Mapping[str, Beat]
    halts: tuple[Halt, ...]
    doubts: tuple[Doubt, ...]
    equities: tuple[Equity, ...]
    cap: CapRow
    counts: Counts
    markets: Mapping[str, MarketRow]
    deals: tuple[DealRow, ...]
    earned: Mapping[str, Earned]
    #: by market, when our last fill was written down
    filled_ns: Mapping[str, int]
    journal: tuple[JournalRow, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that was read; `ledger` None: there is none that can be read, and `trouble` says why."""

    mode: str
    markets: tuple[str, ...]
    alive: tuple[int, str] | None
    processes: tuple[Process, ...]
    board: board.Seen | None
    spans: Mapping[str, Span]
    refused: Mapping[str, Refused]
    ledger: LedgerTold | None
    trouble: str


class Reader:
    """Reads again and again, and remembers what need not be read twice."""

    def __init__(self, config: Settings) -> None:
        self._config = config
        self._terms: Mapping[str, Terms] = config.markets
        self._supervisor = Supervisor(Places(config.var).socket)
        self._report: Report | None = None
        self._identity: Identity | None = None

    def read(self, now_ns: int) -> Told:
        """One look at all of it; whatever cannot be read is missing, and the rest is there."""
        alive = self._supervisor.alive()
        spans, refused = newest(files.folder_of(self._config.ledger_file), self._terms, now_ns)
        ledger, trouble = self._read_ledger(now_ns)
        return Told(
            mode=self._config.mode,
            markets=tuple(self._terms),
            alive=alive,
            processes=tuple(self._supervisor.processes()) if alive else (),
            board=board.read(self._config.var / board.FILE, now_ns),
            spans=spans,
            refused=refused,
            ledger=ledger,
            trouble=trouble,
        )

    def close(self) -> None:
        """Let the ledger go."""
        if self._report is not None:
            self._report.close()
        self._report = self._identity = None

    def _read_ledger(self, now_ns: int) -> tuple[LedgerTold | None, str]:
        try:
            return ledger_told(self._opened(), now_ns // DAY_NS), ""
        except LedgerError as error:
            self.close()
            return None, str(error)

    def _opened(self) -> Report:
        """The file that lies there now."""
        identity = identity_of(self._config.ledger_file)
        if self._report is None or identity != self._identity:
            self.close()
            self._report, self._identity = Report.open(self._config.ledger_file), identity
        return self._report


def identity_of(file: Path) -> Identity:
    """Which file lies at this place now."""
    try:
        status = file.stat()
    except OSError as error:
        raise LedgerError(NO_LEDGER.format(path=file)) from error
    return status.st_dev, status.st_ino


def ledger_told(report: Report, today: int) -> LedgerTold:
    """All that is shown of the ledger; `today`: the number of the day since 1970."""
    return LedgerTold(
        beats={beat.market: beat for beat in report.heartbeats()},
        halts=report.halts(),
        doubts=report.doubts(),
        equities=report.equities(),
        cap=report.cap(),
        counts=report.counts(),
        markets={row.market: row for row in report.markets()},
        deals=report.deals(live=True),
        earned={one.market: one for one in report.earned(today)},
        filled_ns=report.filled_ns(),
        journal=tuple(report.journal(JOURNAL_ROWS)),
    )


def newest(folder: Path, markets: Iterable[str], now_ns: int) -> tuple[dict[str, Span], dict[str, Refused]]:
    """By market the last span and the last refusal of the last minutes."""
    spans, refused = dict[str, Span](), dict[str, Refused]()
    for market in markets:
        found: Sequence[Row] = files.newest(folder, market, now_ns)
        for row in found:
            if isinstance(row, Span):
                spans[market] = row
            elif isinstance(row, Refused):
                refused[market] = row
    return spans, refused


def states(processes: Iterable[Process]) -> dict[str, Process]:
    """The workers by market's program."""
    return {one.name: one for one in processes if one.group == members.GROUP}
