"""What all ApeX messages share: the envelope of an answer, names of instruments, the venue's time. Pure codecs.

A business error arrives as HTTP 200 with `code`, `msg` and `key`; everything that is not a well-formed answer is
`Unknown`. No I/O, no clock, no keys in here.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

import orjson

from common.core.market import Venue
from common.core.order import Unknown
from common.venues import malformed

SETTLE: Final = "USDC"
MS_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000
#: /v1/time is documented in seconds by one source and in milliseconds by another; seconds stay below this until 5138
_SECONDS_BELOW: Final = 10**11

#: wrong key, secret or passphrase; API-key signature; signature or parameter check: refused at the door
BAD_CREDENTIALS: Final = frozenset({10002, 20006, 20016})
BAD_TIMESTAMP: Final = 20002


@dataclass(frozen=True, slots=True)
class Data:
    """The `data` of a good answer."""

    value: Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """A business error: the venue's code, its key ("" when it gave none) and its text."""

    code: int
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.key or self.code}: {self.text}"


Payload: TypeAlias = Data | Refusal | Unknown


#: a VenueError naming venue and message, whatever is malformed inside the block
reading = partial(malformed.reading, Venue.APEX)
_READING_FRAME: Final = reading("frame")


def decode_answer(status: int, body: bytes) -> Payload:
    """Data, Refusal or Unknown from one HTTP answer, whatever its status and content."""
    if status != 200:
        return Unknown(f"http {status}")
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Unknown("not json")
    if not isinstance(answer, dict):
        return Unknown("not an object")
    if "code" in answer:
        return _refusal(answer)
    return Data(answer["data"]) if "data" in answer else Unknown("neither data nor code")


def _refusal(answer: dict[str, Any]) -> Payload:
    code = answer["code"]
    if isinstance(code, str) and code.isdigit():
        code = int(code)
    if not isinstance(code, int):
        return Unknown(f"code {code!r}")
    return Refusal(code, str(answer.get("key") or ""), str(answer.get("msg") or ""))


def decode_frame(data: str | bytes) -> dict[str, Any]:
    """One WebSocket frame as an object; VenueError when it is none."""
    with _READING_FRAME:
        frame = orjson.loads(data)
        if not isinstance(frame, dict):
            raise ValueError("not an object")
    return frame


def server_time_ns(data: Any) -> int:
    """The venue's clock from /v1/time, nanoseconds; seconds and milliseconds are told apart by magnitude."""
    with reading("time"):
        time = int(data["time"])
    return time * (SECOND_NS if time < _SECONDS_BELOW else MS_NS)


def symbol_of(market: str) -> str:
    """`BTC` → `BTC-USDC`, the name in orders and accounts."""
    return f"{market}-{SETTLE}"


def market_of(symbol: str) -> str:
    """`BTC-USDC` → `BTC`."""
    return symbol.partition("-")[0]


def cross_name(symbol: str) -> str:
    """`BTC-USDC` → `BTCUSDC`, the name in topics and public queries."""
    return symbol.replace("-", "")


def ping_frame(now_ms: int) -> str:
    """An application-level ping, which keeps a connection from being closed as stale."""
    return orjson.dumps({"op": "ping", "args": [str(now_ms)]}).decode()


def pong_frame(ping: dict[str, Any]) -> str:
    """The answer to a ping of the server."""
    return orjson.dumps({"op": "pong", "args": ping.get("args") or []}).decode()
