"""What is on a tape, counted: files, time, messages and gaps by venue and market; and whether its bytes are sound."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, TypeAlias

from common.core.errors import ConfigError
from common.core.events import BookMessage, FundingRate, IndexPrice
from common.core.market import Venue
from common.tape.block import Block, Damage, blocks
from common.tape.decode import Decoder
from common.tape.heard import Gap, Heard, Page
from common.tape.known_trades import MISSED, KnownTrades
from common.tape.places import TapeFile
from common.tape.reader import Taped, merged
from common.tape.record import Kind

Pair: TypeAlias = tuple[Venue, str]


@dataclass(slots=True)
class MarketTally:
    """One venue and market: bytes as received, messages, trades told once, gaps by their reason."""

    bytes: int = 0
    books: int = 0
    trades: int = 0
    figures: int = 0
    first_ns: int = 0
    last_ns: int = 0
    gaps: Counter[str] = field(default_factory=Counter)
    known: KnownTrades = field(default_factory=KnownTrades)


@dataclass(frozen=True, slots=True)
class FileSound:
    """One file: what it holds, and bytes that are no block. A `torn` tail is what a death leaves and no damage."""

    name: str
    size: int
    raw_size: int
    blocks: int
    records: int
    first_ns: int
    last_ns: int
    ended: str
    torn: int
    damaged: tuple[tuple[int, int], ...]


def tally(files: Sequence[TapeFile]) -> dict[Pair, MarketTally]:
    """Every market's figures, by venue and market."""
    tallies: defaultdict[Pair, MarketTally] = defaultdict(MarketTally)
    decoder = Decoder()
    for taped in merged(files):
        told = list(decoder.heard(taped))
        for heard in told:
            # a frame about all markets is shared among them
            _count(tallies[heard.venue, heard.market], heard, taped, shares=len(told))
    return dict(sorted(tallies.items()))


def _count(one: MarketTally, heard: Heard, taped: Taped, *, shares: int) -> None:
    at_ns = taped.record.at_ns
    one.first_ns, one.last_ns = one.first_ns or at_ns, max(one.last_ns, at_ns)
    match heard.told:
        case BookMessage():
            one.books += 1
        case Page():
            if one.known.misses(heard.told):
                one.gaps[MISSED] += 1
            one.trades += len(one.known.new(heard.told))
        case FundingRate() | IndexPrice():
            one.figures += 1
        case Gap(why=why):
            one.gaps[why] += 1
    if taped.record.kind in (Kind.FRAME, Kind.ANSWER):
        one.bytes += len(taped.record.body) // shares


def sound(file: TapeFile) -> FileSound:
    """Every byte of one file read and checked."""
    records = count = raw_size = torn = first_ns = last_ns = 0
    damaged, ended = list[tuple[int, int]](), ""
    with file.open() as opened:
        for block in _blocks(opened, file.name):
            if isinstance(block, Damage):
                torn += block.size if block.tail else 0
                damaged += [] if block.tail else [(block.offset, block.size)]
                continue
            count, records, raw_size = count + 1, records + len(block.records), raw_size + block.raw_size
            first_ns, last_ns = first_ns or block.records[0].at_ns, block.records[-1].at_ns
            last = block.records[-1]
            ended = str(last.fields().get("why")) if last.kind is Kind.END else ""
    return FileSound(file.name, file.size, raw_size, count, records, first_ns, last_ns, ended, torn, tuple(damaged))


def _blocks(opened: BinaryIO, name: str) -> Iterator[Block | Damage]:
    try:
        yield from blocks(opened)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from error
