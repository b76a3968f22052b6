"""[alerts] of arb.toml: whether anybody is told, when not, and how often again. Pure, checked once built."""

from dataclasses import dataclass
from typing import Annotated, Final

from common.core.bounds import SECOND_NS, PatienceNs, Within, refuse_wrong

Hour = Annotated[int, Within("0", "23")]
HOUR_NS: Final = 3600 * SECOND_NS
DAY_NS: Final = 24 * HOUR_NS


@dataclass(frozen=True, slots=True)
class AlertTerms:
    """Hours are of the day, UTC."""

    enabled: bool = True
    #: from the first hour to the second only what is critical is sent; the same twice: never quiet
    quiet_from_h: Hour = 0
    quiet_to_h: Hour = 0
    #: the statement of the day before is made at this hour
    statement_h: Hour = 0
    #: what still stands is told again after so long, then after twice as long, at most once a day
    remind_after_ns: PatienceNs = HOUR_NS

    def __post_init__(self) -> None:
        refuse_wrong("alerts", self)

    def loud_ns(self, now_ns: int) -> int:
        """When something that is not critical may be sent: now, or at the end of the quiet hours."""
        midnight_ns = now_ns // DAY_NS * DAY_NS
        hour = (now_ns - midnight_ns) // HOUR_NS
        length = (self.quiet_to_h - self.quiet_from_h) % 24
        if (hour - self.quiet_from_h) % 24 >= length:
            return now_ns
        end_ns = midnight_ns + self.quiet_to_h * HOUR_NS
        return end_ns if end_ns > now_ns else end_ns + DAY_NS
