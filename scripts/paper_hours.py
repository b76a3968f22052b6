"""The paper venues for as long as a command needs them, when the fleet that runs them stands."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from common.core.errors import VenueError
from common.settings import CONFIG_VARIABLE, DEFAULT_FILE, Settings
from scripts.paper_health import ask

CHECKOUT = Path(__file__).resolve().parent.parent
#: the paper venues read their journals and make their books first
UP_BOUND_S, POLL_S = 60.0, 0.2
DOWN_BOUND_S = 15.0


@asynccontextmanager
async def paper_venues(config: Settings, given: Path | None) -> AsyncIterator[None]:
    """Start the paper venues unless they answer already; they are stopped again. Nothing to do with live venues."""
    if config.mode != "paper" or _answer(config):
        yield
        return
    path = (given or Path(os.environ.get(CONFIG_VARIABLE) or DEFAULT_FILE)).resolve()
    log = config.var / "log" / "reconcile-sim.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workers.sim", cwd=CHECKOUT, env={**os.environ, CONFIG_VARIABLE: str(path)},
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        await _up(config, child, log)
        yield
    finally:
        await _down(child)


def _answer(config: Settings) -> bool:
    return all(ask(port) is not None for port in (config.paper.dydx_port, config.paper.apex_port))


async def _up(config: Settings, child: asyncio.subprocess.Process, log: Path) -> None:
    try:
        async with asyncio.timeout(UP_BOUND_S):
            while child.returncode is None and not _answer(config):  # noqa: ASYNC110  (ports to poll)
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise VenueError(f"the paper venues did not answer within {UP_BOUND_S:.0f} s; see {log}") from None
    if child.returncode is not None:
        raise VenueError(f"the paper venues ended at once; see {log}")


async def _down(child: asyncio.subprocess.Process) -> None:
    if child.returncode is not None:
        return
    child.terminate()
    try:
        async with asyncio.timeout(DOWN_BOUND_S):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()
