"""Each look at the machine and at the files can fail, and then says what to do."""

from pathlib import Path

import pytest

from common.core.market import Venue
from common.core.terms import SECOND_NS
from common.doctor import crashes, files, machine
from common.doctor.finding import Grade
from common.doctor.sunset import sunset
from common.endpoints import LIVE_HOSTS, Endpoint

ROOT = Path(__file__).resolve().parents[2]
LOCK = "a==1 \\\n    --hash=x\nb-c==2.0 ; sys_platform == 'win32' \\\n"
LOCK += "d==3 ; python_full_version < '3.12' \\\nd==4 ; python_full_version >= '3.12' \\\n"


@pytest.mark.parametrize(
    ("found", "in_venv", "grade"),
    [((3, 11, 2), True, Grade.OK), ((3, 13, 0), False, Grade.WARNING), ((3, 14, 0), True, Grade.FAILURE)],
)
def test_the_interpreter(found: tuple[int, ...], in_venv: bool, grade: Grade) -> None:
    assert machine.interpreter(found, in_venv=in_venv).grade is grade


@pytest.mark.parametrize(
    ("have", "grade", "says"),
    [
        ({"a": "1"}, Grade.OK, "3 packages"),
        ({"a": "1", "d": "4"}, Grade.OK, "3 packages"),
        ({"a": "1", "d": "5"}, Grade.FAILURE, "d is 5, the lock says 3 or 4"),
        ({"a": "1", "b-c": "1.9"}, Grade.FAILURE, "b-c is 1.9, the lock says 2.0"),
        ({}, Grade.FAILURE, "a is missing"),
    ],
)
def test_packages_are_those_of_the_lock(have: dict[str, str], grade: Grade, says: str) -> None:
    found = machine.packages(LOCK, have.get)
    assert found.grade is grade and says in found.says


def test_the_shipped_lock_is_read_whole_and_installed_here() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert machine.packages(text).grade is Grade.OK
    assert machine.packages("").grade is Grade.WARNING


def test_sdks_that_cannot_be_imported_are_named() -> None:
    assert machine.sdks(("json", "decimal")).grade is Grade.OK
    found = machine.sdks(("json", "not_there_at_all"))
    assert found.grade is Grade.FAILURE and "No module named 'not_there_at_all'" in found.says


@pytest.mark.parametrize(("free_mb", "grade"), [(5000, Grade.OK), (2047, Grade.WARNING), (199, Grade.FAILURE)])
def test_room_on_the_disk(tmp_path: Path, free_mb: int, grade: Grade) -> None:
    assert machine.disk(tmp_path / "not" / "yet", free_mb * 1_000_000).grade is grade


def test_a_ledger_on_a_network_disk_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.place(tmp_path / "ledger.db") is None
    mounts = tmp_path / "mountinfo"
    mounts.write_text("1 1 0:1 / / rw - ext4 x rw\n2 1 0:2 / /nas rw - nfs4 host:/ rw\n")
    monkeypatch.setattr("common.ledger.place.MOUNTS", mounts)
    found = machine.place(Path("/nas/ledger.db"))
    assert found is not None and found.grade is Grade.FAILURE and "nfs4" in found.says


def test_time_of_fsync(tmp_path: Path) -> None:
    assert machine.fsync(tmp_path).check == "fsync"
    grades = [machine.fsync_judged([1.0, middle, 2000.0]).grade for middle in (2.0, 60.0, 1500.0)]
    assert grades == [Grade.OK, Grade.WARNING, Grade.FAILURE]


def test_a_folder_that_cannot_be_written_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    found = machine.fsync(tmp_path)
    assert found.grade is Grade.FAILURE and "Permission denied" in found.says


def test_what_is_wrong_with_the_settings_is_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "arb.toml"
    path.write_text('mode = "live"\nspeling = 1\n[cap]\nlevel = 0\n[markets.BTC]\nsize = "0.001"\n')
    config, found = files.config(path)
    assert config is None
    assert {finding.grade for finding in found} == {Grade.FAILURE}
    assert len(found) >= 2 and any("speling" in finding.says for finding in found)


def test_a_key_file_that_others_can_read_and_its_remedy(tmp_path: Path) -> None:
    endpoint = Endpoint(Venue.DYDX, "", "", 1, tmp_path / "dydxconfig.ini")
    assert files.key_file(endpoint, "paper").grade is Grade.WARNING
    assert files.key_file(endpoint, "live").grade is Grade.FAILURE
    endpoint.keys.write_text("[dydx]\nsecret = abcdefgh\n")
    endpoint.keys.chmod(0o644)
    found = files.key_file(endpoint, "live")
    assert found.grade is Grade.FAILURE and "chmod 600" in found.says and "abcdefgh" not in found.says


def test_no_ledger_is_fine_and_a_file_that_is_none_is_not(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    assert files.ledger(path).grade is Grade.OK
    path.write_bytes(b"no database at all" * 100)
    assert files.ledger(path).grade is Grade.FAILURE


# ---- what crashed last ----------------------------------------------------------------------------------------------

CRASHED = """\
2026-11-01T10:00:00.000 INFO trading size=1
2026-11-01T10:00:01.500 ERROR crashed
Traceback (most recent call last):
  File "x.py", line 1, in <module>
    raise ValueError("one")
ValueError: the first one
2026-11-01T10:00:05.000 INFO trading size=1
2026-11-01T10:00:07.250 WARNING needs_a_person why='no keys for dydx'
2026-11-01T10:00:09.000 INFO refused why=crashed_before
"""


def test_the_last_crash_of_all_logs_is_found(tmp_path: Path) -> None:
    (tmp_path / "btc.log").write_text(CRASHED)
    (tmp_path / "eth.log").write_text(CRASHED.replace("2026-11", "2026-10"))
    crash = crashes.last_crash(tmp_path)
    assert crash is not None and (crash.member, crash.says) == ("btc", "no keys for dydx")
    hour_ns = 3600 * SECOND_NS
    assert crashes.judged(crash, crash.at_ns + hour_ns).grade is Grade.WARNING
    assert crashes.judged(crash, crash.at_ns + 25 * hour_ns).grade is Grade.OK
    assert crashes.judged(None, 0).grade is Grade.OK


def test_a_traceback_is_told_by_its_last_line(tmp_path: Path) -> None:
    (tmp_path / "btc.log").write_text(CRASHED[: CRASHED.index("2026-11-01T10:00:05")])
    crash = crashes.last_crash(tmp_path)
    assert crash is not None and crash.says == "ValueError: the first one"


# ---- the end of both venues -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("venue", list(Venue))
def test_the_end_of_a_venue_is_said_where_its_own_host_would_be_traded_on(venue: Venue) -> None:
    real = Endpoint(venue, *LIVE_HOSTS[venue], 1, Path("x"))
    other = Endpoint(venue, "https://example.org", "wss://example.org", 1, Path("x"))
    assert sunset(real, "live").grade is Grade.WARNING
    assert sunset(other, "live").grade is Grade.OK
    assert sunset(other, "paper").grade is Grade.OK
    assert ("28 October 2024" if venue is Venue.DYDX else "ApeX Omni") in sunset(real, "live").says
