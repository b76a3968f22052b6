"""A recorded capture put on a tape gives, frame by frame, the books that the reader of captures makes of it."""

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from common.core.market import Venue
from common.tape.decode import decoded
from common.tape.dydx_capture import LEVELS, read_capture
from common.tape.reader import read
from common.tape.rebuilt import Books, recorded
from common.tape.record import Kind, Record, note

CAPTURES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "fixtures" / "dydx_v3" / "cryptofeed"


def records(capture: Path, frames: Any) -> list[Record]:
    """Its frames of books as our recorder would have them: a connection for each market; a millisecond apart."""
    made, connections = list[Record](), dict[str, int]()
    with gzip.open(capture) as lines:
        for line in lines:
            received, _, text = line.partition(b": ")
            frame = orjson.loads(text) if received[:1].isdigit() else {}
            if frame.get("channel") != "v3_orderbook" or "contents" not in frame:
                continue
            market, at_ns = frame["id"].removesuffix("-USD"), frames.at(len(made) / 1000)
            if market not in connections:
                connections[market] = len(connections) + 1
                made.append(note(Kind.OPENED, at_ns, connections[market], venue="dydx", market=market))
            made.append(Record(Kind.FRAME, connections[market], at_ns, text.rstrip()))
    return made


@pytest.mark.skipif(not CAPTURES.is_dir(), reason=f"the recorded captures at {CAPTURES} are not here")
@pytest.mark.parametrize("name", ["20211028", "20210624"])
def test_a_tape_and_the_capture_it_was_made_of_agree_frame_by_frame(name: str, tmp_path: Path, frames: Any) -> None:
    capture, books = CAPTURES / f"DYDX_{name}.ws.txt.gz", Books()
    markets = ["ETH", "LTC", "BCH", "BTC", "SOL", "LINK", "AVAX", "DOGE", "MATIC"]
    tape = frames.write(tmp_path, records(capture, frames), per_block=50)
    ours = []
    for heard in decoded(read(tape)):
        book = books.take(heard)
        if book is not None and not book.stale and heard.market in markets:
            assert heard.venue is Venue.DYDX
            ours.append(recorded(book, 0, LEVELS))
    theirs = [(book.market, book.bids, book.asks) for book in read_capture(capture, markets)]
    assert len(theirs) > 400
    assert [(book.market, book.bids, book.asks) for book in ours] == theirs
