"""The process that tells: it looks every few seconds, and each address has a loop of its own, so that none waits.

What blocks (reading, sending) happens in threads. Trading does not know of any of it.
"""

import asyncio
import logging
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from common import clock, log
from common.alerts.outbox import FILE, Outbox
from common.alerts.sending import send
from common.alerts.targets import Targets
from common.alerts.watchman import Watchman
from common.core.errors import LedgerError
from common.core.terms import SECOND_NS
from common.settings import Settings

LOOK_S: Final = 2.0
#: an address is looked after so often: what came meanwhile is sent together
SEND_S: Final = 3.0
HEARTBEAT_S: Final = 60.0
HEARTBEAT_BOUND_S: Final = 10.0
#: a look that is older says nothing any more
FRESH_NS: Final = 30 * SECOND_NS

Found = TypeVar("Found")


class Service:
    """Of one fleet."""

    def __init__(self, config: Settings, targets: Targets, logger: logging.Logger) -> None:
        self._config, self._targets, self._logger = config, targets, logger
        #: one thread reads, since a ledger's reader belongs to one; each address has one that sends
        self._reads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="reads")
        self._sends_in = ThreadPoolExecutor(max_workers=len(targets.urls) + 1, thread_name_prefix="sends")
        self._well_ns = 0

    async def run(self) -> None:
        """Until cancelled."""
        with Outbox(self._config.var / FILE) as outbox:
            if cut := outbox.recover():
                log.event(self._logger, "cut_off", deliveries=cut)
            log.event(self._logger, "telling", targets=", ".join(self._targets.urls) or "nobody")
            async with asyncio.TaskGroup() as group:
                group.create_task(self._look(Watchman(self._config, outbox, self._targets)))
                if self._targets.heartbeat:
                    group.create_task(self._heartbeats())
                for name, url in self._targets.urls.items():
                    group.create_task(self._sends(name, url))

    async def _look(self, watchman: Watchman) -> None:
        while True:
            now_ns = clock.now_ns()
            try:
                if await self._aside(self._reads, partial(watchman.look, now_ns)):
                    self._well_ns = now_ns
            except LedgerError as error:
                log.trouble(self._logger, "no_look", why=error)
            await asyncio.sleep(LOOK_S)

    async def _sends(self, name: str, url: str) -> None:
        while True:
            await self._aside(self._sends_in, partial(self._send, name, url))
            await asyncio.sleep(SEND_S)

    def _send(self, name: str, url: str) -> None:
        """Everything that is due there, as one."""
        with Outbox(self._config.var / FILE) as outbox:
            dues = outbox.begin(name, clock.now_ns())
            if not dues:
                return
            if send(url, dues):
                outbox.arrived(name, dues, clock.now_ns())
                log.event(self._logger, "told", target=name, messages=len(dues))
                return
            at_ns = outbox.failed(name, dues, clock.now_ns())
            again_s = (at_ns - clock.now_ns()) // SECOND_NS
            log.trouble(self._logger, "not_told", target=name, messages=len(dues), again_in_s=again_s)

    async def _heartbeats(self) -> None:
        """Silence is the alarm: only while the last look was lately and found nothing critical."""
        while True:
            is_well = clock.now_ns() - self._well_ns < FRESH_NS
            if is_well and not await self._aside(self._sends_in, self._beat):
                log.trouble(self._logger, "heartbeat_unheard")
            await asyncio.sleep(HEARTBEAT_S if is_well else LOOK_S)

    def _beat(self) -> bool:
        try:
            with urllib.request.urlopen(self._targets.heartbeat, timeout=HEARTBEAT_BOUND_S) as answer:
                return bool(answer.status < 300)
        except (OSError, ValueError):
            # its words may name the address
            return False

    @staticmethod
    async def _aside(threads: ThreadPoolExecutor, work: Callable[[], Found]) -> Found:
        return await asyncio.get_running_loop().run_in_executor(threads, work)
