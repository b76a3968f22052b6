"""Public trades of both venues, by hand and against frames that were recorded from them."""

import gzip
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from common.core.errors import VenueError
from common.core.market import Side, Venue
from common.venues.apex import wire_trade as apex
from common.venues.dydx import wire_trade as dydx

FIXTURES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "fixtures"
CAPTURES = sorted((FIXTURES / "dydx_v3" / "cryptofeed").glob("*.ws.txt.gz"))
APEX = FIXTURES / "apex_omni" / "pd-aio-sdk"
recorded = pytest.mark.skipif(
    not FIXTURES.is_dir(), reason=f"the recorded frames at {FIXTURES} are not on this machine"
)

DYDX_ROW = {
    "side": "SELL",
    "size": "0.50",
    "price": "1656",
    "createdAt": "2023-02-26T12:00:00.123Z",
    "liquidation": True,
}
APEX_ROW = {"T": 1_700_000_001_500, "s": "BTCUSDC", "S": "Buy", "v": "0.010", "p": "37000.5", "i": "e57aaead"}


def test_a_dydx_trade_keeps_the_venues_writing() -> None:
    (trade,) = dydx.read_trades({"trades": [DYDX_ROW]}, "ETH", 7)
    assert (trade.venue, trade.market, trade.side, trade.at_ns) == (Venue.DYDX, "ETH", Side.SELL, 7)
    assert (f"{trade.size:f}", f"{trade.price:f}", trade.time_text) == ("0.50", "1656", "2023-02-26T12:00:00.123Z")
    assert trade.venue_ns == 1_677_412_800_123_000_000
    assert trade.liquidation and trade.trade_id == ""


def test_trades_come_oldest_first_and_a_batch_is_one_list() -> None:
    rows = [DYDX_ROW | {"createdAt": f"2023-02-26T12:00:00.{ms}Z", "size": str(ms)} for ms in (300, 200, 200, 100)]
    rows[1]["size"] = "7"
    told = dydx.read_trades([{"trades": rows[:2]}, {"trades": rows[2:]}], "ETH", 0)
    assert [str(trade.size) for trade in told] == ["100", "7", "200", "300"]


def test_an_apex_trade_has_a_name_and_either_case_of_side() -> None:
    for side in ("Buy", "BUY"):
        (trade,) = apex.read_trades([APEX_ROW | {"S": side}], "BTC", 7)
        assert (trade.side, trade.side_text, trade.trade_id) == (Side.BUY, side, "e57aaead")
        assert (trade.size, trade.price, trade.venue_ns) == (
            Decimal("0.01"),
            Decimal("37000.5"),
            1_700_000_001_500_000_000,
        )
    assert apex.trades_topic("BTC") == "recentlyTrade.H.BTCUSDC"


@pytest.mark.parametrize(
    "contents", [None, {}, {"trades": 1}, {"trades": [{}]}, {"trades": [DYDX_ROW | {"side": "x"}]}]
)
def test_a_malformed_dydx_trade_is_the_venues_error(contents: Any) -> None:
    with pytest.raises(VenueError, match="dydx trades is malformed"):
        dydx.read_trades(contents, "ETH", 0)


@pytest.mark.parametrize("rows", [None, [None], [{}], [APEX_ROW | {"p": "x"}], [APEX_ROW | {"T": None}]])
def test_a_malformed_apex_trade_is_the_venues_error(rows: Any) -> None:
    with pytest.raises(VenueError, match="apex trades is malformed"):
        apex.read_trades(rows, "BTC", 0)


def frames_of(capture: Path) -> list[dict[str, Any]]:
    with gzip.open(capture) as lines:
        parted = [line.partition(b": ") for line in lines]
    return [orjson.loads(text) for received, _, text in parted if received[:1].isdigit()]


@recorded
@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.name)
def test_every_recorded_dydx_frame_of_trades_is_read(capture: Path) -> None:
    found = Counter[str]()
    for frame in frames_of(capture):
        if frame.get("channel") == "v3_trades" and "contents" in frame:
            told = dydx.read_trades(frame["contents"], "ETH", 0)
            assert len(told) == len(frame["contents"]["trades"])
            assert list(told) == sorted(told, key=lambda trade: trade.venue_ns)
            found[frame["type"]] += len(told)
    assert found["subscribed"] == 1000, "ten markets, a hundred each"


@recorded
def test_every_recorded_apex_frame_of_trades_is_read() -> None:
    frames = [orjson.loads((APEX / "ws_trades_snapshot.json").read_bytes())]
    frames += orjson.loads((APEX / "ws_trades_deltas_first5.json").read_bytes())
    told = [apex.read_trades(frame["data"], "BTC", 0) for frame in frames]
    assert [len(trades) for trades in told] == [len(frame["data"]) for frame in frames]
    assert len({trade.trade_id for trades in told for trade in trades}) == sum(map(len, told))
