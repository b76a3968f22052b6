"""Raw captures of dYdX v3 are rebuilt by offsets, and anything else is refused."""

import gzip
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from common.core.errors import ConfigError
from common.tape.books import RecordedBook
from common.tape.dydx_capture import LEVELS, read_capture

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
CAPTURES = SHARED / "fixtures" / "dydx_v3" / "cryptofeed"


def frame(kind: str, contents: object, channel: str = "v3_orderbook", market: str = "ETH-USD") -> bytes:
    return orjson.dumps({"type": kind, "channel": channel, "id": market, "contents": contents})


def snapshot() -> bytes:
    bids = [{"price": "10.1", "size": "5", "offset": "7"}, {"price": "9", "size": "0", "offset": "3"}]
    return frame("subscribed", {"bids": bids, "asks": [{"price": "10.3", "size": "2", "offset": "8"}]})


def capture(folder: Path, *frames: bytes) -> Path:
    path = folder / "some.ws.txt.gz"
    lines = [b"wss://there <- 1.5: " + frames[0], *(b"%d.25: %s" % (n, f) for n, f in enumerate(frames, start=100))]
    path.write_bytes(gzip.compress(b"\n".join(lines)))
    return path


def levels(book: RecordedBook) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    bids, asks = ([(f"{p.normalize():f}", f"{s.normalize():f}") for p, s in side] for side in (book.bids, book.asks))
    return bids, asks


def test_a_snapshot_and_deltas_become_books_and_stale_offsets_change_nothing(tmp_path: Path) -> None:
    path = capture(
        tmp_path,
        frame("channel_data", {"offset": "6", "bids": [["11", "1"]], "asks": []}),
        snapshot(),
        frame("channel_data", {"offset": "9", "bids": [["10.2", "4"]], "asks": []}),
        frame("channel_data", {"offset": "5", "bids": [["10.1", "0"]], "asks": []}),
        frame("channel_data", {"trades": []}, channel="v3_trades"),
        frame("channel_data", {"offset": "11", "bids": [], "asks": [["10.3", "0"], ["10.4", "1.5"]]}),
        frame("channel_data", {"offset": "12", "bids": [], "asks": [["1", "1"]]}, market="SUSHI-USD"),
    )
    books = list(read_capture(path, ["ETH"]))
    assert [book.at_ns for book in books] == [101_250_000_000, 102_250_000_000, 103_250_000_000, 105_250_000_000]
    assert levels(books[0]) == ([("10.1", "5")], [("10.3", "2")])
    assert levels(books[1]) == levels(books[2]) == ([("10.2", "4"), ("10.1", "5")], [("10.3", "2")])
    assert levels(books[3]) == ([("10.2", "4"), ("10.1", "5")], [("10.4", "1.5")])


@pytest.mark.parametrize(
    "content",
    [
        b"plain text",
        gzip.compress(b"1.5: {broken"),
        gzip.compress(b'1.5.5: {"id": "ETH-USD", "channel": "v3_orderbook", "contents": {}, "type": "subscribed"}'),
        gzip.compress(b'1.5: {"id": "ETH-USD", "channel": "v3_orderbook", "contents": {}, "type": "subscribed"}'),
        gzip.compress(b"1: {}" * 500)[:20],
    ],
)
def test_what_is_no_capture_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.ws.txt.gz"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"odd\.ws\.txt\.gz is not a capture of dYdX"):
        list(read_capture(path, ["ETH"]))


@pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"the recorded captures at {CAPTURES} are not on this machine")
@pytest.mark.parametrize(("name", "markets"), [("20211028", {"ETH", "LTC", "BCH"}), ("20210624", {"BTC", "SOL"})])
def test_recorded_captures_give_sorted_uncrossed_books(name: str, markets: set[str]) -> None:
    books = list(read_capture(CAPTURES / f"DYDX_{name}.ws.txt.gz", markets))
    assert {book.market for book in books} == markets
    for book in books:
        assert book.bids[0][0] < book.asks[0][0]
        assert len(book.bids) <= LEVELS and list(book.bids) == sorted(book.bids, reverse=True)
        assert list(book.asks) == sorted(book.asks) and all(size > Decimal(0) for _, size in book.bids + book.asks)
