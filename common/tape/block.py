"""A tape file: eight bytes that say so, then blocks. Each block is compressed by itself, with its length and checksum.

A block that was not written to its end is cut off at reading. Bytes that went bad in the middle cost their block and
no more: the next one is searched for. Knows nothing of what the records mean.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from common.tape.record import Record, pack, unpack

FILE_HEAD: Final = b"ARBTAPE1"
ENDING: Final = ".tape"
_MARK: Final = b"BLK1"
#: mark, length of the compressed bytes, length before compression, checksum, records, first and last time
_HEAD: Final = struct.Struct("<4sIIIIqq")
#: zlib's usual level: real frames of half a second shrink to an eighth, at some 75 MB/s
LEVEL: Final = 6
#: no block is larger, neither on disk nor in memory; what claims to be is damage
BLOCK_BYTES_MAX: Final = 128 * 1024 * 1024
_SEARCH_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Block:
    """One block as it stands in a file: where, its records, and its bytes on disk."""

    offset: int
    size: int
    raw_size: int
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no block: a torn `tail`, or something in the middle that went bad."""

    offset: int
    size: int
    tail: bool


def seal(records: Sequence[Record]) -> bytes:
    """One block, ready to be appended."""
    raw = pack(records)
    packed = zlib.compress(raw, LEVEL)
    first_ns, last_ns = records[0].at_ns, records[-1].at_ns
    rest = (len(records), first_ns, last_ns)
    return _HEAD.pack(_MARK, len(packed), len(raw), _checksum(packed, len(raw), *rest), *rest) + packed


def blocks(file: BinaryIO) -> Iterator[Block | Damage]:
    """Every whole block of a file, in order, and what is not one; ValueError when it is no tape at all."""
    head = file.read(len(FILE_HEAD))
    if not FILE_HEAD.startswith(head):
        raise ValueError("it does not begin like a tape")
    at = len(head)
    while True:
        block = _block_at(file, at)
        if block is None:
            end = file.seek(0, 2)
            found = _search(file, at + 1) if at < end else None
            if at < end:
                yield Damage(at, (found or end) - at, tail=found is None)
            if found is None:
                return
            at = found
        else:
            yield block
            at += block.size


def begun_ns(file: BinaryIO) -> int | None:
    """The time of the first record, by the first block's head alone; None for a file without one."""
    head = file.read(len(FILE_HEAD) + _HEAD.size)[len(FILE_HEAD) :]
    if len(head) < _HEAD.size or not head.startswith(_MARK):
        return None
    return int(_HEAD.unpack(head)[5])


def _block_at(file: BinaryIO, at: int) -> Block | None:
    """The block at `at`, None where there is no whole and sound one."""
    file.seek(at)
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or not head.startswith(_MARK):
        return None
    _, length, raw_length, checksum, *rest = _HEAD.unpack(head)
    if max(length, raw_length) > BLOCK_BYTES_MAX:
        return None
    packed = file.read(length)
    if len(packed) < length or _checksum(packed, raw_length, *rest) != checksum:
        return None
    try:
        raw = zlib.decompressobj().decompress(packed, raw_length)
        records = tuple(unpack(raw))
    except (zlib.error, ValueError):
        return None
    if len(raw) != raw_length or len(records) != rest[0]:
        return None
    return Block(at, _HEAD.size + length, raw_length, records)


def _search(file: BinaryIO, at: int) -> int | None:
    """Where the next sound block begins, at or after `at`; reads a bounded piece at a time."""
    while True:
        file.seek(at)
        piece = file.read(_SEARCH_BYTES)
        if len(piece) < len(_MARK):
            return None
        found = piece.find(_MARK)
        while found >= 0:
            if _block_at(file, at + found) is not None:
                return at + found
            found = piece.find(_MARK, found + 1)
        at += len(piece) - len(_MARK) + 1


def _checksum(packed: bytes, raw_length: int, count: int, first_ns: int, last_ns: int) -> int:
    """Of the head's own numbers as well."""
    return zlib.crc32(packed, zlib.crc32(struct.pack("<IIIqq", len(packed), raw_length, count, first_ns, last_ns)))
