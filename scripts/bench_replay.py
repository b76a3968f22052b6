"""How fast a tape is replayed: makes a synthetic tape of ten markets and plays it through the whole path, on one core.

`python -m scripts.bench_replay --seconds 120`. `measure` is for a bench that compares several things in one run.
"""

import argparse
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from common import clock, settings
from common.core.market import Venue
from common.fleet.timeline import BEGIN_NS
from common.replay.forge import Forge
from common.replay.run import Replay, play
from common.settings import Settings
from common.sim.engine import PaperEngine, make_venue
from common.sim.listings import MARKETS
from common.sim.synthetic import SyntheticSource
from common.sim.types import BookChange, Publication
from scripts import render

GOAL_EVENTS_S = 50_000
SECOND_NS = 1_000_000_000
INDEX_NS = SECOND_NS


@dataclass(frozen=True, slots=True)
class Measured:
    """One replay: book events, deals, and the CPU time it took."""

    events: int
    deals: int
    elapsed_s: float

    @property
    def events_s(self) -> float:
        """Book events a second."""
        return self.events / self.elapsed_s


def make_tape(folder: Path, seconds: float, *, jumps: Decimal = Decimal(1), seed: int = 1) -> Path:
    """A tape of ten synthetic markets at both venues, their usual rates, `seconds` long."""
    engines = {venue: make_venue(venue, seed=seed) for venue in Venue}
    instruments = {venue: engine.instruments for venue, engine in engines.items()}
    forge = Forge(folder, [i for listed in instruments.values() for i in listed.values()], BEGIN_NS)
    source, shown = SyntheticSource(MARKETS, instruments, seed=seed, jumps=jumps), dict[tuple[Venue, str], int]()
    for engine in engines.values():
        engine.on_publish = _writing(forge, engine, shown)
    while (at_ns := source.next_at_ns()) is not None and at_ns < seconds * SECOND_NS:
        for book in source.pop():
            engines[book.venue].apply(book, BEGIN_NS + at_ns)
    forge.close()
    return folder


def _writing(forge: Forge, engine: PaperEngine, shown: dict[tuple[Venue, str], int]):  # type: ignore[no-untyped-def]
    """Puts what an engine publishes on the tape: the whole book first, then changes, and the index once a second."""

    def publish(news: Publication) -> None:
        if not isinstance(news, BookChange):
            return
        key = (engine.venue, news.market)
        if key not in shown:
            forge.book(*key, engine.book(news.market), news.at_ns)
        else:
            forge.change(engine.venue, news, news.at_ns)
        if news.at_ns - shown.get(key, 0) >= INDEX_NS:
            shown[key] = news.at_ns
            forge.index(*key, engine.index_price(news.market), news.at_ns)

    return publish


def measure(tape: Path, config: Settings, *, seed: int = 1) -> Measured:
    """Play it once."""
    began_ns = clock.cpu_ns()
    outcome = play(Replay((tape,), config, seed))
    return Measured(outcome.events, len(outcome.deals), (clock.cpu_ns() - began_ns) / SECOND_NS)


def main() -> None:
    """Make a tape, play it several times, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jumps", type=Decimal, default=Decimal(0))
    given = parser.parse_args()
    config = settings.load()
    with tempfile.TemporaryDirectory(prefix="arb-bench-") as folder:
        tape = make_tape(Path(folder), given.seconds, jumps=given.jumps)
        for _ in range(given.rounds):
            one = measure(tape, config)
            render.line(f"{one.events:,} book events, {one.deals} deals, {one.elapsed_s:.2f} s: {one.events_s:,.0f}/s")


if __name__ == "__main__":
    main()
