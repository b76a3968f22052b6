"""One look at the fleet a second for all who watch, made in a thread of its own; none while nobody watches."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import orjson

from common import clock
from common.desk.facts import facts
from common.desk.shapes import DeskFacts
from common.desk.told import Reader
from common.ledger.shapes import JournalRow
from common.settings import Settings
from common.web import said

EVERY_S: Final = 1.0
#: pages that may watch at the same time
WATCHERS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Look:
    """The fleet at one moment, made into text once for all."""

    number: int
    text: bytes
    journal: tuple[JournalRow, ...]


class Looking:
    """Looks as long as there are watchers. Its reader belongs to its one thread."""

    def __init__(self, config: Settings) -> None:
        self._reader = Reader(config)
        self._thread = ThreadPoolExecutor(1, "desk")
        self._wanted, self._news = asyncio.Event(), asyncio.Condition()
        self._watchers = 0
        self._look = Look(0, b"", ())

    @property
    def is_full(self) -> bool:
        """No more watchers."""
        return self._watchers >= WATCHERS_MAX

    @contextmanager
    def watched(self) -> Iterator[None]:
        """There is one watcher more meanwhile."""
        self._watchers += 1
        self._wanted.set()
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers:
                self._wanted.clear()

    async def after(self, number: int) -> Look:
        """The newest look that is newer than that one; who is slow misses those between."""
        async with self._news:
            await self._news.wait_for(lambda: self._look.number > number)
            return self._look

    async def run(self) -> None:
        """Look until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wanted.wait()
            text, desk = await loop.run_in_executor(self._thread, self._read)
            async with self._news:
                self._look = Look(self._look.number + 1, text, desk.journal)
                self._news.notify_all()
            await asyncio.sleep(EVERY_S)

    def _read(self) -> tuple[bytes, DeskFacts]:
        now_ns = clock.now_ns()
        desk = facts(self._reader.read(now_ns), now_ns)
        return orjson.dumps(said.desk(desk)), desk

    async def close(self) -> None:
        """Let the ledger and the thread go."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._reader.close)
        self._thread.shutdown(wait=False)
