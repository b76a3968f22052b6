"""What happened once and a person should hear of, out of rows of the journal. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from common.alerts.shapes import Kind, Say, Severity
from common.ledger.shapes import JournalRow

#: by verb of the journal; everything else is trading
_TOLD: Final = {
    "book_forced": (Severity.CRITICAL, "a fill that no order of ours asked for"),
    "write_off": (Severity.WARNING, "a deal was written off"),
    "set_limit": (Severity.INFO, "a limit was set"),
    "reset_count": (Severity.INFO, "the count was reset"),
    "reset": (Severity.INFO, "the ledger was reset"),
    "restore": (Severity.WARNING, "a backup was put in the ledger's place"),
    "rebuild": (Severity.WARNING, "a deal was written down anew from what the venues know"),
    "resume": (Severity.INFO, "a halt was lifted"),
    "mend": (Severity.WARNING, "the ledger's laws were put back"),
}


def happened(rows: Iterable[JournalRow]) -> Iterator[Say]:
    """One message a row, named by its number: put down once, however often the rows are read."""
    for row in rows:
        if row.verb in _TOLD:
            severity, what = _TOLD[row.verb]
            about = row.deal_id or row.market or "*"
            yield Say(Kind.ONCE, f"journal {row.seq}", severity, f"{what} ({about}): {row.why}")
