"""How a person says since when: a length of time back from now, or a day or moment, UTC."""

import re
from datetime import UTC, datetime
from typing import Final

import typer

_UNITS_S: Final = {"s": 1, "min": 60, "h": 3600, "d": 86_400}
_SECOND_NS: Final = 1_000_000_000
HELP: Final = "Since when: 90min, 24h, 7d, a day (2026-11-28) or a moment (2026-11-28T12:00), UTC."


def since_ns(text: str | None, now_ns: int) -> int | None:
    """The moment in nanoseconds; None for no text; misuse for what is none."""
    if text is None:
        return None
    back = re.fullmatch(r"(\d{1,6})\s*(s|min|h|d)", text.strip())
    if back is not None:
        return now_ns - int(back[1]) * _UNITS_S[back[2]] * _SECOND_NS
    try:
        moment = datetime.fromisoformat(text.strip())
        at = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return int(at.timestamp()) * _SECOND_NS
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"{text!r} is no time: say 90min, 24h, 7d, 2026-11-28 or 2026-11-28T12:00") from None
