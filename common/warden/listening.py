"""Whether the books of a market move: listens to both venues' public feeds for a few seconds. Needs no keys."""

import asyncio
from collections.abc import Mapping
from typing import Final

from common.core.events import BookMessage
from common.core.market import Instrument, Venue
from common.settings import Endpoint
from common.venues.adapters import make_feed
from common.venues.base import FeedEvent

LISTEN_S: Final = 10.0


class Listener:
    """Feeds of its own, opened only while somebody asks."""

    def __init__(
        self, endpoints: Mapping[Venue, Endpoint], instruments: Mapping[tuple[Venue, str], Instrument]
    ) -> None:
        self._endpoints, self._instruments = endpoints, instruments

    async def moves(self, market: str) -> bool:
        """A change (not only a snapshot) of one of the market's books was heard within LISTEN_S."""
        changed = asyncio.Event()

        def hear(event: FeedEvent) -> None:
            if isinstance(event, BookMessage) and not event.snapshot:
                changed.set()

        listed = [
            (e, self._instruments[v, market]) for v, e in self._endpoints.items() if (v, market) in self._instruments
        ]
        tasks = [asyncio.create_task(make_feed(endpoint, instrument).run(hear)) for endpoint, instrument in listed]
        try:
            async with asyncio.timeout(LISTEN_S):
                await changed.wait()
        except TimeoutError:
            return False
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return True
