"""What was recorded, as a worker would have heard it: in the order and at the times received: tapes, or others' books.

Our own tapes are decoded by the codecs of trading into the paper venues' grids; recorded whole books of others
(Parquet, a capture of dYdX v3) are put on the same grids, with the recorded middle as index.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from common.core.errors import ConfigError
from common.core.events import IndexPrice
from common.core.market import Instrument, Venue
from common.replay.shown import message_of
from common.sim.types import Instruments
from common.tape.block import ENDING
from common.tape.decode import decoded
from common.tape.heard import Heard, fine_instrument
from common.tape.places import REMOTE, TapeFile, tape_files
from common.tape.reader import merged

if TYPE_CHECKING:
    from common.sim.replay import ReplaySource

Place: TypeAlias = Path | str


@dataclass(slots=True)
class Recorded:
    """Everything heard, once through; `done` of `total` tells how far it is, in whatever the source counts in."""

    heard: Iterator[Heard]
    total: int
    done: Callable[[], int]


def open_tapes(places: Sequence[Place], markets: Sequence[str], instruments: Instruments) -> Recorded:
    """What is at `places`: any number of tapes, or one folder or capture of somebody else's books."""
    if all(_is_tape(place) for place in places):
        return _taped(tape_files(places), instruments)
    if len(places) != 1:
        raise ConfigError("replay takes any number of tapes, or one folder of recorded books: name only one of these")
    return _books(Path(places[0]), markets, instruments)


def _is_tape(place: Place) -> bool:
    text, path = str(place), Path(place)
    if REMOTE in text or text.endswith(ENDING):
        return True
    return path.is_dir() and next(path.rglob(f"*{ENDING}"), None) is not None


# ---- our own tapes ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Meter:
    """How much of the files was read, in bytes."""

    opened: dict[str, BinaryIO] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def open(self, file: TapeFile) -> BinaryIO:
        """Open a file and remember it."""
        self.sizes[file.name] = file.size
        self.opened[file.name] = file.open()
        return self.opened[file.name]

    def done(self) -> int:
        """Bytes behind us; a file that is closed was read to its end."""
        return sum(self.sizes[name] if file.closed else file.tell() for name, file in self.opened.items())


def _taped(files: Sequence[TapeFile], instruments: Instruments) -> Recorded:
    meter = _Meter()
    counted = [replace(file, open=partial(meter.open, file)) for file in files]

    def instrument_of(venue: Venue, market: str) -> Instrument:
        listed = instruments[venue].get(market)
        return listed or fine_instrument(venue, market)

    return Recorded(decoded(merged(counted), instrument_of), sum(file.size for file in files), meter.done)


# ---- books of others ----------------------------------------------------------------------------------------------


def _books(path: Path, markets: Sequence[str], instruments: Instruments) -> Recorded:
    # its query engine is imported only when somebody else's books are asked for
    from common.sim.replay import open_replay

    source = open_replay(path, markets, instruments)
    if not source.markets:
        raise ConfigError(f"{path} has books of one venue only: there is nothing to arbitrage")
    at = [source.begin_ns]
    return Recorded(_shown(source, at), 0, lambda: at[0])


def _shown(source: "ReplaySource", at: list[int]) -> Iterator[Heard]:
    while (wait_ns := source.next_at_ns()) is not None:
        at[0] = now_ns = source.begin_ns + wait_ns
        for book in source.pop():
            if book.index:
                yield Heard(book.venue, book.market, IndexPrice(book.venue, book.index, now_ns))
            yield Heard(book.venue, book.market, message_of(book, now_ns))
