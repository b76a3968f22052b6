"""What happened once and a person should hear of: rows of the journal, and workers that were started anew. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from common.alerts.shapes import Kind, Say, Severity
from common.desk.shapes import DeskFacts
from common.ledger.shapes import JournalRow

#: by verb of the journal; everything else is trading
VERBS: Final = {
    "book_forced": (Severity.CRITICAL, "a fill that no order of ours asked for"),
    "write_off": (Severity.WARNING, "a deal was written off"),
    "set_limit": (Severity.INFO, "a limit was set"),
    "restore": (Severity.WARNING, "a backup was put in the ledger's place"),
    "rebuild": (Severity.WARNING, "a deal was written down anew from what the venues know"),
    "adopt": (Severity.WARNING, "orders of another ledger file were taken for ours"),
    "reconcile": (Severity.INFO, "the ledger was compared with what both venues know"),
    "resume": (Severity.INFO, "a halt was lifted"),
}


def happened(rows: Iterable[JournalRow]) -> Iterator[Say]:
    """One message a row, named by number and time: put down once, however often the rows are read.

    A number alone would not do: a restored ledger gives the same ones again, to other rows.
    """
    for row in rows:
        if row.verb in VERBS:
            severity, what = VERBS[row.verb]
            about = row.deal_id or row.market or "*"
            yield Say(Kind.ONCE, f"journal {row.seq} {row.at_ns}", severity, f"{what} ({about}): {row.why}")


def restarted(before: Mapping[str, int], desk: DeskFacts) -> Iterator[Say]:
    """Workers that ran at the last look and run now as another process, which nobody stopped and started in between."""
    for one in desk.markets:
        old = before.get(one.market, 0)
        if old and one.pid and one.pid != old:
            where = f"its log says why: var/log/{one.market.lower()}.log"
            text = f"the worker of {one.market} ended and was started anew\n→ {where}"
            yield Say(Kind.ONCE, f"restart {one.market} {one.pid} {desk.at_ns}", Severity.WARNING, text)


def pids(desk: DeskFacts) -> dict[str, int]:
    """By market the process that works; 0 where none does."""
    return {one.market: one.pid for one in desk.markets}
