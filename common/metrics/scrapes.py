"""Answers to scrapes: one look at a time in one thread, and the same look for whoever asks within a second."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder

from common import clock
from common.metrics.exposition import Sight, registry
from common.settings import Settings

#: two who watch do not double the work
FRESH_NS: Final = 1_000_000_000


class Scrapes:
    """Its sight belongs to its one thread."""

    def __init__(self, config: Settings, monotonic_ns: Callable[[], int] = clock.monotonic_ns) -> None:
        self._sight, self._monotonic_ns = Sight(config), monotonic_ns
        self._thread = ThreadPoolExecutor(1, "metrics")
        self._seen: Sequence[Metric] = ()
        self._seen_ns: int | None = None

    async def text(self, accept: str) -> tuple[bytes, str]:
        """The text of now in the format that was asked for, and that format's name."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._text, accept)

    def _text(self, accept: str) -> tuple[bytes, str]:
        encode, kind = choose_encoder(accept)
        at_ns = self._monotonic_ns()
        if self._seen_ns is None or at_ns - self._seen_ns > FRESH_NS:
            self._seen, self._seen_ns = self._sight.look(clock.now_ns()), at_ns
        return encode(registry(self._seen)), kind

    async def close(self) -> None:
        """Let the files and the thread go."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._sight.close)
        self._thread.shutdown(wait=False)
