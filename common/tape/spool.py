"""Between an event loop and the disk: takes records at once, writes them from a thread, drops what does not fit.

Bounded in bytes. Once something had to be dropped, all frames are, until the writer has come round; the drop is a gap
in the tape, by connection, with its count. Notes about connections are small and few, and are never dropped.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from typing import Final

from common import clock, log
from common.tape.record import Kind, Record, note
from common.tape.writer import TapeWriter

#: what waits for the disk is written this often, so that a death of the process costs less than a second
FLUSH_S: Final = 0.4
#: or as soon as so much waits
FLUSH_BYTES: Final = 512 * 1024
#: so much may wait when the disk is slow: minutes of both venues
WAITING_BYTES_MAX: Final = 32 * 1024 * 1024
_DROPPABLE: Final = frozenset({Kind.FRAME, Kind.ANSWER})

_logger = logging.getLogger(__name__)


class Spool:
    """`put` from one thread (the loop's); `close` writes what waits and ends the thread."""

    def __init__(self, writer: TapeWriter, *, most_bytes: int = WAITING_BYTES_MAX, flush_s: float = FLUSH_S) -> None:
        self._writer, self._most_bytes, self._flush_s = writer, most_bytes, flush_s
        self._lock = threading.Lock()
        self._waiting: list[Record] = []
        self._waiting_bytes = 0
        self._dropped: Counter[int] = Counter()
        self._wake, self._is_closing = threading.Event(), False
        self._is_failing = False
        #: called from the thread, with the connections whose books are broken
        self.on_gap: Callable[[frozenset[int]], None] = lambda connections: None
        self.dropped = 0
        self._thread = threading.Thread(target=self._run, name="tape", daemon=True)
        self._thread.start()

    def put(self, record: Record) -> None:
        """Hand one record over; never waits for the disk."""
        with self._lock:
            if record.kind in _DROPPABLE and (self._dropped or self._waiting_bytes + record.size > self._most_bytes):
                self._dropped[record.connection] += 1
                return
            self._waiting.append(record)
            self._waiting_bytes += record.size
            is_much = self._waiting_bytes >= FLUSH_BYTES
        if is_much:
            self._wake.set()

    @property
    def is_alive(self) -> bool:
        """Whether the thread still writes."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Write what waits, end the file, end the thread."""
        self._is_closing = True
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_closing:
            self._wake.wait(self._flush_s)
            self._wake.clear()
            self._flush()
        self._flush()
        try:
            self._writer.close(clock.now_ns())
        except OSError as error:
            log.trouble(_logger, "tape_not_closed", why=error)

    def _flush(self) -> None:
        records, dropped = self._taken()
        if not records:
            return
        try:
            self._writer.write(records)
        except OSError as error:
            self._failed(records, dropped, error)
            return
        if self._is_failing:
            self._is_failing = False
            log.event(_logger, "tape_written_again")
        if dropped:
            self._told(dropped)

    def _taken(self) -> tuple[list[Record], Counter[int]]:
        """What waits, with the gap that follows it."""
        with self._lock:
            records, self._waiting = self._waiting, []
            dropped, self._dropped = self._dropped, Counter()
            self._waiting_bytes = 0
        if dropped:
            counts = {str(connection): count for connection, count in dropped.items()}
            records.append(note(Kind.GAP, clock.now_ns(), why="dropped", dropped=counts))
        return records, dropped

    def _failed(self, records: list[Record], dropped: Counter[int], error: OSError) -> None:
        """What could not be written is dropped; a gap says so as soon as the disk takes it."""
        lost = Counter(record.connection for record in records if record.kind in _DROPPABLE)
        with self._lock:
            self._dropped.update(lost)
            self._dropped.update(dropped)
        if not self._is_failing:
            self._is_failing = True
            log.trouble(_logger, "tape_not_written", why=error, dropped=lost.total())

    def _told(self, dropped: Counter[int]) -> None:
        self.dropped += dropped.total()
        log.trouble(_logger, "tape_gap", why="dropped", frames=dropped.total(), connections=len(dropped))
        self.on_gap(frozenset(dropped))
