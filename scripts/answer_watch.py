"""`arbctl watch`: the desk's facts as one frame of text or as JSON, or followed on a screen."""

import os
import sys
from typing import Any, Final

from common import clock
from common.desk.facts import facts
from common.desk.shapes import DeskFacts, MarketFacts
from common.desk.told import Reader
from common.settings import Settings
from scripts import render
from scripts.render import Answer
from scripts.watch.frame import frame
from scripts.watch.words import Bounds

#: of a frame that goes into a file or a pipe, unless COLUMNS says otherwise
WIDTH: Final = 100


def once(config: Settings) -> tuple[Answer, bool]:
    """One look, and whether there was a ledger to look at."""
    now_ns, reader = clock.now_ns(), Reader(config)
    desk = facts(reader.read(now_ns), now_ns)
    reader.close()
    return Answer(_data(desk), text=frame(desk, Bounds.of(config), _width())), not desk.trouble


def follow(config: Settings) -> None:
    """The screen, until it is left."""
    from scripts.watch.screen import Watch

    Watch(config).run()


def _width() -> int:
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and int(given):
        return int(given)
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else WIDTH


def _data(desk: DeskFacts) -> dict[str, Any]:
    """The facts, and what follows from them."""
    whole: dict[str, Any] = render.plain(desk)
    markets = [said | _market(one) for said, one in zip(whole["markets"], desk.markets, strict=True)]
    total = None if desk.pnl is None else desk.pnl.total_uusd
    return whole | {"markets": markets, "equity_uusd": desk.equity_uusd, "used": desk.used, "pnl_today_uusd": total}


def _market(market: MarketFacts) -> dict[str, Any]:
    return {
        "entry_uusd": market.entry_uusd,
        "close_uusd": market.close_uusd,
        "pnl_today_uusd": market.pnl.total_uusd,
        "look_at": market.trouble,
    }
