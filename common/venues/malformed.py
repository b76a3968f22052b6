"""The door through which foreign messages come in: whatever is wrong with one is the venue's error, and named."""

from collections.abc import Iterator
from contextlib import contextmanager

from common.core.errors import VenueError


@contextmanager
def reading(venue: str, what: str) -> Iterator[None]:
    """Turn every way in which a message can be malformed into a VenueError naming venue and message."""
    try:
        yield
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise VenueError(f"{venue} {what} is malformed: {type(error).__name__} {error}") from error
