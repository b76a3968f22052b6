"""Tells the log how late books are: each venue's worst once a minute, and when one begins and ceases to be too late.

Too late for what stands in core/view.py: such a book is not decided upon, and `arbctl status` says `behind`.
"""

import logging
from typing import Final

from common import log
from common.core.market import Venue
from common.core.terms import SECOND_NS
from common.core.view import MarketView

EVERY_NS: Final = 60 * SECOND_NS
MS_NS: Final = 1_000_000


class LagWatch:
    """One market's; `look` is called as often as time passes."""

    def __init__(self, view: MarketView, logger: logging.Logger) -> None:
        self._view, self._logger = view, logger
        self._worst_ns = dict.fromkeys(view.lag_ns, 0)
        self._late: set[Venue] = set()
        self._told_ns = 0

    def look(self, now_ns: int) -> None:
        """Remember the worst of the minute, tell what is due."""
        for venue, lag_ns in self._view.lag_ns.items():
            self._worst_ns[venue] = max(self._worst_ns[venue], lag_ns)
            if (lag_ns > self._view.terms.feed_lag_max_ns) is not (venue in self._late):
                self._turn(venue, lag_ns)
        if now_ns - self._told_ns >= EVERY_NS:
            self._told_ns = now_ns
            worst = {f"{venue}_ms": lag_ns // MS_NS for venue, lag_ns in self._worst_ns.items()}
            log.event(self._logger, "feed_lag", **worst)
            self._worst_ns = dict.fromkeys(self._worst_ns, 0)

    def _turn(self, venue: Venue, lag_ns: int) -> None:
        if venue in self._late:
            self._late.discard(venue)
            log.event(self._logger, "feed_behind_over", venue=venue)
        else:
            self._late.add(venue)
            log.trouble(self._logger, "feed_behind", venue=venue, lag_ms=lag_ns // MS_NS)
