"""`arbctl record`: the recorder in the foreground, for so long or until Ctrl-C."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from common import log, stopping
from common.recorder.recorder import Order, Recorder, Tally, take_folder
from common.recorder.terms import REST
from common.settings import Settings
from scripts.render import Answer

#: somebody else's recorder is not waited for
LOCK_WAIT_S = 0.2


def record(config: Settings, folder: Path, markets: Sequence[str], for_s: float | None, *, rest: bool) -> Answer:
    """Record `markets` into `folder`; what was put there."""
    log.setup("recorder")
    take_folder(folder, LOCK_WAIT_S)
    terms = replace(config.recorder, listen=REST) if rest else config.recorder
    tally = asyncio.run(_recorded(Order(config.endpoints, markets, folder, terms), for_s))
    data = {"folder": str(folder), "frames": tally.frames, "gaps": tally.gaps, "dropped": tally.dropped}
    text = f"{tally.frames} messages, {tally.gaps} gaps, {tally.dropped} dropped; {tally.bytes:,} bytes in {folder}"
    return Answer(data | {"bytes": tally.bytes}, text=text, notes=[f"what is on it: arbctl tape info {folder}"])


async def _recorded(order: Order, for_s: float | None) -> Tally:
    told = stopping.stop_event()
    if for_s is not None:
        asyncio.get_running_loop().call_later(for_s, told.set)
    recorder = Recorder(order)
    try:
        await stopping.until(told, recorder.run())
    finally:
        tally = await recorder.close()
    return tally
