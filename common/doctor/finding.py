"""What one check came to: fine, worth knowing, or wrong, in a sentence, with the remedy. Plain values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

#: the remedy of what follows from another failure
SEE_ABOVE: Final = "see above"


class Grade(StrEnum):
    """How bad it is: with a failure nothing should be started."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor. `remedy` says what a person can do; empty where nothing has to be done."""

    check: str
    grade: Grade
    says: str
    remedy: str = ""


def ok(check: str, says: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Grade.OK, says)


def warning(check: str, says: str, remedy: str) -> Finding:
    """The fleet may run, but somebody should know."""
    return Finding(check, Grade.WARNING, says, remedy)


def failure(check: str, says: str, remedy: str) -> Finding:
    """The fleet must not start, or not go on, like this."""
    return Finding(check, Grade.FAILURE, says, remedy)
