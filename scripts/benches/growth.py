"""From one market to a hundred on one machine: does one more cost what the first one did?

The paper venues list ten markets, and one moves more than another. So a hundred are a hundred workers of one market,
each with a folder of its own, that hear the same synthetic books over connections of their own and share one ledger.
No edge is enough, so that all of them watch; the ledger under many who trade is another measure. Among them runs one
more with venues and a ledger of its own, which trades: from the frame to both orders, as in book_to_wire.
"""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from statistics import fmean, median

from scripts.benches import worker
from scripts.benches.base import Bench, Row, at_most
from scripts.benches.contender import Contender
from scripts.benches.crowd import MARKET, Crowd
from scripts.benches.fleet import running
from scripts.benches.tap import TappedLoop
from scripts.benches.watch import VenueTap, Watch

SETTLE_S, WINDOW_S = 5.0, 10.0
#: deals of the one that trades, at each size
DEALS = 40
GOAL = 1.2


@dataclass(frozen=True, slots=True)
class Found:
    """At one size: how long its newest took to quote, what each costs, and how quick the one that trades was."""

    quoting_s: float
    mib: list[float]
    percent: list[float]
    wire_ms: list[float]


def measure(bench: Bench) -> Iterable[Row]:
    """Memory, time on a core and book to wire among 1, 10, 50 and at last `--rounds` workers (100)."""
    most, watch = bench.count(quick=10, full=100), Watch()
    sizes = [size for size in (1, 10, 50) if size < most] + [most]
    loop_factory = partial(TappedLoop, serves=partial(VenueTap, watch=watch))
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        found = runner.run(_grow(bench, sizes, watch))
    for size, one in found.items():
        yield from _rows(size, one, found[sizes[0]])


def _rows(size: int, one: Found, first: Found) -> Iterable[Row]:
    yield Row(f"until all of {size} quote", "s", [one.quoting_s])
    yield Row(f"memory of a worker among {size}", "MiB", one.mib)
    yield Row(f"a worker among {size}", "% of a core", one.percent)
    yield Row(f"book to wire among {size}", "ms", one.wire_ms)
    if one is not first:
        goal = (at_most("median", GOAL),)
        yield Row(f"memory, {size} to 1", "×", [fmean(one.mib) / fmean(first.mib)], goal)
        yield Row(f"time on a core, {size} to 1", "×", [fmean(one.percent) / fmean(first.percent)], goal)
        yield Row(f"book to wire, {size} to 1", "×", [median(one.wire_ms) / median(first.wire_ms)], goal)


async def _grow(bench: Bench, sizes: list[int], watch: Watch) -> dict[int, Found]:
    found = dict[int, Found]()
    trading = Contender("worker", bench.folder / "trading", watch, closes=True)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(trading.end)
        await _trade(trading)
        crowd = Crowd(await stack.enter_async_context(running(bench.folder / "fleet")), stack)
        for size in sizes:
            found[size] = await _at(size, crowd, trading)
            bench.tell(size, sizes[-1])
    return found


async def _trade(trading: Contender) -> None:
    await trading.pair.start()
    trading.run(["-m", "workers.arb", MARKET], worker.write_config(trading.folder, trading.pair.ports))
    await trading.warm_up()


async def _at(size: int, crowd: Crowd, trading: Contender) -> Found:
    quoting_s = await crowd.grow(size)
    await asyncio.sleep(SETTLE_S)
    mib, percent = zip(*await crowd.window(WINDOW_S), strict=True)
    took = [await trading.round() for _ in range(DEALS)]
    return Found(quoting_s, list(mib), list(percent), [ms for ms in took if ms is not None])
