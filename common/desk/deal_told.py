"""What is recorded about one deal, read when somebody opens it: ledger rows, its market's telemetry of those days."""

from pathlib import Path
from typing import Final

from common.core.terms import SECOND_NS
from common.desk.timeline import DealStory, DealTold, story
from common.ledger.report import Report
from common.ledger.shapes import DealRow
from common.telemetry import files
from common.telemetry.rows import MARKED_S

#: a deal's journal is short; one that was tried again for days is shown from its end
JOURNAL_MAX: Final = 1_000
#: after the last thing that happened to it, marks of its last fill are still to come, and are written down in time
AFTER_NS: Final = (max(MARKED_S) + 30) * SECOND_NS
#: deals of a market that one can go through
DEALS_MAX: Final = 100


def read(ledger_file: Path, deal_id: str) -> DealStory | None:
    """The deal's story; None when the ledger has no such deal, LedgerError when it cannot be read."""
    with Report.open(ledger_file) as report:
        row = report.deal(deal_id)
        if row is None:
            return None
        journal = report.journal(JOURNAL_MAX, deal_id=deal_id)
        trades, choice = report.trades(deal_id=deal_id), report.choice(deal_id)
    last_ns = max([row.deal.changed_ns, *(entry.at_ns for entry in journal), *(trade.at_ns for trade in trades)])
    telemetry = files.read(files.folder_of(ledger_file), row.deal.opened_ns, last_ns + AFTER_NS, row.deal.market)
    return story(DealTold(row, journal, trades, choice, telemetry))


def newest(ledger_file: Path, market: str) -> list[DealRow]:
    """The newest deals of a market, oldest first, with what they earned."""
    with Report.open(ledger_file) as report:
        return report.newest(DEALS_MAX, market=market)


def names(ledger_file: Path, market: str) -> list[str]:
    """The newest deals of a market, oldest first: those that one steps through."""
    return [row.deal.deal_id for row in newest(ledger_file, market)]
