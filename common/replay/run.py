"""A replay from the question to the outcome: `play(Replay(...))`.

The same program as live: the real trader, `next_step`, runner and ledger, and the paper engine, on recorded books under
a virtual clock, all markets against one cap. One seed gives the same bytes. docs/analysis.md says what is modelled.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

from common.core.errors import ConfigError
from common.core.market import Venue
from common.ledger.past import Past
from common.replay.outcome import DealResult as DealResult
from common.replay.outcome import Outcome as Outcome
from common.replay.outcome import deals_of
from common.replay.stage import Plot, Stage, scratch_folder
from common.replay.tapes import Recorded, open_tapes
from common.settings import Settings
from common.sim.listings import listings
from common.tape.heard import Gap, Heard

Progress: TypeAlias = Callable[[int, int], None]
#: messages read at a time
BATCH = 256
NEVER_NS = 1 << 63


@dataclass(frozen=True, slots=True)
class Replay:
    """What is asked for. From `from_ns` to `to_ns` it is decided; `slowness` multiplies latencies."""

    tapes: tuple[Path | str, ...]
    config: Settings
    seed: int = 1
    #: None: nobody keeps it
    ledger_file: Path | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    slowness: float = 1.0


def play(asked: Replay, progress: Progress | None = None) -> Outcome:
    """Play the tapes to the end; ConfigError says what cannot be replayed."""
    if asked.ledger_file is not None:
        return _play(asked, asked.ledger_file, progress, is_kept=True)
    with tempfile.TemporaryDirectory(prefix="arb-replay-", dir=scratch_folder()) as scratch:
        return _play(asked, Path(scratch) / "ledger.db", progress)


def _play(asked: Replay, ledger_file: Path, progress: Progress | None, *, is_kept: bool = False) -> Outcome:
    instruments = {
        v: {m: row.instrument for m, row in listings(v, asked.config.paper.taker_fee).items()} for v in Venue
    }
    recorded = open_tapes(asked.tapes, tuple(asked.config.markets), instruments)
    heard = _heard(asked, recorded, progress)
    first = next(heard, None)
    if first is None:
        raise ConfigError("there is nothing on these tapes in the time that was asked for")
    begin_ns = max(first.told.at_ns, asked.from_ns or 0)
    stage = Stage(Plot(asked.config, asked.seed, asked.slowness, ledger_file, begin_ns, is_kept))
    try:
        _drive(stage, chain([first], heard))
        ended_ns = stage.end()
        deals = deals_of(ledger_file, ended_ns, stage.marked)
        curve = stage.curve.end(stage.timeline.now_ns, stage.equity_uusd())
    finally:
        stage.close()
    with Past(ledger_file) as past:
        digest = past.fingerprint()
    return Outcome(digest, deals, curve, stage.refusals, stage.events, begin_ns, ended_ns, stage.markets)


def _drive(stage: Stage, heard: Iterator[Heard]) -> None:
    """Books are followed before it begins, so that none is unknown then."""
    for one in heard:
        if one.told.at_ns >= stage.begin_ns:
            stage.begin()
            stage.hear(one)
            break
        stage.follow(one)
    for one in heard:
        stage.hear(one)
    if not stage.has_begun:
        raise ConfigError("the tapes end before the time that was asked for")


def _heard(asked: Replay, recorded: Recorded, progress: Progress | None) -> Iterator[Heard]:
    """Up to the time that was asked for, without the gaps after the last message: that a tape ends does not make its
    last books unbelievable. Read in batches, so that reading and trading do not drive each other out of the cache.
    """
    to_ns, gaps = asked.to_ns or NEVER_NS, list[Heard]()
    for batch in iter(lambda: list(islice(recorded.heard, BATCH)), []):
        if progress is not None:
            progress(min(recorded.done(), recorded.total), recorded.total)
        for one in batch:
            if one.told.at_ns > to_ns:
                return
            if isinstance(one.told, Gap):
                gaps.append(one)
                continue
            if gaps:
                yield from gaps
                gaps.clear()
            yield one
