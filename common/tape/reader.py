"""Reads tapes back: every record of any number of files, in the order of time, in memory that does not grow with them.

Where something is missing between two records, a gap record stands there: damage, a recorder that stopped or died.
Raw records only; what they mean is decoded elsewhere.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from common.core.errors import ConfigError
from common.tape.block import Block, Damage, blocks
from common.tape.notes import refuse_odd
from common.tape.places import TapeFile, tape_files
from common.tape.record import Kind, Record, note
from common.tape.writer import FORMAT, ROTATED

DIED, STOPPED, DAMAGED = "no end: the recorder died, or still writes", "the recorder was stopped", "damaged bytes"


@dataclass(frozen=True, slots=True)
class Taped:
    """A record with its run: connections are numbered per run."""

    run: int
    record: Record


def read(*places: str | Path) -> Iterator[Taped]:
    """Every record of the tapes at `places`; ConfigError for what is no tape or of a later program."""
    return merged(tape_files(places))


def merged(files: Sequence[TapeFile]) -> Iterator[Taped]:
    """Files by the time they begin; one is opened when its time has come, and only then."""
    waiting, open_ones = list(reversed(files)), list[tuple[int, int, Taped, Iterator[Taped]]]()
    while waiting or open_ones:
        while waiting and (not open_ones or waiting[-1].begun_ns <= open_ones[0][0]):
            _push(open_ones, len(waiting), read_file(waiting.pop()))
        if open_ones:
            _, order, taped, rest = heapq.heappop(open_ones)
            yield taped
            _push(open_ones, order, rest)


def _push(heap: list[tuple[int, int, Taped, Iterator[Taped]]], order: int, rest: Iterator[Taped]) -> None:
    taped = next(rest, None)
    if taped is not None:
        # files of equal time go by their order: the earlier one has the greater number
        heapq.heappush(heap, (taped.record.at_ns, -order, taped, rest))


def read_file(file: TapeFile) -> Iterator[Taped]:
    """The records of one file up to where it is whole; a gap at its end unless another file goes on."""
    run, at_ns, ended = 0, file.begun_ns, ""
    for piece in _pieces(file):
        if isinstance(piece, Damage):
            yield Taped(run, note(Kind.GAP, at_ns, why=DAMAGED, ends=False, bytes=piece.size))
            continue
        refuse_odd(piece, file.name)
        if piece.kind is Kind.BEGIN:
            run = _run_of(piece, file.name)
        at_ns, ended = piece.at_ns, str(piece.fields().get("why")) if piece.kind is Kind.END else ""
        yield Taped(run, piece)
    if ended != ROTATED:
        yield Taped(run, note(Kind.GAP, at_ns, why=STOPPED if ended else DIED, ends=True))


def _pieces(file: TapeFile) -> Iterator[Record | Damage]:
    """Records one by one, and damage in the middle; a torn tail is simply the end."""
    with file.open() as opened:
        for block in blocks(opened):
            if isinstance(block, Block):
                yield from block.records
            elif not block.tail:
                yield block


def _run_of(record: Record, name: str) -> int:
    fields = record.fields()
    if int(fields["format"]) > FORMAT:
        raise ConfigError(f"{name} was written by a newer version (format {fields['format']}): update this program")
    return int(fields["run"])
