"""Recorded parquet books: what their names say, and that they are read in pieces."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from common.core.errors import ConfigError
from common.tape.books import RecordedBook
from common.tape.parquet import BATCH_ROWS, book_files

ROWS = 3 * BATCH_ROWS + 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    columns = "range * 10 as ts_ns, 99.5 as bid_px, 0.1 as bid_sz, 100.1 as ask_px, if(range = 1, null, 2.0) as ask_sz"
    name = tmp_path / "bbo_binance_usdm_BTC.parquet"
    duckdb.execute(f"copy (select {columns} from range({ROWS})) to '{name}' (format parquet)")
    for other in ("trades_binance_usdm_BTC.parquet", "book20_dydx_v3_SOL_20210624.parquet", "README.md"):
        (tmp_path / other).write_text("")
    return tmp_path


def test_names_say_place_market_and_depth_and_other_files_are_left_alone(folder: Path) -> None:
    found = [(file.place, file.market, file.levels) for file in book_files(folder)]
    assert found == [("binance_usdm", "BTC", 0), ("dydx_v3", "SOL", 20)]


def test_every_row_of_the_wanted_time_is_read_with_the_numbers_as_recorded(folder: Path) -> None:
    file = book_files(folder)[0]
    assert file.span_ns() == (0, (ROWS - 1) * 10)
    books = list(file.read(0, ROWS * 10))
    assert len(books) == ROWS
    bid, ask = (Decimal("99.5"), Decimal("0.1")), (Decimal("100.1"), Decimal("2.0"))
    assert books[0] == RecordedBook("BTC", 0, (bid,), (ask,))
    assert books[1].asks == ()
    assert [book.at_ns for book in file.read(25, 55)] == [30, 40, 50]


def test_a_file_that_is_no_parquet_is_refused_by_name(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"book20_dydx_v3_SOL_20210624\.parquet cannot be read as recorded books"):
        book_files(folder)[1].span_ns()
