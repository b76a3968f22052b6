"""How many book events a second a replay plays on one core, through the whole path from the tape's bytes to the ledger.

Ten synthetic markets at their usual rates; the floor beside it reads and decodes the same tape and keeps its books.
CPU time counts: a replay waits for nothing.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from pathlib import Path

from common import clock, settings
from common.core.book import Book, make_book
from common.core.events import BookMessage
from common.core.market import Side, Venue
from common.replay.tapes import open_tapes
from common.settings import Settings
from common.sim.listings import listings
from scripts.bench_replay import GOAL_EVENTS_S, SECOND_NS, make_tape
from scripts.bench_replay import measure as played
from scripts.benches.base import Bench, Contender, Row, at_least

#: the first fifteen seconds of a tape are played with cold medians
QUICK_S, FULL_S = 150.0, 300.0
#: what the bare look asks of each side
STEPS = 10


def measure(bench: Bench) -> Iterable[Row]:
    """Events a second with calm books, with a jumpy basis (deals all the time), and of the bare way to a quote."""
    config, length_s = settings.load(), QUICK_S if bench.quick else FULL_S
    calm = make_tape(bench.folder / "calm", length_s, jumps=Decimal(0))
    jumpy = make_tape(bench.folder / "jumpy", length_s, jumps=Decimal(1))
    contenders: dict[str, Contender] = {
        "calm": lambda: played(calm, config).events_s,
        "jumpy": lambda: played(jumpy, config).events_s,
        "bare": partial(_bare, calm, config),
    }
    rounds = bench.rounds(contenders, quick=2, full=5)
    goal = (at_least("median", GOAL_EVENTS_S),)
    yield Row("replay, calm books", "events/s", rounds.of("calm"), goal)
    yield Row("replay, a jumpy basis", "events/s", rounds.of("jumpy"))
    yield Row("reading, books and quotes alone", "events/s", rounds.of("bare"))
    yield Row("the bare way to the replay", "×", rounds.ratio("bare", "calm"))


def _bare(tape: Path, config: Settings) -> float:
    """The tape read, each message into its book, two quotes walked."""
    listed = {v: {m: row.instrument for m, row in listings(v, config.paper.taker_fee).items()} for v in Venue}
    books: dict[tuple[Venue, str], Book] = {(v, m): make_book(i) for v, row in listed.items() for m, i in row.items()}
    began_ns, events = clock.cpu_ns(), 0
    for heard in open_tapes((tape,), tuple(config.markets), listed).heard:
        if isinstance(heard.told, BookMessage):
            book, events = books[heard.venue, heard.market], events + 1
            book.apply(heard.told)
            for side in Side:
                (book.asks if side is Side.BUY else book.bids).walk(STEPS)
    return events * SECOND_NS / (clock.cpu_ns() - began_ns)
