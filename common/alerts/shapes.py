"""The values of the alerts. Frozen; times are ours, nanoseconds."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much it matters; what is critical costs money while nobody looks, and heeds no quiet hours."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Kind(StrEnum):
    """What a message is: a condition begins, lasts, ends; something happened once; the statement of a day."""

    BEGUN = "begun"
    STILL = "still"
    OVER = "over"
    ONCE = "once"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that stands now. `after_ns`: told only once it has stood for so long."""

    key: str
    severity: Severity
    text: str
    remedy: str
    after_ns: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """A condition that was told and is not over; `remind_ns`: when it is told again, `gap_ns` after the last time."""

    key: str
    severity: Severity
    text: str
    begun_ns: int
    remind_ns: int
    gap_ns: int


@dataclass(frozen=True, slots=True)
class Say:
    """A message to be. `key` names the condition, or what happened: the same thing is never put down twice."""

    kind: Kind
    key: str
    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """One that was put down. `sent`: by target when it arrived, 0 while it has not."""

    number: int
    made_ns: int
    kind: Kind
    key: str
    severity: Severity
    text: str
    sent: dict[str, int]


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be sent to one target, for the how manieth time; `repeat`: it may have arrived before a crash."""

    number: int
    severity: Severity
    text: str
    repeat: bool
    tries: int
