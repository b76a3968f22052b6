"""What a person may write into arb.toml while the fleet is at work: other thresholds, limits of prices, and waits."""

from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any, Final, Protocol

from common.core.events import Event, TermsChanged
from common.core.terms import SECOND_NS, Terms, changed

#: by name of a term what is tried; the table of unwinds stays, since a judge counts on it
_TRIED: Final[dict[str, tuple[Any, ...]]] = {
    "edge_min_bps": (Decimal(1), Decimal(3), Decimal(20), Decimal(500)),
    "sign_ahead_bps": (Decimal(0), Decimal(3), Decimal(30)),
    "limit_slack_bps": (Decimal(0), Decimal(1), Decimal(3), Decimal(10)),
    "slippage_max_bps": (Decimal(2), Decimal(15), Decimal(40)),
    "close_min_bps": (Decimal(0), Decimal(8), Decimal(40)),
    "complete_within_ns": (0, SECOND_NS // 4, SECOND_NS),
    "feed_lag_max_ns": (SECOND_NS, 2 * SECOND_NS),
    "rule": ("net", "net", "original"),
    # a running trader must not follow these
    "size": (Decimal(1), Decimal(1000)),
    "median_window_ns": (30 * SECOND_NS, 90 * SECOND_NS),
}


class Editable(Protocol):
    """Who goes by terms that a person may edit."""

    terms: Terms

    def now_ns(self) -> int:
        """Its clock."""

    def hear(self, event: Event) -> None:
        """Take an event in."""


class Editor:
    """A person who edits arb.toml in this share of his visits, and has it taken up."""

    def __init__(self, random: Random, share: float) -> None:
        self.share, self._random = share, random

    def visit(self, one: Editable) -> None:
        """What would need a restart is given back before one comes: the next life has it as it was."""
        if self._random.random() < self.share:
            terms = _edited(one.terms, self._random)
            one.terms = changed(one.terms, terms)
            one.hear(TermsChanged(terms, one.now_ns()))


def _edited(terms: Terms, random: Random) -> Terms:
    """Two of them changed."""
    names = random.sample(sorted(_TRIED), 2)
    return replace(terms, **{name: random.choice(_TRIED[name]) for name in names})
