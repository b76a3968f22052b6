"""Book messages of one BTC market as each venue frames them, ready for the wire; the same every time."""

from collections.abc import Iterator
from random import Random

import orjson

from common.core.market import Venue

#: levels a side, the middle in USD, and the most levels that one message changes on a side
LEVELS, MIDDLE, CHANGED = 100, 40_000, 3
#: how near the touch most changes are, in levels
NEAR = 6.0
FIN_TEXT, LENGTH_16, LENGTH_64 = 0x81, 126, 127


def wire_frames(venue: Venue, count: int) -> Iterator[bytes]:
    """What is said first (with the snapshot), then `count` changes."""
    texts = _dydx(count) if venue is Venue.DYDX else _apex(count)
    return (_framed(orjson.dumps(text)) for text in texts)


def _framed(payload: bytes) -> bytes:
    """A text frame of a server: unmasked, in one piece."""
    size = len(payload)
    if size < LENGTH_16:
        return bytes((FIN_TEXT, size)) + payload
    if size < 1 << 16:
        return bytes((FIN_TEXT, LENGTH_16)) + size.to_bytes(2, "big") + payload
    return bytes((FIN_TEXT, LENGTH_64)) + size.to_bytes(8, "big") + payload


def _dydx(count: int) -> Iterator[object]:
    rng, head = Random(1), {"connection_id": "b1946ac9-2491-4ee3-8d32-000000000000"}
    whole = [[{"price": p, "size": s, "offset": "1"} for p, s in side] for side in _whole(rng)]
    yield {"type": "connected", **head, "message_id": 0}
    book = {**head, "channel": "v3_orderbook", "id": "BTC-USD"}
    yield {"type": "subscribed", "message_id": 1, **book, "contents": {"bids": whole[0], "asks": whole[1]}}
    for number in range(count):
        bids, asks = _change(rng)
        contents = {"offset": str(number + 2), "bids": bids, "asks": asks}
        yield {"type": "channel_data", "message_id": number + 2, **book, "contents": contents}


def _apex(count: int) -> Iterator[object]:
    rng, topic = Random(2), "orderBook200.H.BTCUSDC"
    for number in range(count + 1):
        bids, asks = _change(rng) if number else _whole(rng)
        data = {"s": "BTCUSDC", "b": bids, "a": asks, "u": number + 1}
        kind = "delta" if number else "snapshot"
        yield {"topic": topic, "type": kind, "data": data, "cs": number, "ts": 1_700_000_000_000_000 + number}


Row = list[str]


def _whole(rng: Random) -> tuple[list[Row], list[Row]]:
    bids = [[str(MIDDLE - 1 - n), _size(rng)] for n in range(LEVELS)]
    return bids, [[str(MIDDLE + 1 + n), _size(rng)] for n in range(LEVELS)]


def _change(rng: Random) -> tuple[list[Row], list[Row]]:
    """A few levels, most near the touch, which itself stays: what is decided does not change."""
    bids = {MIDDLE - 2 - _away(rng) for _ in range(rng.randint(0, CHANGED))}
    asks = {MIDDLE + 2 + _away(rng) for _ in range(rng.randint(1, CHANGED))}
    return [[str(p), _size(rng)] for p in bids], [[str(p), _size(rng)] for p in asks]


def _away(rng: Random) -> int:
    return min(LEVELS - 2, int(rng.expovariate(1 / NEAR)))


def _size(rng: Random) -> str:
    return f"{rng.randint(1, 9_999) / 1000:.3f}"
