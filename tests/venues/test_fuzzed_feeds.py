"""What the fuzzer found, frame by frame: messages that would have passed for something else."""

import json
from typing import Any

import pytest

from common.core.market import Venue
from scripts.fuzz_books import Subject

LISTING = {"status": "ONLINE", "tickSize": "0", "stepSize": "0.0001", "minOrderSize": "0.001",
           "initialMarginFraction": "0.05", "maintenanceMarginFraction": "0.03"}  # fmt: skip
SNAPSHOT = {side: [{"price": price, "size": "1", "offset": "1"}] for side, price in (("bids", "100"), ("asks", "101"))}
CHANGE = {"offset": "2", "bids": [["99", "5"]], "asks": []}
BOOK = {"type": "channel_data", "channel": "v3_orderbook", "id": "BTC-USD", "contents": CHANGE}


def dydx(*frames: dict[str, Any]) -> tuple[Subject, bool]:
    """A feed with its snapshot, then these frames; whether the last one was taken."""
    subject, taken = Subject(Venue.DYDX), True
    subject.opened()
    for number, frame in enumerate(({**BOOK, "type": "subscribed", "contents": SNAPSHOT}, *frames)):
        taken = subject.hear(json.dumps({**frame, "message_id": number}))
    return subject, taken


def test_a_frame_as_it_should_be_is_taken() -> None:
    subject, taken = dydx(BOOK)
    assert taken and subject.book.bids.sizes == {100: 10000, 99: 50000} and not subject.book.stale


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "channel_dat"},
        {"type": []},
        {"channel": "v3_orderbooks"},
        {"channel": []},
        {"id": "ETH-USD"},
        {"type": "subscribed", "contents": SNAPSHOT},
        {"channel": "v3_markets"},
        {"channel": "v3_markets", "contents": {"BTC-USD": LISTING}},
        {"contents": {"offset": "2", "bids": [], "asks": [["0", "5"]]}},
        {"contents": {"offset": "2", "bids": [["9_9", "5"]], "asks": []}},
        {"contents": {"offset": "2", "bids": [["99", "1e400"]], "asks": []}},
        {"contents": {"offset": "2", "bids": [["99", "-1"]], "asks": []}},
        {"contents": {"offset": True, "bids": [], "asks": []}},
    ],
)
def test_dydx_frames_that_are_not_what_they_should_be_cost_the_connection(wrong: dict[str, Any]) -> None:
    subject, taken = dydx({**BOOK, **wrong})
    assert not taken and subject.book.stale


def apex(*frames: dict[str, Any]) -> Subject:
    """An ApeX feed with its snapshot, then these frames."""
    subject = Subject(Venue.APEX)
    subject.opened()
    for frame in (apex_frame("snapshot", 1, [["100", "1"]], [["101", "1"]]), *frames):
        subject.hear(json.dumps(frame))
    return subject


def apex_frame(kind: str, u: Any, bids: list[Any], asks: list[Any]) -> dict[str, Any]:
    data = {"s": "BTCUSDC", "b": bids, "a": asks, "u": u}
    return {"topic": "orderBook200.H.BTCUSDC", "type": kind, "data": data}


def test_an_apex_snapshot_that_nobody_asked_for_is_not_believed_until_another_was_asked_for() -> None:
    subject = apex(apex_frame("snapshot", 2, [["90", "1"]], []))
    assert subject.book.stale
    subject.hear(json.dumps(apex_frame("snapshot", 3, [["100", "1"]], [["101", "1"]])))
    assert not subject.book.stale and subject.book.bids.sizes == {200: 1000}


@pytest.mark.parametrize(
    ("u", "bids"),
    [
        (True, []),
        (2.0, []),
        (2, [["100", "1"], ["100", "2"]]),
        (2, [["0", "1"]]),
        (2, [["100", True]]),
        (2, [["1", "2", "3"]]),
    ],
)
def test_apex_frames_that_are_not_what_they_should_be_cost_the_connection(u: Any, bids: list[Any]) -> None:
    assert apex(apex_frame("delta", u, bids, [])).book.stale == "protocol"
