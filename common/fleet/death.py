"""A worker that may die anywhere: before or after a ledger verb, around its sends, before what it waits for comes."""

from collections.abc import Callable
from random import Random
from typing import Any

from common.core.errors import LedgerError
from common.ledger.ledger import Ledger

_VERBS = "reserve write record move halt resume book_funding book_forced write_account rebuild dispel"
_MORTAL = frozenset(_VERBS.split())


class Death(Exception):
    """The process is gone; whatever it held in memory with it."""


class Busy(LedgerError):
    """Another process would not let go of the ledger: the worker crashes of it."""


class Fate:
    """Says at each effect whether the worker dies there."""

    def __init__(self, random: Random, share: float, busy: float) -> None:
        self._random, self.share, self.busy = random, share, busy
        self.deaths = 0

    def strike(self, part: float = 1.0) -> None:
        """Die here, or not; `part` of the usual share where there are many occasions."""
        if self.share and self._random.random() < self.share * part:
            raise Death

    def stand_in_line(self) -> None:
        """Get the ledger, or not."""
        if self.busy and self._random.random() < self.busy:
            raise Busy("the ledger was held by another process for too long")


class MortalLedger:
    """The real ledger, with a death before or after any verb that writes, and a look at what it wrote."""

    def __init__(self, ledger: Ledger, fate: Fate, look: Callable[[], None]) -> None:
        self._ledger, self._fate, self._look = ledger, fate, look

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._ledger, name)
        if name not in _MORTAL:
            return verb

        def mortal(*args: Any, **kwargs: Any) -> Any:
            self._fate.strike()
            self._fate.stand_in_line()
            result = verb(*args, **kwargs)
            self._look()
            self._fate.strike()
            return result

        return mortal
