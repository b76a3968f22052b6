"""What the tests of tapes share: frames as the venues send them, and tapes made of them without a recorder."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

from common.tape.record import Kind, Record, note
from common.tape.writer import Rotation, TapeWriter

SECOND_NS = 10**9
#: 2023-11-14 22:13:20 UTC
START_NS = 1_700_000_000 * SECOND_NS
RUN = 7
DYDX, APEX = 1, 2


class Frames:
    """Records of two connections, BTC at dYdX (1) and at ApeX (2); times in seconds after the start."""

    def at(self, seconds: float) -> int:
        return START_NS + round(seconds * SECOND_NS)

    def opened(self, seconds: float = 0) -> list[Record]:
        return [
            note(Kind.OPENED, self.at(seconds), DYDX, venue="dydx", market="BTC"),
            note(Kind.OPENED, self.at(seconds), APEX, venue="apex", market="BTC"),
        ]

    def frame(self, connection: int, seconds: float, said: Any) -> Record:
        return Record(Kind.FRAME, connection, self.at(seconds), orjson.dumps(said))

    def dydx(self, seconds: float, channel: str, contents: Any, *, first: bool = False) -> Record:
        said = {"type": "subscribed" if first else "channel_data", "message_id": 1, "channel": channel}
        return self.frame(DYDX, seconds, said | {"id": "BTC-USD", "contents": contents})

    def dydx_book(self, seconds: float, bids: list[list[str]], asks: list[list[str]]) -> Record:
        bid_rows, ask_rows = ([{"price": p, "size": s, "offset": "1"} for p, s in side] for side in (bids, asks))
        return self.dydx(seconds, "v3_orderbook", {"bids": bid_rows, "asks": ask_rows}, first=True)

    def dydx_delta(self, seconds: float, offset: int, bids: list[list[str]], asks: list[list[str]]) -> Record:
        return self.dydx(seconds, "v3_orderbook", {"offset": str(offset), "bids": bids, "asks": asks})

    def dydx_trades(self, seconds: float, *trades: dict[str, Any], first: bool = False) -> Record:
        return self.dydx(seconds, "v3_trades", {"trades": list(trades)}, first=first)

    def apex(self, seconds: float, topic: str, kind: str, data: Any) -> Record:
        return self.frame(APEX, seconds, {"topic": topic, "type": kind, "data": data, "cs": 0, "ts": 0})

    def apex_book(self, seconds: float, u: int, bids: list[list[str]], asks: list[list[str]], kind: str) -> Record:
        data = {"s": "BTCUSDC", "b": bids, "a": asks, "u": u}
        return self.apex(seconds, "orderBook200.H.BTCUSDC", kind, data)

    def apex_trades(self, seconds: float, *trades: dict[str, Any], kind: str = "delta") -> Record:
        return self.apex(seconds, "recentlyTrade.H.BTCUSDC", kind, list(trades))

    def dydx_trade(self, created: str, *, side: str = "BUY", size: str = "0.5", price: str = "37000") -> dict[str, Any]:
        return {"side": side, "size": size, "price": price, "createdAt": created, "liquidation": False}

    def apex_trade(self, name: str, time_ms: int, *, side: str = "Sell") -> dict[str, Any]:
        return {"T": time_ms, "s": "BTCUSDC", "S": side, "v": "0.010", "p": "37000.5", "L": "PlusTick", "i": name}

    def write(
        self, folder: Path, records: Iterable[Record], *, run: int = RUN, end: bool = True, per_block: int = 1
    ) -> Path:
        """One run's tape, a block for every `per_block` records; without an end it is a dead recorder's."""
        writer = TapeWriter(folder, run, "test", Rotation(1 << 30, 10**18))
        told = list(records)
        for at in range(0, len(told), per_block):
            writer.write(told[at : at + per_block])
        if end:
            writer.close(told[-1].at_ns)
        return folder


@pytest.fixture
def frames() -> Frames:
    return Frames()
