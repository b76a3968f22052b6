"""Oracle prices by symbol, for valuing positions: asked for when needed, kept for a few seconds.

All processes of the fleet value the same positions, and ApeX counts what one address asks: who asked leaves the price
in a file, where the others find it. The file is replaced as a whole; of two who do that at once one's prices are asked
for again, which is all that comes of it.
"""

import asyncio
import logging
import os
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Final

import orjson

from common import clock, log
from common.core.errors import VenueError
from common.venues.apex.rest import ApexRest, ticker_path
from common.venues.apex.wire import SECOND_NS, Data
from common.venues.apex.wire_market import oracle_price
from common.venues.numbers import positive

#: older prices are no figure for a cap
MARK_AGE_NS: Final = 4 * SECOND_NS

_logger = logging.getLogger(__name__)


class Marks:
    """A price is at most MARK_AGE_NS old when it is handed out; bounded by the number of listed symbols."""

    def __init__(self, rest: ApexRest, file: Path | None = None) -> None:
        """Without `file` they are this process's own."""
        self._rest, self._file = rest, file
        self._known: dict[str, tuple[int, Decimal]] = {}

    async def of(self, symbols: Iterable[str]) -> dict[str, Decimal]:
        """Prices of all `symbols`, USD; VenueError when one cannot be had."""
        names = list(symbols)
        missing = self._missing(names)
        if missing:
            self._known |= self._shared()
            missing = self._missing(names)
        if missing:
            await asyncio.gather(*(self._ask(symbol) for symbol in missing))
            self._share()
        return {name: self._known[name][1] for name in names}

    def _missing(self, names: Iterable[str]) -> list[str]:
        now_ns = clock.monotonic_ns()
        return [name for name in names if name not in self._known or not _is_fresh(self._known[name][0], now_ns)]

    async def _ask(self, symbol: str) -> None:
        asked_ns = clock.monotonic_ns()
        payload = await self._rest.public(ticker_path(symbol))
        if not isinstance(payload, Data):
            raise VenueError(f"apex gave no price of {symbol}: {payload}")
        self._known[symbol] = (asked_ns, oracle_price(payload.value, symbol))

    def _shared(self) -> dict[str, tuple[int, Decimal]]:
        """What others left and is still fresh; nothing where the file is not there, or is no file of ours."""
        try:
            rows = orjson.loads(self._file.read_bytes()) if self._file else {}
            found = {symbol: (int(at_ns), positive(price)) for symbol, (at_ns, price) in rows.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}
        now_ns = clock.monotonic_ns()
        return {symbol: mark for symbol, mark in found.items() if _is_fresh(mark[0], now_ns)}

    def _share(self) -> None:
        if self._file is None:
            return
        now_ns = clock.monotonic_ns()
        own = {symbol: mark for symbol, mark in self._known.items() if _is_fresh(mark[0], now_ns)}
        rows = {symbol: (at_ns, str(price)) for symbol, (at_ns, price) in (self._shared() | own).items()}
        written = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            written.write_bytes(orjson.dumps(rows))
            written.replace(self._file)
        except OSError as error:
            # the others ask for themselves then
            log.trouble(_logger, "marks_unshared", file=self._file, why=error.strerror)


def _is_fresh(at_ns: int, now_ns: int) -> bool:
    """A moment that is still to come is from before the machine started."""
    return 0 <= now_ns - at_ns < MARK_AGE_NS
