"""Ways to spoil a message: its bytes, its numbers, its shape. Each takes the message and gives another one."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

from scripts.fuzz_streams import numbers

#: what a number may turn into, as JSON text without quotes
ODD = (
    "NaN", "Infinity", "-1", "0", "-0", "1e400", "1e-400", "9" * 400, "1_0", "null", "true", "[]", "{}", '""', '"nan"',
    '"1e400"', '" 1"', '"0x10"', '"1,5"', '"\\u0661"', '"' + "9" * 30 + '"', '"-5"', '"1e3"', "1.5", '"."', '"+1"',
)  # fmt: skip
Mutation = Callable[[Random, str], str | bytes]


def truncate(rng: Random, frame: str) -> str:
    """The end is missing."""
    return frame[: rng.randrange(len(frame))]


def flip_bit(rng: Random, frame: str) -> bytes:
    """One bit is wrong."""
    raw = bytearray(frame.encode())
    raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(raw)


def other_byte(rng: Random, frame: str) -> bytes:
    """Up to three bytes are something else."""
    raw = bytearray(frame.encode())
    for _ in range(rng.randint(1, 3)):
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    return bytes(raw)


def cut(rng: Random, frame: str) -> str:
    """A piece is missing."""
    at = rng.randrange(len(frame))
    return frame[:at] + frame[at + rng.randint(1, 20) :]


def repeat(rng: Random, frame: str) -> str:
    """A piece stands twice."""
    at, length = rng.randrange(len(frame)), rng.randint(1, 40)
    return frame[: at + length] + frame[at:]


def digit(rng: Random, frame: str) -> str:
    """One digit is another one."""
    begin, end = rng.choice(list(numbers(frame)))
    at = rng.randrange(begin, end)
    return frame[:at] + rng.choice("0123456789") + frame[at + 1 :]


def shift_point(rng: Random, frame: str) -> str:
    """A number has a digit too many, too few, or a point within."""
    begin, end = rng.choice(list(numbers(frame)))
    at = rng.randint(begin, end)
    return frame[:at] + rng.choice(("0", ".", "9", "00", "e1", "-")) + frame[at:]


def odd_value(rng: Random, frame: str) -> str:
    """A value is something that cannot be meant."""
    return _put(rng, frame, lambda: rng.choice(ODD))


def swap_types(rng: Random, frame: str) -> str:
    """A value is an object, a list, a truth."""
    return _put(rng, frame, lambda: rng.choice(("{}", "[]", "true", "null", "0", '"x"', "[[]]", '[["1"]]')))


def lose_key(rng: Random, frame: str) -> str:
    """A key or an entry is missing."""
    read = json.loads(frame)
    holder, key = rng.choice(_places(read))
    del holder[key]
    return json.dumps(read)


def more_keys(rng: Random, frame: str) -> str:
    """There is more than was asked for; a key that is there already is overwritten by the later one."""
    read = json.loads(frame)
    holders = [holder for holder, _ in _places(read)]
    holder = rng.choice(holders)
    extra = json.loads(rng.choice(('{"a": 1}', '["9", "9"]', '"9"', "null")))
    if isinstance(holder, dict):
        holder[rng.choice((*holder, "more"))] = extra
    else:
        holder.insert(rng.randint(0, len(holder)), extra)
    return json.dumps(read)


def double_key(rng: Random, frame: str) -> str:
    """A key stands twice, with two values."""
    at = frame.index("{") + 1
    key = rng.choice(("type", "message_id", "contents", "data", "topic", "u", "channel", "id"))
    return f'{frame[:at]}"{key}": {rng.choice(ODD)}, {frame[at:-1]}, "{key}": {rng.choice(ODD)}}}'


def shuffle(rng: Random, frame: str) -> str:
    """Entries stand in another order."""
    read = json.loads(frame)
    lists = [v for holder, key in _places(read) if isinstance(v := holder[key], list)]
    if lists:
        rng.shuffle(rng.choice(lists))
    return json.dumps(read)


def other_word(rng: Random, frame: str) -> str:
    """A word is another word of the protocol."""
    words = ("snapshot", "delta", "subscribed", "channel_data", "channel_batch_data", "error", "BTC-USD", "BTCUSDC",
             "v3_orderbook", "bids", "asks", '"b"', '"a"', "orderBook200.H.BTCUSDC")  # fmt: skip
    here = [word for word in words if word in frame]
    others = (*words, "ETH-USD", "ETHUSDC", "unsubscribed", "v3_trades")
    return frame.replace(rng.choice(here), rng.choice(others), 1) if here else frame


MUTATIONS: tuple[Mutation, ...] = (
    truncate, flip_bit, other_byte, cut, repeat, digit, shift_point, odd_value, swap_types, lose_key, more_keys,
    double_key, shuffle, other_word,
)  # fmt: skip


def _put(rng: Random, frame: str, value: Callable[[], str]) -> str:
    read = json.loads(frame)
    holder, key = rng.choice(_places(read))
    holder[key] = "@@"
    return json.dumps(read).replace('"@@"', value(), 1)


def _places(node: Any) -> list[tuple[Any, Any]]:
    """Every (holder, key) of nested JSON."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    found: list[tuple[Any, Any]] = []
    for key in keys:
        found += [(node, key), *_places(node[key])]
    return found
