"""What all dYdX messages share: the envelope of an answer, names of instruments, ISO times. Pure codecs.

Everything that is not a well-formed answer is `Unknown`. No I/O, no clock, no keys in here.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

import orjson

from common.core.errors import VenueError
from common.core.market import Venue
from common.core.order import Unknown
from common.venues import malformed
from common.venues.iso import iso_ns as iso_ns

SECOND_NS: Final = 1_000_000_000
DAY_NS: Final = 86_400 * SECOND_NS
MS_NS: Final = 1_000_000
QUOTE: Final = "USD"
TOO_MANY: Final = 429
NOT_FOUND_TEXT: Final = "No order found"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Data:
    """The object of a good answer."""

    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no in dYdX's own error body; a 429, an HTML page or a 5xx is Unknown instead."""

    status: int
    text: str

    def __str__(self) -> str:
        return f"http {self.status}: {self.text}"


Payload: TypeAlias = Data | Refusal | Unknown


#: a VenueError naming venue and message, whatever is malformed inside the block
reading = partial(malformed.reading, Venue.DYDX)


def decode_answer(status: int, body: bytes) -> Payload:
    """Data, Refusal or Unknown from one HTTP answer, whatever its status and content."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Unknown(f"http {status}, not json")
    if not isinstance(answer, dict):
        return Unknown(f"http {status}, not an object")
    if 200 <= status < 300:
        return Data(answer)
    text = _error_text(answer)
    if 400 <= status < 500 and status != TOO_MANY and text:
        return Refusal(status, text)
    return Unknown(f"http {status} {text}".rstrip())


def _error_text(answer: dict[str, Any]) -> str:
    """The messages of `{"errors": [{"msg": …}]}`, each with the parameter it is about; "" for any other shape."""
    errors = answer.get("errors")
    if not isinstance(errors, list):
        return ""
    told = [(str(e["msg"]), str(e.get("param") or "")) for e in errors if isinstance(e, dict) and e.get("msg")]
    return "; ".join(f"{text} ({param})" if param else text for text, param in told)


def data_of(payload: Payload) -> dict[str, Any]:
    """The object of a good answer; VenueError for any other."""
    if not isinstance(payload, Data):
        raise VenueError(f"dydx: {payload.reason if isinstance(payload, Unknown) else payload}")
    return payload.value


def name_of(market: str) -> str:
    """`BTC` → `BTC-USD`."""
    return f"{market}-{QUOTE}"


def market_of(name: str) -> str:
    """`BTC-USD` → `BTC`."""
    return name.partition("-")[0]


def iso(at_ns: int) -> str:
    """Nanoseconds UTC as `2023-02-26T12:00:00.000Z`, cut to whole milliseconds."""
    days, rest_ns = divmod(at_ns, DAY_NS)
    minutes, ms = divmod(rest_ns // MS_NS, 60_000)
    return f"{_date(days)}T{minutes // 60:02d}:{minutes % 60:02d}:{ms // 1000:02d}.{ms % 1000:03d}Z"


@lru_cache(maxsize=2)
def _date(days: int) -> str:
    """The date so many days after the beginning of 1970."""
    return f"{_EPOCH + timedelta(days=days):%Y-%m-%d}"


def server_time_ns(data: dict[str, Any]) -> int:
    """The venue's clock from GET /v3/time; `iso` alone, as nobody is sure of the type of `epoch`."""
    with reading("time"):
        return iso_ns(data["iso"])
