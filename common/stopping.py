"""Being told to stop, or to read the settings again: signals as awaitable events. For process mains only."""

import asyncio
import signal
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from typing import Any, Protocol, TypeVar

Result = TypeVar("Result")


class Door(Protocol):
    """What holds connections."""

    async def close(self) -> None:
        """Let them go."""


def stop_event() -> asyncio.Event:
    """An event of the running loop that SIGTERM and SIGINT set, instead of ending the process."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    return told


def hangup_event() -> asyncio.Event:
    """The same for SIGHUP, which asks a process to read its settings again."""
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, told.set)
    return told


async def until(told: asyncio.Event, work: "asyncio.Task[Result] | Coroutine[Any, Any, Result]") -> Result | None:
    """The result of `work`, or None when `told` came first; a coroutine is then cancelled, a task goes on."""
    task = work if isinstance(work, asyncio.Task) else asyncio.create_task(work)
    waiting = asyncio.create_task(told.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        waiting.cancel()
        if task is not work:
            task.cancel()


async def closed(doors: Iterable[Door], bound_s: float) -> None:
    """Close them all, or leave that to the end of the process when it takes longer than `bound_s`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(bound_s):
            await asyncio.gather(*(door.close() for door in doors))


def linger(seconds: float) -> None:
    """Wait, or less when told to stop; blocks, so only for a process with nothing left to do."""
    numbers = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    signal.sigtimedwait(numbers, seconds)
