"""What a tape is made of: records, and the bytes that several of them become. Pure; knows no file and no venue.

A record is a kind, the connection it came from, our time of receiving it, and a body. The body of a frame is exactly
what the venue sent; the body of everything else is a JSON object of ours.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import orjson

#: kind, connection, at_ns, length of the body
_HEAD: Final = struct.Struct("<BIqI")
#: the connection of what came from none
NO_CONNECTION: Final = 0


class Kind(IntEnum):
    """begin, opened, answer, … : what a record tells. Numbers are part of the format and are never used again."""

    #: first of every file: format, run, program
    BEGIN = 1
    #: a connection stands: venue, market
    OPENED = 2
    #: one frame of a connection, as received
    FRAME = 3
    #: a connection ended: why
    LOST = 4
    #: one answer to a request: venue, market, topic, path, status, body
    ANSWER = 5
    #: something is missing: why, and which connections missed how much
    GAP = 6
    #: last of a file that was closed: rotated, or stopped
    END = 7


_KINDS: Final = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Record:
    """One thing heard or noted at `at_ns` (our clock)."""

    kind: Kind
    connection: int
    at_ns: int
    body: bytes

    @property
    def size(self) -> int:
        """Bytes it takes before compression."""
        return _HEAD.size + len(self.body)

    def fields(self) -> dict[str, Any]:
        """The body of a note; ValueError when it is no object."""
        found = orjson.loads(self.body)
        if not isinstance(found, dict):
            raise ValueError("not an object")
        return found


def note(kind: Kind, at_ns: int, connection: int = NO_CONNECTION, **fields: Any) -> Record:
    """A record of our own making."""
    return Record(kind, connection, at_ns, orjson.dumps(fields))


def pack(records: Iterable[Record]) -> bytes:
    """Records as bytes, one after the other."""
    return b"".join(_HEAD.pack(r.kind, r.connection, r.at_ns, len(r.body)) + r.body for r in records)


def unpack(data: bytes) -> Iterator[Record]:
    """The records of `pack`; ValueError for bytes that it did not make."""
    at = 0
    while at < len(data):
        if len(data) - at < _HEAD.size:
            raise ValueError("a record's head is cut")
        kind, connection, at_ns, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if len(data) - at < length:
            raise ValueError("a record's body is cut")
        yield Record(_KINDS.get(kind) or Kind(kind), connection, at_ns, data[at : at + length])
        at += length
