"""A worker that may die at any effect: before or after a ledger verb, before, between and after its sends."""

from random import Random
from typing import Any

from common.ledger.ledger import Ledger

_MORTAL = frozenset({"reserve", "write", "record", "move", "halt", "book_funding", "book_forced"})


class Death(Exception):
    """The process is gone; whatever it held in memory with it."""


class Fate:
    """Says at each effect whether the worker dies there."""

    def __init__(self, random: Random, share: float) -> None:
        self._random, self.share = random, share
        self.deaths = 0

    def strike(self) -> None:
        """Die here, or not."""
        if self.share and self._random.random() < self.share:
            self.deaths += 1
            raise Death


class MortalLedger:
    """The real ledger, with a death before or after any verb that writes."""

    def __init__(self, ledger: Ledger, fate: Fate) -> None:
        self._ledger, self._fate = ledger, fate

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._ledger, name)
        if name not in _MORTAL:
            return verb

        def mortal(*args: Any, **kwargs: Any) -> Any:
            self._fate.strike()
            result = verb(*args, **kwargs)
            self._fate.strike()
            return result

        return mortal
