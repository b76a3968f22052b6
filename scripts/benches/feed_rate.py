"""How many book messages a worker takes in: at 20,000 a second, and flat out."""

from collections.abc import Iterable

from common.core.market import Venue
from scripts.benches.base import Bench, Row, at_least, at_most
from scripts.benches.feed_client import Heard, flooding, listen

GOAL_RATE = 20_000
#: of the two venues together
QUICK_S, FULL_S = 2, 20


def measure(bench: Bench) -> Iterable[Row]:
    """Both venues at 10,000 a second each, then all at once."""
    count = (QUICK_S if bench.quick else FULL_S) * GOAL_RATE // 2
    with flooding(count) as port:
        paced = listen(port, rate=GOAL_RATE // 2, count=count)
        bench.tell(1, 2)
        flat: list[Heard] = [listen(port, rate=0, count=count) for _ in range(bench.count(quick=2, full=5))]
    share = 100 * paced.cpu_s / paced.seconds
    lags = paced.lags_ms or [0.0]
    yield Row("taken in at 20,000 book messages/s offered", "1/s", [paced.messages / paced.seconds])
    yield Row("lag meanwhile, by pings", "ms", lags, (at_most("p99", 100.0), at_most("max", 1000.0)))
    yield Row("of a core meanwhile", "%", [share], (at_most("median", 100.0),))
    rates = [heard.messages / heard.seconds for heard in flat]
    yield Row(f"flat out, {len(Venue)} venues", "1/s", rates, (at_least("median", GOAL_RATE),))
    own = [heard.messages / heard.cpu_s for heard in flat]
    yield Row("the same by time on the core", "1/s", own, note="what a core of its own would do")
