"""A backup is rotated by rule and put back on trial; what would be lost, and a timer that sleeps, is an exit code 1."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from common import clock, settings
from common.core.events import HaltLevel
from common.core.terms import SECOND_NS
from common.ledger import backup
from scripts.backup_shelf import Keep, Shelf

DAY_NS = 86_400 * SECOND_NS
#: a Thursday, 12:00 UTC
NOON_NS = 1_700_136_000 * SECOND_NS


@pytest.fixture
def call(fleet: Any, arbctl_in: Callable[[Path], Any]) -> Any:
    return arbctl_in(fleet.root)


def alarms(fleet: Any) -> list[str]:
    file = fleet.root / "var" / "log" / "backup.log"
    return file.read_text().splitlines() if file.exists() else []


# ---- a rehearsal ----------------------------------------------------------------------------------------------------


def test_the_newest_backup_is_put_back_and_nothing_stays_of_it(fleet: Any, call: Any) -> None:
    call("ledger", "backup")
    before = call("ledger", "verify", "--json").data["head"]
    said = call("ledger", "restore-test", "--json")
    assert said.code == 0
    assert (said.data["deals"], said.data["live"], said.data["rows"]["fill"]) == (3, 2, 8)
    assert said.data["held_uusd"] == sum(deal.held_uusd for deal in fleet.ledger.live_deals())
    (file,) = (fleet.root / "var" / "backup").iterdir()
    assert said.data["copy"] == str(file) and said.data["head"] == before
    assert call("ledger", "verify", "--json").data["head"] == before
    assert "none lost" in call("ledger", "restore-test").out
    assert fleet.ledger.halt_level("BTC") is HaltLevel.NONE


def test_no_backup_at_all_is_exit_code_1_and_an_alert_where_one_was_asked_for(fleet: Any, call: Any) -> None:
    said = call("ledger", "restore-test")
    assert said.code == 1 and "arbctl ledger backup" in said.err
    assert not alarms(fleet)
    assert call("ledger", "restore-test", "--alert").code == 1
    (line,) = alarms(fleet)
    assert " WARNING alert severity=high what=no_restore why=" in line and "there is no backup" in line


def test_a_timer_that_sleeps_is_noticed(fleet: Any, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    call("ledger", "backup")
    assert call("ledger", "restore-test", "--max-age-hours", "3").code == 0
    later_ns = clock.now_ns() + 4 * 3600 * SECOND_NS
    monkeypatch.setattr("common.clock.now_ns", lambda: later_ns)
    said = call("ledger", "restore-test", "--max-age-hours", "3")
    assert said.code == 1 and "4.0 hours old" in said.err
    assert call("ledger", "restore-test").code == 0


def test_a_backup_that_rotted_is_named_and_the_ledger_goes_on(fleet: Any, call: Any) -> None:
    call("ledger", "backup", "copy.db")
    file = fleet.root / "copy.db"
    with file.open("r+b") as disk:
        disk.seek(file.stat().st_size // 2)
        disk.write(b"\xff" * 4096)
    said = call("ledger", "restore-test", "copy.db", "--alert")
    assert said.code == 1 and "copy.db" in said.err
    assert len(alarms(fleet)) == 1
    assert call("ledger", "verify").code == 0


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        ("DELETE FROM fill WHERE seq = 1", "1 rows of fill would be lost or altered"),
        ("UPDATE cap SET level = 40", "1 rows of cap would be lost or altered"),
        ("INSERT INTO entry_limit VALUES ('XYZ', 'deals', 1)", "entry_limit would have +1 rows"),
        ("DELETE FROM halt", "it would not be halted"),
    ],
)
def test_a_restore_that_loses_or_invents_is_found_out(
    fleet: Any, call: Any, monkeypatch: pytest.MonkeyPatch, loss: str, words: str
) -> None:
    """As if restoring itself were broken: the rehearsal compares, it does not believe."""
    real = backup.restore

    def broken(path: Path, *given: Any, **named: Any) -> Any:
        answer = real(path, *given, **named)
        with closing(sqlite3.connect(path)) as sql:
            laws = sql.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in laws:
                sql.execute(f"DROP TRIGGER {name}")
            sql.execute(loss)
            for _, law in laws:
                sql.execute(law)
            sql.commit()
        return answer

    call("ledger", "backup", "copy.db")
    monkeypatch.setattr("common.ledger.backup.restore", broken)
    said = call("ledger", "restore-test", "copy.db")
    assert said.code == 1
    assert words in " ".join(said.err.split())


def test_a_backup_of_an_older_program_can_be_put_back(fleet: Any, call: Any) -> None:
    with closing(sqlite3.connect(fleet.root / "old.db")) as old:
        samples = Path(__file__).resolve().parents[1] / "ledger" / "samples"
        old.executescript((samples / "version_3.sql").read_text())
    said = call("ledger", "restore-test", "old.db", "--json")
    assert said.code == 0, said.err
    assert said.data["deals"] > 0


# ---- the shelf ------------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(fleet: Any, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Hourly backups of the last three days, and files that are none of ours."""
    monkeypatch.setattr("common.clock.now_ns", lambda: NOON_NS)
    made = Shelf.of(settings.load(fleet.root / "arb.toml", {}))
    made.folder.mkdir()
    for hours in range(72):
        at_ns = NOON_NS - hours * 3600 * SECOND_NS
        monkeypatch.setattr("common.clock.now_ns", lambda at_ns=at_ns: at_ns)
        from scripts.archive import moment_name

        (made.folder / f"ledger-{moment_name()}.db").touch()
    for other in ("mine.db", "ledger-best.db", "live-20231116T120000.000Z.db", "ledger-20231116T120000.000Z.txt"):
        (made.folder / other).touch()
    monkeypatch.setattr("common.clock.now_ns", lambda: NOON_NS)
    return made


def left(shelf: Shelf) -> list[str]:
    return sorted(path.name for path in shelf.folder.iterdir())


def test_the_newest_stay_and_what_is_not_ours_is_left_alone(shelf: Shelf) -> None:
    assert len(shelf.thin(Keep(2))) == 70
    assert left(shelf) == [
        "ledger-20231116T110000.000Z.db",
        "ledger-20231116T120000.000Z.db",
        "ledger-20231116T120000.000Z.txt",
        "ledger-best.db",
        "live-20231116T120000.000Z.db",
        "mine.db",
    ]
    assert shelf.newest().name == "ledger-20231116T120000.000Z.db"


def test_of_each_of_the_last_days_the_newest_stays(shelf: Shelf) -> None:
    shelf.thin(Keep(1, days=3))
    ours = [name for name in left(shelf) if name.startswith("ledger-2") and name.endswith(".db")]
    assert ours == [
        "ledger-20231114T230000.000Z.db",
        "ledger-20231115T230000.000Z.db",
        "ledger-20231116T120000.000Z.db",
    ]


def test_a_backup_that_fails_removes_nothing(fleet: Any, call: Any, shelf: Shelf) -> None:
    before = left(shelf)
    with closing(sqlite3.connect(fleet.ledger_file)) as sql:
        sql.execute("DROP TRIGGER fill_update")
    said = call("ledger", "backup", "--keep", "1", "--alert")
    assert said.code == 1
    assert left(shelf) == before
    (line,) = alarms(fleet)
    assert "what=no_backup" in line


@pytest.mark.parametrize("words", [("--keep-days", "3"), ("x.db", "--keep", "3"), ("--keep", "0")])
def test_a_rotation_that_cannot_be_meant_is_misuse(call: Any, words: tuple[str, ...]) -> None:
    assert call("ledger", "backup", *words).code == 2
