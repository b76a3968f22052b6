"""A backup that failed is told of once, from when on somebody listens."""

from pathlib import Path

from common.alerts.backups import failed

LINE = "2026-11-28T04:00:00.000 WARNING alert severity=high what=no_backup why='disk full'\n"


def test_every_line_once_and_none_from_before(tmp_path: Path) -> None:
    file = tmp_path / "backup.log"
    assert failed(file, None) == ([], 0)
    file.write_text(LINE)
    assert failed(file, None) == ([], len(LINE)), "who begins to listen now"
    (one,), read_to = failed(file, 0)
    assert "what=no_backup why='disk full'" in one.text and read_to == len(LINE)
    assert failed(file, read_to) == ([], read_to)
    with file.open("a") as opened:
        opened.write("2026-11-28T05:00:00.000 INFO rotated\n" + LINE + LINE[:40])
    (again,), then = failed(file, read_to)
    assert again.key != one.key and then == file.stat().st_size - 40
    file.write_text(LINE[:50] + "x\n")
    assert failed(file, then)[1] == 52, "begun anew"
