"""The charts' data, made by one thread of its own, one period at a time, and kept for a while for all who ask.

What takes long is made less often: it never takes more than a small part of a processor.
"""

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import orjson

from common import clock
from common.core.terms import SECOND_NS
from common.settings import Settings
from common.web.history import Period, history

#: the periods that can be asked for, by name
PERIODS_S: Final[Mapping[str, int]] = {"1h": 3600, "6h": 6 * 3600, "24h": 24 * 3600, "7d": 7 * 24 * 3600}
#: kept at least so long, and so many times as long as it took to make
KEPT_S: Final = 10
SHARE: Final = 20


@dataclass(frozen=True, slots=True)
class _Made:
    text: bytes
    until_ns: int


class Past:
    """Makes and keeps."""

    def __init__(self, config: Settings) -> None:
        self._ledger_file = config.ledger_file
        self._thread = ThreadPoolExecutor(1, "charts")
        self._over = threading.Event()
        self._making: dict[str, asyncio.Future[_Made]] = {}
        self._made: dict[str, _Made] = {}

    async def of(self, name: str) -> bytes:
        """The charts of one of PERIODS_S as JSON; LedgerError without a ledger."""
        kept = self._made.get(name)
        if kept is not None and clock.now_ns() < kept.until_ns:
            return kept.text
        if name not in self._making:
            self._making[name] = asyncio.get_running_loop().run_in_executor(self._thread, self._make, name)
        making = self._making[name]
        try:
            # who goes away does not take it from the others
            self._made[name] = await asyncio.shield(making)
        finally:
            if making.done():
                self._making.pop(name, None)
        return self._made[name].text

    def _make(self, name: str) -> _Made:
        began_ns = clock.now_ns()
        period = Period(self._ledger_file, began_ns - PERIODS_S[name] * SECOND_NS, began_ns)
        text = orjson.dumps(history(period, self._over.is_set))
        took_ns = clock.now_ns() - began_ns
        return _Made(text, began_ns + took_ns + max(KEPT_S * SECOND_NS, SHARE * took_ns))

    def close(self) -> None:
        """Give up what is being made."""
        self._over.set()
        self._thread.shutdown(wait=False, cancel_futures=True)
