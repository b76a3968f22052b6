"""Exports against what was worked out by hand: the original's CSV files to the letter, and Parquet by its schema."""

import csv
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest

from common.core.errors import ConfigError
from common.tape.decode import decoded
from common.tape.export import into_folder
from common.tape.export_csv import CsvExport
from common.tape.export_parquet import COLUMNS, ParquetExport
from common.tape.reader import STOPPED, read
from common.tape.record import Kind, Record, note

S_NS = 10**9


def history(frames: Any) -> list[Record]:
    """From 22:13:20 on. Books: at 30 s as changed at 5 s; trades: two twins, one more after a lost connection."""
    twin = frames.dydx_trade("2023-11-14T22:13:22.123Z", size="0.50")
    later = frames.dydx_trade("2023-11-14T22:13:23.000Z", side="SELL")
    return [
        *frames.opened(),
        frames.dydx_book(1, [["36999", "1.5"], ["36998", "1"]], [["37000", "2"]]),
        frames.apex_book(1, 5, [["36998.5", "0.1"]], [["37001.0", "0.200"]], "snapshot"),
        frames.dydx_trades(2, twin, twin, first=True),
        frames.apex_trades(2, frames.apex_trade("t-1", 1_700_000_001_500), kind="snapshot"),
        frames.dydx_delta(5, 7, [["36999", "0"]], [["37000.5", "0.25"]]),
        frames.apex_trades(6, frames.apex_trade("t-2", 1_700_000_006_000, side="BUY")),
        note(Kind.LOST, frames.at(12), 1, why="silent"),
        note(Kind.OPENED, frames.at(13), 3, venue="dydx", market="BTC"),
        frames.frame(3, 14, {
            "type": "subscribed", "channel": "v3_trades", "id": "BTC-USD", "contents": {"trades": [later, twin, twin]},
        }),
        frames.apex_trades(21, frames.apex_trade("t-2", 1_700_000_006_000, side="BUY"), kind="snapshot"),
    ]  # fmt: skip


def exported(folder: Path, tape: Path, *, every_s: int = 10, names: bool = True) -> dict[str, list[list[str]]]:
    folder.mkdir()
    export = CsvExport(folder, every_s * S_NS, trade_columns=names)
    export.take_all(decoded(read(tape)))
    return {path.name: list(csv.reader(path.open())) for path in sorted(folder.iterdir())}


def test_the_originals_files_to_the_letter(tmp_path: Path, frames: Any) -> None:
    files = exported(tmp_path / "csv", frames.write(tmp_path / "tape", history(frames)))
    assert files["order_book_BTC-USD_dydx.csv"] == [
        ["Size", "Price", "Type", "Timestamp", "Market"],
        ["2", "37000", "ask", "1700000010", "BTC-USD"],
        ["0.25", "37000.5", "ask", "1700000010", "BTC-USD"],
        ["1", "36998", "bid", "1700000010", "BTC-USD"],
    ], "the book as it stood at the whole ten seconds; lost at 12 s, it is not shown at 20 s"
    assert files["order_book_BTCUSDC_apex.csv"] == [
        ["Price", "Quantity", "Type", "Timestamp"],
        ["37001", "0.2", "ask", "1700000010.0"],
        ["36998.5", "0.1", "bid", "1700000010.0"],
        ["37001", "0.2", "ask", "1700000020.0"],
        ["36998.5", "0.1", "bid", "1700000020.0"],
    ]
    twin = sha256(b"BUY_0.50_37000_2023-11-14T22:13:22.123Z").hexdigest()
    later = sha256(b"SELL_0.5_37000_2023-11-14T22:13:23.000Z").hexdigest()
    assert files["trades_data_BTCUSD_dydx.csv"] == [
        ["TradeID", "Side", "Size", "Price", "CreatedAt", "Liquidation"],
        [twin, "BUY", "0.50", "37000", "2023-11-14T22:13:22.123Z", "False"],
        [twin, "BUY", "0.50", "37000", "2023-11-14T22:13:22.123Z", "False"],
        [later, "SELL", "0.5", "37000", "2023-11-14T22:13:23.000Z", "False"],
    ]
    assert files["trades_data_BTCUSDC_apex.csv"] == [
        ["Trade ID", "Price", "Side", "Quantity", "Symbol", "Timestamp"],
        ["t-1", "37000.5", "Sell", "0.01", "BTCUSDC", "1700000001500"],
        ["t-2", "37000.5", "BUY", "0.01", "BTCUSDC", "1700000006000"],
    ]
    assert len(files) == 4


def test_the_original_wrote_no_names_over_its_trades(tmp_path: Path, frames: Any) -> None:
    files = exported(tmp_path / "csv", frames.write(tmp_path / "tape", history(frames)), names=False)
    assert [len(files[f"trades_data_{name}.csv"]) for name in ("BTCUSD_dydx", "BTCUSDC_apex")] == [3, 2]


def test_a_polled_book_is_written_when_it_was_polled(tmp_path: Path, frames: Any) -> None:
    texts = ('{"asks":[{"size":"2","price":"37000"}],"bids":[{"size":"1","price":"36999.0"}]}', "<html>")
    polls = [
        note(Kind.ANSWER, frames.at(n + 3.5), venue="dydx", market="BTC", topic="book", status=200, text=text)
        for n, text in ((0, texts[0]), (10, texts[0]), (20, texts[1]), (30, texts[0]))
    ]
    stream = [
        *frames.opened(),
        frames.apex_book(1, 5, [["36998", "1"]], [["37001", "1"]], "snapshot"),
        *polls[:2],
        frames.apex_book(21, 6, [["36998.5", "1"]], [], "delta"),
        *polls[2:],
    ]
    files = exported(tmp_path / "csv", frames.write(tmp_path / "tape", stream))
    assert {row[3] for row in files["order_book_BTCUSDC_apex.csv"][1:]} == {f"17000000{s}.0" for s in (10, 20, 30)}
    book = files["order_book_BTC-USD_dydx.csv"]
    assert [row[3] for row in book[1:]] == [str(1_700_000_000 + s) for s in (3, 3, 13, 13, 33, 33)]
    assert book[2] == ["1", "36999", "bid", "1700000003", "BTC-USD"]


def test_parquet_by_date_venue_and_market(tmp_path: Path, frames: Any) -> None:
    tape = frames.write(tmp_path / "tape", [*history(frames), frames.dydx_delta(86_400, 9, [["1", "1"]], [])])
    export = ParquetExport(tmp_path / "pq")
    export.take_all(decoded(read(tape)))
    parts = sorted(path.relative_to(tmp_path / "pq").as_posix() for path in (tmp_path / "pq").rglob("*.*"))
    assert parts == [
        *(f"books/date=2023-11-14/venue={venue}/market=BTC/part-0.parquet" for venue in ("apex", "dydx")),
        "gaps/date=2023-11-14/venue=dydx/market=BTC/part-0.parquet",
        "gaps/date=2023-11-15/venue=apex/market=BTC/part-0.parquet",
        "gaps/date=2023-11-15/venue=dydx/market=BTC/part-0.parquet",
        *(f"trades/date=2023-11-14/venue={venue}/market=BTC/part-0.parquet" for venue in ("apex", "dydx")),
    ]
    assert export.rows == {"books": 7, "trades": 5, "gaps": 3}
    for kind, columns in COLUMNS.items():
        if kind not in ("funding", "index"):
            found = query(tmp_path, kind, "*", hive=False).description
            assert [(name, str(of)) for name, of, *_ in found or ()] == _described(columns)
    books = query(
        tmp_path, "books", "n, snapshot, side, price, size, sequence", "venue = 'dydx' order by all"
    ).fetchall()
    assert books == [
        (1, True, "ask", 37000.0, 2.0, 1),
        (1, True, "bid", 36998.0, 1.0, 1),
        (1, True, "bid", 36999.0, 1.5, 1),
        (5, False, "ask", 37000.5, 0.25, 7),
        (5, False, "bid", 36999.0, 0.0, 7),
    ]
    trades = query(tmp_path, "trades", "venue_ns, side, size, trade_id", "true order by all").fetchall()
    assert trades == [
        (1_700_000_001_500_000_000, "SELL", 0.01, "t-1"),
        (1_700_000_002_123_000_000, "BUY", 0.5, None),
        (1_700_000_002_123_000_000, "BUY", 0.5, None),
        (1_700_000_003_000_000_000, "SELL", 0.5, None),
        (1_700_000_006_000_000_000, "BUY", 0.01, "t-2"),
    ]
    assert query(tmp_path, "gaps", "why", "true order by at_ns").fetchall() == [("silent",), (STOPPED,), (STOPPED,)]


def query(folder: Path, kind: str, what: str, where: str = "true", *, hive: bool = True) -> duckdb.DuckDBPyConnection:
    files = f"read_parquet('{folder}/pq/{kind}/**/*.parquet', hive_partitioning = {hive})"
    return duckdb.connect().execute(f"select {what} from {files} where {where}")


def _described(columns: dict[str, str]) -> list[tuple[str, str]]:
    shown = duckdb.connect().execute("select " + ", ".join(f"null::{of} as {name}" for name, of in columns.items()))
    return [(name, str(of)) for name, of, *_ in shown.description or ()]


def test_an_export_is_whole_or_not_there(tmp_path: Path) -> None:
    def broken(folder: Path) -> dict[str, int]:
        (folder / "half.csv").write_text("x")
        raise ConfigError("no tape")

    out = tmp_path / "out"
    with pytest.raises(ConfigError, match="no tape"):
        into_folder(str(out), broken)
    assert not list(tmp_path.iterdir())
    into_folder(str(out), lambda folder: {"n": (folder / "whole.csv").write_text("x")})
    assert [path.name for path in out.iterdir()] == ["whole.csv"]
    with pytest.raises(ConfigError, match="nothing is overwritten"):
        into_folder(str(out), lambda folder: {})


def test_an_object_store_without_its_driver_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(ConfigError, match="pip install fsspec"):
        into_folder("s3://bucket/out", lambda folder: {})
