"""The door through which foreign messages come in: whatever is wrong with one is the venue's error, and named."""

from types import TracebackType
from typing import Final

from common.core.errors import VenueError

#: every way in which a message can be malformed
_WAYS: Final = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)


class reading:
    """Turn every way in which a message can be malformed into a VenueError naming venue and message.

    A class, and its objects serve again and again: it stands around every frame.
    """

    __slots__ = ("_venue", "_what")

    def __init__(self, venue: str, what: str) -> None:
        self._venue, self._what = venue, what

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if isinstance(error, _WAYS):
            what = f"{self._venue} {self._what} is malformed: {type(error).__name__} {error}"
            raise VenueError(what) from error
