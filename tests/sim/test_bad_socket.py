"""Frames on a bad socket: which of them are touched, and what is done to them."""

import asyncio
from typing import Any

import orjson
import pytest

from common.sim.faults import Faults
from common.sim.server.bad_luck import Luck
from common.sim.server.bad_socket import BadSocket, crossed, kind_of, without_fills

DYDX_BOOK = (
    b'{"type":"channel_data","connection_id":"c","message_id":3,"channel":"v3_orderbook","id":"BTC-USD",'
    b'"contents":{"offset":"7","bids":[["40000","0.5"]],"asks":[["40001","0"],["40002","0.3"]]}}'
)
APEX_BOOK = (
    b'{"topic":"orderBook25.H.BTCUSDC","type":"delta","data":{"s":"BTCUSDC","b":[],"a":[["40002","0.3"]],"u":9},"cs":9}'
)
DYDX_ACCOUNT = (
    b'{"type":"channel_data","connection_id":"c","message_id":4,"channel":"v3_accounts","id":"a",'
    b'"contents":{"orders":[{"id":"1"}],"fills":[{"id":"2"}]}}'
)
APEX_ACCOUNT = (
    b'{"type":"delta","timestamp":1,"topic":"ws_accounts_v1","contents":{"orders":[{"id":"1"}],"fills":[{"id":"2"}]}}'
)
BOOKS, ACCOUNTS = (DYDX_BOOK, APEX_BOOK), (DYDX_ACCOUNT, APEX_ACCOUNT)
SPARED = (
    b'{"type":"subscribed","connection_id":"c","message_id":1,"channel":"v3_orderbook","id":"BTC-USD","contents":{}}',
    b'{"topic":"orderBook25.H.BTCUSDC","type":"snapshot","data":{}}',
    b'{"type":"pong","connection_id":"c","message_id":2}',
    b'{"topic":"instrumentInfo.H.BTCUSDC","type":"delta","data":{}}',
)


def through(frames: tuple[bytes, ...], wait_s: float = 0.0, **shares: float) -> tuple[list[bytes], bool]:
    """What leaves a socket with these faults after `wait_s`, and whether the connection has ended."""

    async def run() -> tuple[list[bytes], bool]:
        faults = Faults(**shares)  # type: ignore[arg-type]
        socket = BadSocket(Luck(faults, "1"), Luck(faults, "2"))
        for frame in frames:
            socket.push(frame)
        await asyncio.sleep(wait_s)
        return list(socket._outbox), socket.is_closing

    return asyncio.run(run())


def test_without_faults_every_frame_passes_as_it_is() -> None:
    frames = (*BOOKS, *ACCOUNTS, *SPARED)
    assert through(frames) == (list(frames), False)


def test_what_a_client_asked_for_is_spared_and_only_changes_are_touched() -> None:
    assert [kind_of(frame) for frame in (*BOOKS, *ACCOUNTS, *SPARED)] == ["book"] * 2 + ["account"] * 2 + [None] * 4


@pytest.mark.parametrize("fault", ["book_skipped", "push_lost"])
def test_a_lost_frame_is_gone_and_the_connection_stays(fault: str) -> None:
    struck, kept = (BOOKS, ACCOUNTS) if fault.startswith("book") else (ACCOUNTS, BOOKS)
    assert through((*struck, *kept), **{fault: 1}) == (list(kept), False)


def test_a_gap_ends_the_connection() -> None:
    assert through(BOOKS, book_gap=1) == ([], True)


def test_a_silent_connection_says_nothing_at_all() -> None:
    assert through((*BOOKS[:1], *SPARED, *ACCOUNTS), feed_silent=1) == ([], False)


def test_a_frozen_book_stands_still_and_then_moves_in_order() -> None:
    frames = (DYDX_BOOK, SPARED[2], DYDX_BOOK.replace(b'"7"', b'"8"'))
    assert through(frames, book_frozen=1) == ([SPARED[2]], False)
    thawed, _ = through(frames, 0.05, book_frozen=1, frozen_max_ns=1)
    assert thawed == [SPARED[2], frames[0], frames[2]]


@pytest.mark.parametrize("frame", ACCOUNTS)
def test_a_push_comes_twice_late_or_without_its_fills(frame: bytes) -> None:
    assert through((frame,), push_twice=1) == ([frame, frame], False)
    assert through((frame,), push_late=1) == ([], False)
    (bare,), _ = through((frame,), fills_lost=1)
    assert orjson.loads(bare)["contents"] == {"orders": [{"id": "1"}], "fills": []}
    assert bare == without_fills(frame)


@pytest.mark.parametrize(("frame", "bids"), [(DYDX_BOOK, ("contents", "bids")), (APEX_BOOK, ("data", "b"))])
def test_a_crossed_book_has_a_bid_above_a_living_ask(frame: bytes, bids: tuple[str, str]) -> None:
    message: Any = orjson.loads(crossed(frame))
    assert message[bids[0]][bids[1]][-1] == ["80004", "0.3"]


def test_a_frame_without_an_ask_is_not_crossed() -> None:
    bare = APEX_BOOK.replace(b'[["40002","0.3"]]', b"[]")
    assert orjson.loads(crossed(bare)) == orjson.loads(bare)
