"""Whether a note on a tape says what its kind must say: a file may be damaged by more than chance.

Frames are not looked at: what is wrong with one is the venue's error, and a gap.
"""

from typing import Any, Final

from common.core.errors import ConfigError
from common.core.market import Venue
from common.tape.heard import MARKET
from common.tape.record import Kind, Record

_NEEDS: Final[dict[Kind, dict[str, type]]] = {
    Kind.BEGIN: {"format": int, "run": int},
    Kind.OPENED: {"venue": str, "market": str},
    Kind.LOST: {"why": str},
    Kind.ANSWER: {"venue": str, "market": str, "topic": str, "status": int},
    Kind.GAP: {"why": str},
    Kind.END: {"why": str},
}


def refuse_odd(record: Record, name: str) -> None:
    """ConfigError when the file `name` holds a note that no recorder writes."""
    if record.kind is Kind.FRAME:
        return
    try:
        fields = record.fields()
    except ValueError as error:
        raise ConfigError(f"{name} is no tape of a recorder: a {record.kind.name} is {error}") from None
    odd = [key for key, kind in _NEEDS[record.kind].items() if not isinstance(fields.get(key), kind)]
    odd += [key for key, is_odd in _ODD.items() if key in fields and is_odd(fields[key])]
    if odd or ("venue" in fields) != ("market" in fields):
        raise ConfigError(
            f"{name} is no tape of a recorder: a {record.kind.name} has no such {', '.join(odd) or 'market'}"
        )


def _odd_counts(value: Any) -> bool:
    if not isinstance(value, dict):
        return True
    return not all(key.isascii() and key.isdigit() and isinstance(count, int) for key, count in value.items())


_ODD: Final = {
    "venue": lambda value: value not in list(Venue),
    "market": lambda value: not isinstance(value, str) or not MARKET.fullmatch(value),
    "dropped": _odd_counts,
}
