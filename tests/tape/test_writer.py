"""Files of a tape: a new one in time, each readable by itself, none ever written twice, room left for the ledger."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from common.tape.places import tape_files
from common.tape.reader import DIED, STOPPED, Taped, merged, read, read_file
from common.tape.record import Kind, Record, note
from common.tape.writer import Rotation, TapeWriter

HOUR_NS = 3600 * 10**9
MUCH = 1 << 30


def kinds(taped: list[Taped]) -> list[str]:
    return [one.record.kind.name for one in taped]


def bodies(taped: list[Taped]) -> list[bytes]:
    return [one.record.body for one in taped if one.record.kind is Kind.FRAME]


def test_a_full_file_is_closed_and_the_next_one_stands_by_itself(tmp_path: Path, frames: Any) -> None:
    rotated: list[int] = []
    writer = TapeWriter(tmp_path, 7, "test", Rotation(most_bytes=600, every_ns=10**18))
    writer.on_rotated = lambda: rotated.append(1)
    listing = note(Kind.ANSWER, frames.at(0), venue="dydx", market="", topic="listing", status=200, text="{}")
    writer.write([listing, *frames.opened(), note(Kind.LOST, frames.at(0), 2, why="closed")])
    sent = [Record(Kind.FRAME, 1, frames.at(n), os.urandom(200)) for n in range(1, 8)]
    for record in sent:
        writer.write([record])
    writer.close(frames.at(9))
    files = tape_files([tmp_path])
    assert len(files) == len(rotated) + 1 > 2
    for file in files[1:]:
        alone = list(read_file(file))
        assert kinds(alone)[:3] == ["BEGIN", "ANSWER", "OPENED"], "who wrote it, what is listed, what stood"
        assert [one.record.connection for one in alone if one.record.kind is Kind.OPENED] == [1], "the lost one is not"
        assert bodies(alone)
    together = list(merged(files))
    assert bodies(together) == [record.body for record in sent]
    assert [one.record.fields()["why"] for one in together if one.record.kind is Kind.GAP] == [STOPPED]


def test_a_new_hour_is_a_new_file(tmp_path: Path, frames: Any) -> None:
    writer = TapeWriter(tmp_path, 7, "test", Rotation(MUCH, HOUR_NS))
    for minutes in (0, 40, 50, 100):
        writer.write([Record(Kind.FRAME, 1, frames.at(60 * minutes), b"x")])
    writer.close(frames.at(6001))
    names = [Path(file.name).name for file in tape_files([tmp_path])]
    assert names == ["20231114T221320.000Z.tape", "20231114T230320.000Z.tape"]


def test_two_files_of_one_moment_have_two_names(tmp_path: Path, frames: Any) -> None:
    for run in (1, 2, 3):
        frames.write(tmp_path, frames.opened(), run=run)
    assert len(list(tmp_path.glob("*.tape"))) == 3
    assert {one.run for one in read(tmp_path)} == {1, 2, 3}


def test_tapes_are_for_their_owner_alone(tmp_path: Path, frames: Any) -> None:
    frames.write(tmp_path / "new", frames.opened())
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert next((tmp_path / "new").glob("*.tape")).stat().st_mode & 0o777 == 0o600


def test_what_the_disk_did_not_take_leaves_a_readable_tape_and_a_new_file(
    tmp_path: Path, frames: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = TapeWriter(tmp_path, 7, "test", Rotation(MUCH, 10**18))
    writer.write(frames.opened())
    whole = os.write

    def half(file: int, data: memoryview) -> int:
        whole(file, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        with pytest.raises(OSError, match="No space"):
            writer.write([Record(Kind.FRAME, 1, frames.at(1), b"lost")])
    writer.write([Record(Kind.FRAME, 1, frames.at(2), b"kept")])
    writer.close(frames.at(3))
    found = list(read(tmp_path))
    assert bodies(found) == [b"kept"]
    assert [one.record.fields()["why"] for one in found if one.record.kind is Kind.GAP] == [DIED, STOPPED]


def test_the_last_of_the_disk_is_not_ours(tmp_path: Path, frames: Any) -> None:
    writer = TapeWriter(tmp_path / "new", 7, "test", Rotation(MUCH, 10**18, free_min_bytes=1 << 62))
    with pytest.raises(OSError, match="the rest is the ledger's"):
        writer.write(frames.opened())
    assert not list(tmp_path.rglob("*.tape"))
