"""One look: what stands and what happened goes into the outbox; the statement of a day that is over, once."""

from typing import Final

from common.alerts import backups, statement
from common.alerts.conditions import conditions
from common.alerts.happened import happened, pids, restarted
from common.alerts.outbox import Outbox
from common.alerts.shapes import Say, Severity
from common.alerts.targets import Targets
from common.alerts.terms import DAY_NS, HOUR_NS, AlertTerms
from common.alerts.turning import Turning
from common.desk.facts import facts
from common.desk.shapes import DeskFacts
from common.desk.told import Reader
from common.ledger.report import Report
from common.ledger.shapes import JournalRow
from common.settings import Settings

#: names under which the outbox keeps how far was read, and of which day the last statement was
JOURNAL: Final = "journal"
STATEMENT: Final = "statement"
BACKUPS: Final = "backups"
#: rows of the journal that are read at a look; what is more comes with the next
ROWS: Final = 5_000


class Watchman:
    """Of one fleet; belongs to one thread."""

    def __init__(self, config: Settings, outbox: Outbox, targets: Targets) -> None:
        self._config, self._outbox, self._targets = config, outbox, targets
        self._terms: AlertTerms = config.alerts
        self._reader, self._turning = Reader(config), Turning(self._terms.remind_after_ns)
        self._pids = dict[str, int]()

    def look(self, now_ns: int) -> bool:
        """Put down what there is to say; whether nothing critical stands."""
        desk = facts(self._reader.read(now_ns), now_ns)
        standing = conditions(desk)
        says = self._turning.look(self._outbox.standing(), standing, now_ns)
        once, marks = self._from_the_journal(desk)
        said, days = self._statement(desk, now_ns)
        failed, read_to = self._from_the_backups()
        says += [(say, None) for say in (*once, *said, *failed, *restarted(self._pids, desk))]
        self._pids = pids(desk)
        marks |= days | read_to
        if says or marks:
            self._outbox.put(says, marks, self._loud(now_ns), now_ns)
        return not any(one.severity is Severity.CRITICAL for one in standing.values())

    def _loud(self, now_ns: int) -> dict[str, int]:
        return dict.fromkeys(self._targets.urls, self._terms.loud_ns(now_ns))

    def _from_the_journal(self, desk: DeskFacts) -> tuple[list[Say], dict[str, str]]:
        """Rows since the last look, in steps. The first look at a ledger begins at its end: old news is none."""
        if desk.trouble or not desk.journal:
            return [], {}
        known = self._outbox.mark(JOURNAL)
        if not known:
            return [], {JOURNAL: _name(desk.journal[-1])}
        if known == _name(desk.journal[-1]):
            return [], {}
        rows = _rows_since(self._config, known)
        return list(happened(rows)), {JOURNAL: _name(rows[-1])} if rows else {}

    def _from_the_backups(self) -> tuple[list[Say], dict[str, str]]:
        known = self._outbox.mark(BACKUPS)
        said, read_to = backups.failed(self._config.var / "log" / backups.FILE, int(known) if known else None)
        return said, {} if known == str(read_to) else {BACKUPS: str(read_to)}

    def _statement(self, desk: DeskFacts, now_ns: int) -> tuple[list[Say], dict[str, str]]:
        """Of the day before, once its hour has come: of several that were missed the last; none at the first look."""
        if desk.trouble or now_ns % DAY_NS < self._terms.statement_h * HOUR_NS:
            return [], {}
        number, known = now_ns // DAY_NS - 1, self._outbox.mark(STATEMENT)
        marks = {STATEMENT: statement.date(number)}
        if known in ("", marks[STATEMENT]):
            return [], {} if known else marks
        with Report.open(self._config.ledger_file) as report:
            return [statement.statement(statement.read(report, number, desk), self._outbox.signed())], marks


def _name(row: JournalRow) -> str:
    """Which row it is, of whichever ledger file: a restored one gives numbers again."""
    return f"{row.seq} {row.at_ns}"


def _rows_since(config: Settings, known: str) -> list[JournalRow]:
    """The next rows behind the known one; where that is not there the file is another one: its newest."""
    seq = int(known.partition(" ")[0])
    with Report.open(config.ledger_file) as report:
        rows = report.told_after(seq - 1, ROWS + 1)
        if rows and _name(rows[0]) == known:
            return rows[1:]
        return report.journal(ROWS)
