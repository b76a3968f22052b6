"""What can be said of a paper fleet's settings before anything is started: its listings and first prices are known.

A live venue says its listings only when asked, so a worker checks sizes there when it starts (common/live.py).
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from common.core.market import Venue
from common.sim.habits import NATURES
from common.sim.listings import MARKETS, listings

if TYPE_CHECKING:
    from common.settings import Cap, Paper

REPLAY = "replay:"


def wrongs(paper: "Paper | None", cap: "Cap | None", sizes: Mapping[str, Decimal]) -> Iterator[str]:
    """A sentence for each thing that the paper venues would not take, or that could never trade; `sizes` by market."""
    for market, size in sizes.items():
        if market not in MARKETS:
            yield f"markets.{market}: the paper venues list {', '.join(MARKETS)}; take [markets.{market}] out"
        else:
            yield from _off_grid(market, size)
            yield from _too_dear(market, size, paper, cap)
    if paper is not None and paper.source.startswith(REPLAY):
        path = Path(paper.source.removeprefix(REPLAY))
        if not path.exists():
            yield f"paper.source = {paper.source}: there is nothing at that path; write where the recorded books lie"


def _off_grid(market: str, size: Decimal) -> Iterator[str]:
    listed = [listings(venue, Decimal(0))[market].instrument for venue in Venue]
    whys = [why for instrument in listed if (why := instrument.refuse_size(size)) is not None]
    if whys:
        step, least = max(i.step for i in listed), max(i.min_size for i in listed)
        yield f"markets.{market}.size = {size}: {'; '.join(whys)}; choose a multiple of {step}, at least {least}"


def _too_dear(market: str, size: Decimal, paper: "Paper | None", cap: "Cap | None") -> Iterator[str]:
    if paper is None or cap is None or paper.source.startswith(REPLAY):
        return
    room, cost = cap.leverage_entry * paper.balance_usd, size * Decimal(str(NATURES[market].price))
    if cost > room:
        yield (
            f"markets.{market}.size = {size}: one deal is about {cost:.0f} USD and the cap {room:.0f} USD "
            "(cap.leverage_entry × paper.balance_usd): choose a smaller size, or raise paper.balance_usd"
        )
