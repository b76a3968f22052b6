"""One call at one venue for a person: opens a teller, asks, closes it again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from common.endpoints import Endpoint
from common.venues.teller import Teller, make_teller

Result = TypeVar("Result")


def ask(endpoint: Endpoint, question: Callable[[Teller], Awaitable[Result]], *, private: bool = False) -> Result:
    """The answer; VenueError without one. `private`: with the account's keys (ConfigError when they will not do)."""
    return asyncio.run(_asked(endpoint, question, private))


async def _asked(endpoint: Endpoint, question: Callable[[Teller], Awaitable[Result]], private: bool) -> Result:
    teller = make_teller(endpoint, private=private)
    try:
        if private:
            await teller.start()
        return await question(teller)
    finally:
        await teller.close()
