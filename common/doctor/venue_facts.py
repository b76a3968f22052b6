"""What one venue answers when asked everything that a start would ask: plain values, each question bounded in time.

Judges nothing (venue_checks.py does), sends no order, changes nothing. Without keys only the public part is asked.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from common import clock
from common.core.errors import ConfigError, VenueError
from common.core.events import BookMessage
from common.core.market import Instrument, Venue
from common.endpoints import Endpoint
from common.venues.adapters import MAKE_DESK, make_feed, read_clock
from common.venues.base import AccountFacts, ClockReading, Desk, StreamUp
from common.venues.keys import Keys

#: everything that is asked of one venue; a stream of it
ASK_BOUND_S: Final = 20.0
STREAM_BOUND_S: Final = 6.0


@dataclass(frozen=True, slots=True)
class PrivateFacts:
    """What the account's keys let us see. `wrong` is what a person must mend, `silent` what was not answered."""

    wrong: str = ""
    silent: str = ""
    instruments: tuple[Instrument, ...] = ()
    unlisted: tuple[str, ...] = ()
    account: AccountFacts | None = None
    #: (client id, market) of all that is alive on the account; None: not answered
    orders: tuple[tuple[str, str], ...] | None = None
    #: how long the book's and the account's streams took to begin; None: they did not
    book_ms: int | None = None
    stream_ms: int | None = None


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """One venue. `clock` None: it cannot be reached, and `unreachable` says how; `private` None: not asked."""

    endpoint: Endpoint
    clock: ClockReading | None
    unreachable: str = ""
    private: PrivateFacts | None = None

    @property
    def venue(self) -> Venue:
        """Which one."""
        return self.endpoint.venue


async def ask(endpoint: Endpoint, keys: Keys | None, markets: Iterable[str]) -> VenueFacts:
    """Everything about one venue, in ASK_BOUND_S at most."""
    try:
        reading = await read_clock(endpoint)
    except VenueError as error:
        return VenueFacts(endpoint, None, str(error))
    if keys is None:
        return VenueFacts(endpoint, reading)
    return VenueFacts(endpoint, reading, private=await _asked(endpoint, keys, tuple(markets)))


async def _asked(endpoint: Endpoint, keys: Keys, markets: tuple[str, ...]) -> PrivateFacts:
    try:
        desk = MAKE_DESK[endpoint.venue](endpoint, keys)
    except ConfigError as error:
        return PrivateFacts(wrong=str(error))
    try:
        async with asyncio.timeout(ASK_BOUND_S):
            return await _private(endpoint, desk, markets)
    except ConfigError as error:
        return PrivateFacts(wrong=str(error))
    except VenueError as error:
        return PrivateFacts(silent=str(error))
    except TimeoutError:
        return PrivateFacts(silent=f"no whole answer within {ASK_BOUND_S:.0f} s")
    finally:
        await desk.close()


async def _private(endpoint: Endpoint, desk: Desk, markets: tuple[str, ...]) -> PrivateFacts:
    await desk.start()
    listed, unlisted = await _listings(desk, markets)
    account, orders = await desk.account(), await desk.open_orders()
    book_ms = await _began_ms(partial(_feed, endpoint, listed[0]), BookMessage) if listed else None
    return PrivateFacts(
        instruments=listed,
        unlisted=unlisted,
        account=account,
        orders=orders,
        book_ms=book_ms,
        stream_ms=await _began_ms(desk.stream, StreamUp),
    )


def _feed(endpoint: Endpoint, instrument: Instrument, on_event: Callable[[Any], None]) -> Coroutine[Any, Any, None]:
    return make_feed(endpoint, instrument).run(on_event)


async def _listings(desk: Desk, markets: tuple[str, ...]) -> tuple[tuple[Instrument, ...], tuple[str, ...]]:
    """The instruments, and a sentence for each market that is not listed."""
    listed, unlisted = [], []
    for market in markets:
        try:
            listed.append(await desk.instrument(market))
        except ConfigError as error:
            unlisted.append(str(error))
    return tuple(listed), tuple(unlisted)


async def _began_ms(run: Callable[[Callable[[Any], None]], Coroutine[Any, Any, None]], kind: type) -> int | None:
    """How long a stream took to its first event of `kind`; None when it did not come."""
    began_ns, heard = clock.monotonic_ns(), asyncio.Event()
    task = asyncio.create_task(run(lambda event: heard.set() if isinstance(event, kind) else None))
    try:
        async with asyncio.timeout(STREAM_BOUND_S):
            await heard.wait()
    except TimeoutError:
        return None
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return (clock.monotonic_ns() - began_ns) // 1_000_000


def silence_logs() -> None:
    """What connections log on the way is not for who reads the doctor's lines."""
    logging.getLogger().addHandler(logging.NullHandler())
