"""Telemetry on disk: what was written is read again, bounded in days and bytes, and a broken disk costs rows alone."""

from pathlib import Path

import pytest

from common.telemetry import files
from common.telemetry.files import Writer, folder_of, forget, read
from common.telemetry.rows import KINDS, FleetRow, Mark, Naked, Refused, Row, Sent, Span, line, row

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
#: 2023-11-14 22:13:20 UTC
START_NS = 1_700_000_000 * SECOND_NS
ROWS: tuple[Row, ...] = (
    Refused("BTC", START_NS, "level", -1, 26_049),
    Sent("BTC", START_NS + 1, "a-BTC-1", "a-BTC-1-a0", "apex", "SELL", "OPEN", "0.001", "37083.0", "37083.5", 99),
    Mark("BTC", START_NS + 2, "dydx", "a-BTC-1-d1", "BUY", "36951", "0.001", 5, "36950.5"),
    Span(
        "BTC",
        1,
        2,
        3,
        {"edge": 4},
        {"edge": 5},
        1.0,
        {"+1": (0.5, 2.5)},
        (1.0, None),
        {"apex": ("1", "2")},
        {"dydx": 6},
    ),
    Naked("BTC", START_NS + 3, "x-BTC-1", 12),
    FleetRow("fleet", START_NS + 3, {"dydx": 1, "apex": 2}, {"dydx": 3, "apex": 4}, 5, None, 1, 2),
)


def refused(at_ns: int, market: str = "BTC") -> Refused:
    return Refused(market, at_ns, "cap", 1, 7)


@pytest.mark.parametrize("one", ROWS)
def test_a_row_comes_back_as_it_was(one: Row) -> None:
    assert row(line(one)) == one


@pytest.mark.parametrize("text", [b"", b"{", b'{"kind":"span"}', b'{"kind":"later","at_ns":1}', b"[]", b"\xff"])
def test_what_is_no_row_is_none(text: bytes) -> None:
    assert row(text) is None


def test_a_field_that_a_later_version_added_is_passed_over() -> None:
    text = line(ROWS[0]).replace(b'"at_ns"', b'"mood":"good","at_ns"')
    assert row(text) == ROWS[0]
    assert {type(one) for one in ROWS} == set(KINDS.values())


def test_rows_are_read_by_time_and_by_market_and_the_fleet_is_always_among_them(tmp_path: Path) -> None:
    for market in ("BTC", "ETH", files.FLEET):
        assert Writer(tmp_path, market).append([refused(START_NS + n * DAY_NS, market) for n in (0,)])
        assert Writer(tmp_path, market).append([refused(START_NS + n * DAY_NS, market) for n in (1,)])
    assert len(list(read(tmp_path))) == 6
    assert {found.market for found in read(tmp_path, market="ETH")} == {"ETH", files.FLEET}
    assert [found.at_ns for found in read(tmp_path, START_NS + 1, market="BTC") if found.market == "BTC"] == [
        START_NS + DAY_NS
    ]
    assert [found.at_ns for found in read(tmp_path, to_ns=START_NS, market="BTC") if found.market == "BTC"] == [
        START_NS
    ]


def test_a_line_that_was_cut_off_costs_itself_alone(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "BTC")
    writer.append([refused(START_NS)])
    (file,) = tmp_path.glob("*/BTC.jsonl")
    file.write_bytes(file.read_bytes() + b'{"kind":"refu\n')
    writer.append([refused(START_NS + 1)])
    assert [found.at_ns for found in read(tmp_path)] == [START_NS, START_NS + 1]


def test_only_the_newest_days_are_kept_and_only_what_is_ours_is_removed(tmp_path: Path) -> None:
    for days in range(files.KEEP_DAYS + 3):
        Writer(tmp_path, "BTC").append([refused(START_NS + days * DAY_NS)])
    (tmp_path / "notes-2023").mkdir()
    forget(tmp_path, START_NS + (files.KEEP_DAYS + 2) * DAY_NS)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == files.KEEP_DAYS + 1 and kept[0] == "2023-11-17" and kept[-1] == "notes-2023"


def test_a_file_does_not_grow_beyond_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FILE_MAX_BYTES", 150)
    writer = Writer(tmp_path, "BTC")
    said = [writer.append([refused(START_NS + n)]) for n in range(5)]
    assert said == [True, True, False, False, False], "a line has some 85 bytes"
    assert len(list(read(tmp_path))) == 2


def test_a_disk_that_refuses_costs_the_rows_alone(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    assert not Writer(tmp_path / "taken", "BTC").append([refused(START_NS)])
    assert list(read(tmp_path / "taken")) == []
    assert Writer(tmp_path / "taken", "BTC").append([]), "nothing to lose"


def test_each_ledger_has_its_own(tmp_path: Path) -> None:
    assert folder_of(tmp_path / "ledger.db") != folder_of(tmp_path / "live.db")
    assert folder_of(tmp_path / "ledger.db").name.startswith("ledger.db"), "put aside together with its ledger"
