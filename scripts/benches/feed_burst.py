"""A burst of 100,000 book messages: all are taken in, and none but the newest book is decided upon."""

from collections.abc import Iterable

from common.core.market import Venue
from scripts.benches.base import Bench, Row, at_most
from scripts.benches.feed_client import flooding, listen

BURST, QUICK = 100_000, 20_000


def measure(bench: Bench) -> Iterable[Row]:
    """One venue says them all at once."""
    count = QUICK if bench.quick else BURST
    with flooding(count) as port:
        runs = []
        for number in range(total := bench.count(quick=2, full=5)):
            runs.append(listen(port, rate=0, count=count, venues=(Venue.DYDX,)))
            bench.tell(number + 1, total)
    size = f"burst of {count:,}"
    yield Row(f"{size}: decided with more at the socket", "", [r.decided_behind for r in runs], (at_most("max", 0),))
    yield Row(f"{size}: decided in all", "", [r.decided for r in runs], note="each with nothing left unread")
    yield Row(f"{size}: drained in", "s", [r.seconds for r in runs])
    yield Row(f"{size}: the same on the core", "s", [r.cpu_s for r in runs])
