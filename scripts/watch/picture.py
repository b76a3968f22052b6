"""A picture of the living screen, taken without a terminal; its letters are the reader's own, nothing is fetched."""

import asyncio
import re
from collections.abc import Sequence
from typing import Final

from textual.pilot import Pilot
from textual.widgets import Static

from common.settings import Settings
from scripts.watch.grid import Grid
from scripts.watch.screen import Watch

SIZE: Final = (100, 30)
#: what was asked for is on the screen within this
BOUND_S: Final = 20.0
STEP_S: Final = 0.1


def picture(config: Settings, keys: Sequence[str]) -> str:
    """The screen as SVG after these keys."""
    return asyncio.run(_picture(config, keys))


async def _picture(config: Settings, keys: Sequence[str]) -> str:
    app = Watch(config)
    async with app.run_test(size=SIZE) as pilot:
        for key in (None, *keys):
            if key is not None:
                await pilot.press(key)
            await _drawn(app, pilot)
        drawn = app.export_screenshot(title="arbctl watch")
    return re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)


async def _drawn(app: Watch, pilot: Pilot[None]) -> None:
    """Wait until the screen on top has something in all its parts."""
    async with asyncio.timeout(BOUND_S):
        while not _is_full(app):
            await pilot.pause(STEP_S)
    await pilot.pause(STEP_S)


def _is_full(app: Watch) -> bool:
    grids, texts = app.screen.query(Grid), app.screen.query(Static)
    return all(grid.row_count for grid in grids) and all(str(text.content) for text in texts if text.id)
