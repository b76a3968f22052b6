"""The same books from a tape, from its exports and from the original's files; and what of them is not believed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pytest

from common.analysis.analyse import Wanted, analysed
from common.analysis.csv_books import clean, read_books
from common.analysis.findings import PairFound
from common.analysis.sources import gathered
from common.core.errors import ConfigError
from common.tape.decode import decoded
from common.tape.export_csv import CsvExport
from common.tape.export_parquet import ParquetExport
from common.tape.places import tape_files
from common.tape.reader import merged
from common.tape.record import Kind, Record, note
from common.tape.writer import Rotation, TapeWriter

SECOND_NS = 10**9
START_NS = 1_700_000_000 * SECOND_NS
DYDX, APEX = 1, 2
DYDX_HEADER, APEX_HEADER = "Size,Price,Type,Timestamp,Market\n", "Price,Quantity,Type,Timestamp\n"


def frame(connection: int, seconds: float, said: Any) -> Record:
    return Record(Kind.FRAME, connection, START_NS + round(seconds * SECOND_NS), orjson.dumps(said))


def dydx(seconds: float, bid: int, ask: int) -> Record:
    """A whole book of one level a side."""
    sides = {"bids": bid, "asks": ask}
    contents = {side: [{"price": str(price), "size": "2", "offset": "1"}] for side, price in sides.items()}
    said = {"type": "subscribed", "message_id": 1, "channel": "v3_orderbook", "id": "BTC-USD"}
    return frame(DYDX, seconds, said | {"contents": contents})


def apex(seconds: float, u: int, bids: list[list[str]], asks: list[list[str]], kind: str = "delta") -> Record:
    data = {"s": "BTCUSDC", "b": bids, "a": asks, "u": u}
    return frame(APEX, seconds, {"topic": "orderBook200.H.BTCUSDC", "type": kind, "data": data, "cs": 0, "ts": 0})


def tape(folder: Path, *records: Record) -> Path:
    """A tape of two connections, closed in good order."""
    opened = [
        note(Kind.OPENED, START_NS, number, venue=venue, market="BTC")
        for number, venue in ((DYDX, "dydx"), (APEX, "apex"))
    ]
    writer = TapeWriter(folder, 7, "test", Rotation(1 << 30, 10**18))
    writer.write([*opened, *records])
    writer.close(records[-1].at_ns)
    return folder


def story(folder: Path) -> Path:
    """dYdX stands at 100 to 101; ApeX bids 103, then 105 for a second, loses its book, and comes back at 102."""
    beats = [dydx(n / 2, 100, 101) for n in range(1, 21)]
    said = [
        apex(1, 1, [["103", "5"]], [["104", "5"]], "snapshot"),
        apex(2, 2, [["105", "5"]], [["104", "0"], ["106", "5"]]),
        apex(3, 3, [["105", "0"]], []),
        apex(4, 5, [["109", "5"]], []),
        note(Kind.GAP, START_NS + 4 * SECOND_NS, venue="apex", market="BTC", why="book 5 after 3"),
        apex(6, 6, [["102", "5"]], [["104", "5"]], "snapshot"),
        # a change that names no level leaves no row in an export
        apex(6, 7, [], []),
        apex(9, 8, [["102", "6"]], []),
    ]
    return tape(folder, *sorted([*beats, *said], key=lambda record: record.at_ns))


def found_at(place: Path, scratch: Path, **given: Any) -> PairFound:
    scratch.mkdir()
    wanted = Wanted(size_of=lambda market: 1.0, fee_bps_of=lambda place: 5.0, **given)
    return analysed([str(place)], wanted, scratch)[0]


def test_a_tape_is_measured_as_a_trader_would_have_believed_it(tmp_path: Path) -> None:
    found = found_at(story(tmp_path / "tape"), tmp_path / "scratch")
    assert (found.first, found.second) == ("apex", "dydx")
    # the gap from second 4 to 6; from 8 to 9 ApeX had been silent for more than two seconds
    assert dict(found.refused_s) == pytest.approx({"apex gap": 2.0, "apex silent": 1.0})
    sell_apex = found.spreads[0]
    assert (sell_apex.direction, sell_apex.sell, sell_apex.highest_usd) == (1, "apex", 4.0)
    # 2 for two seconds, 4 for one, 1 for three: two of them before the silence
    assert sell_apex.mean_usd == pytest.approx((2 * 2 + 4 * 1 + 1 * 3) / 6)
    assert found.spreads[1].mean_usd == pytest.approx((-4 * 4 - 6 * 2) / 6)


def test_a_gap_is_no_sign_of_life(tmp_path: Path) -> None:
    """dYdX says nothing from second 1 to 5; that a message of another market was missed does not tell that it lives."""
    beats = [apex(n, n, [["103", "5"]], [["104", "5"]], "snapshot" if n == 1 else "delta") for n in range(1, 7)]
    missed = note(Kind.GAP, START_NS + 5 * SECOND_NS // 2, venue="dydx", market="ETH", why="lost")
    said = [dydx(1, 100, 101), missed, dydx(5, 100, 101), dydx(6, 100, 101)]
    folder = tape(tmp_path / "tape", *sorted([*beats, *said], key=lambda record: record.at_ns))
    assert dict(found_at(folder, tmp_path / "scratch").refused_s) == pytest.approx({"dydx silent": 2.0})


def test_an_exported_tape_is_the_tape(tmp_path: Path) -> None:
    folder = story(tmp_path / "tape")
    (tmp_path / "export").mkdir()
    ParquetExport(tmp_path / "export").take_all(decoded(merged(tape_files([folder]))))
    export, whole = found_at(tmp_path / "export", tmp_path / "a"), found_at(folder, tmp_path / "b")
    # but for the change that named no level
    assert [feed.books for feed in whole.feeds] == [export.feeds[0].books + 1, export.feeds[1].books]
    feeds = tuple(replace(feed, books=0) for feed in export.feeds)
    assert replace(export, feeds=feeds) == replace(whole, feeds=tuple(replace(feed, books=0) for feed in whole.feeds))


def test_the_originals_files_are_believed_for_a_while_only(tmp_path: Path) -> None:
    (tmp_path / "csv").mkdir()
    CsvExport(tmp_path / "csv", SECOND_NS).take_all(decoded(merged(tape_files([story(tmp_path / "tape")]))))
    found = found_at(tmp_path / "csv", tmp_path / "scratch")
    # whole books every second: none of the gap's three; each is believed for two seconds
    assert dict(found.refused_s) == pytest.approx({"apex silent": 1.0})
    assert found.feeds[0].believed_s == 2.0 and found.spreads[0].highest_usd == 4.0


def test_other_peoples_books_are_read_where_they_lie(tmp_path: Path) -> None:
    for place, bid in (("aa", 103), ("bb", 100)):
        columns = f"range * 500000000 as ts_ns, {bid}.0 as bid_px, 2.0 as bid_sz, {bid + 1}.0 as ask_px, 2.0 as ask_sz"
        duckdb.execute(
            f"copy (select {columns} from range(9)) to '{tmp_path}/bbo_{place}_ETH.parquet' (format parquet)"
        )
    found = found_at(tmp_path, tmp_path / "scratch")
    assert (found.market, found.span_s, found.spreads[0].mean_usd) == ("ETH", 4.0, 2.0)
    assert [deep.there_share for deep in found.spreads[0].depth[:3]] == [1.0, 1.0, 0.0]


def test_bars_of_a_minute_stand_from_their_end_on(tmp_path: Path) -> None:
    for place, bid in (("aa", 103), ("bb", 100)):
        columns = f"range * 60000000000 as ts_ns, {bid} + range as bid_close, {bid + 1} + range as ask_close"
        name = tmp_path / f"quote1m_{place}_btcusdt_2022-12-13.parquet"
        duckdb.execute(f"copy (select {columns} from range(10)) to '{name}' (format parquet)")
    found = found_at(tmp_path, tmp_path / "scratch")
    assert (found.market, found.from_ns, found.spreads[0].mean_usd) == ("BTC", 60 * SECOND_NS, 2.0)
    assert all(deep.there_share == 0 for deep in found.spreads[0].depth[1:]), "sizes of bars are not known"


def test_what_cannot_be_compared_is_refused_with_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist; it takes tapes"):
        found_at(tmp_path / "absent", tmp_path / "a")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="holds nothing that can be analysed"):
        found_at(tmp_path / "empty", tmp_path / "b")
    alone = tape(tmp_path / "alone", dydx(1, 100, 101), dydx(2, 100, 101))
    with pytest.raises(ConfigError, match="found BTC at dydx"):
        found_at(alone, tmp_path / "c")
    with pytest.raises(ConfigError, match="found no books"):
        found_at(story(tmp_path / "tape"), tmp_path / "d", markets=frozenset({"ETH"}))


# ---- the original's files --------------------------------------------------------------------------------------


def apex_file(folder: Path, name: str = "order_book_BTCUSDC_apex.csv") -> Path:
    """Two books, bids worst first as ApeX names them."""
    rows = [
        f"{price},{size},{kind},{time}\n"
        for time in ("1700000000.25", "1700000010.5")
        for kind, levels in (("ask", (("101", "1"), ("103", "9"), ("102", "2"))), ("bid", (("97", "7"), ("99", "1"))))
        for price, size in levels
    ]
    path = folder / name
    path.write_text(APEX_HEADER + "".join(rows))
    return path


def test_books_are_read_best_first_whatever_their_order(tmp_path: Path) -> None:
    first, second = read_books(apex_file(tmp_path))
    assert (first.at_ns, second.at_ns) == (1_700_000_000_250_000_000, 1_700_000_010_500_000_000)
    assert [row["Price"] for row in first.bids] == ["99", "97"]
    assert [row["Price"] for row in first.asks] == ["101", "102", "103"]


def test_two_books_of_one_second_are_two(tmp_path: Path) -> None:
    path = tmp_path / "order_book_BTC-USD_dydx.csv"
    book = "1,101,ask,1700000000,BTC-USD\n1,100,bid,1700000000,BTC-USD\n"
    path.write_text(DYDX_HEADER + book + book.replace("101", "102"))
    assert [book.asks[0]["Price"] for book in read_books(path)] == ["101", "102"]


def test_cleaning_keeps_the_best_levels_with_their_text(tmp_path: Path) -> None:
    cleaned = clean(apex_file(tmp_path), tmp_path / "cut", 2)
    assert (cleaned.books, cleaned.rows_before, cleaned.rows) == (2, 10, 8)
    lines = cleaned.file.read_text().splitlines()
    assert cleaned.file.name == "order_book_BTCUSDC_apex_filter.csv"
    wanted = ["101,1,ask", "102,2,ask", "99,1,bid", "97,7,bid"]
    assert lines[:5] == [APEX_HEADER.strip(), *(f"{row},1700000000.25" for row in wanted)]
    with pytest.raises(ConfigError, match="is there already"):
        clean(apex_file(tmp_path), tmp_path / "cut", 2)


def test_where_whole_and_cut_files_lie_together_the_whole_ones_are_read(tmp_path: Path, desk: Any) -> None:
    clean(apex_file(tmp_path), tmp_path, 1)
    (series,) = gathered(desk.base, tmp_path / "scratch", [str(tmp_path)], (), SECOND_NS).series
    assert series.note.startswith("order_book_BTCUSDC_apex.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "is no order book of the original: its columns are a, b"),
        ("Price,Quantity,Type,Timestamp\nx,1,ask,1700000000\n", "book 1 cannot be read"),
        ("Price,Quantity,Type,Timestamp\n1,1,ask,yesterday\n", "book 1 cannot be read"),
        ("Price,Quantity,Type,Timestamp\n1,1,\xe4sk,1\n", "is no text that can be read as CSV"),
    ],
)
def test_what_is_no_such_file_is_refused_and_leaves_nothing(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "order_book_BTCUSDC_apex.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=said):
        list(read_books(path))
    with pytest.raises(ConfigError, match=said):
        clean(path, tmp_path / "cut")
    assert not list((tmp_path / "cut").iterdir())
