"""Two parts of the drill that need the system's help: a small disk, and a supervisord that may always speak."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import supervise
from scripts.drill_disk import DiskError, SmallDisk

BOUND_S = 20.0


def test_a_small_disk_is_full_to_the_last_byte_free_again_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    try:
        disk = SmallDisk(folder, 2)
    except DiskError as why:
        pytest.skip(f"this machine gives no disk: {why}")
    try:
        (folder / "before").write_text("here")
        disk.fill()
        assert disk.is_full
        with pytest.raises(OSError, match="No space left"):
            (folder / "more").write_text("x")
        disk.free()
        (folder / "after").write_text("there")
    finally:
        disk.keep()
    assert not folder.is_mount()
    assert (folder / "before").read_text() + (folder / "after").read_text() == "herethere"


@pytest.mark.skipif(sys.platform != "linux", reason="only there are files in memory")
def test_supervisords_own_words_need_no_disk(tmp_path: Path) -> None:
    with supervise._room_for_words(tmp_path / "no" / "such" / "folder" / "supervisord.out") as output:
        subprocess.run([sys.executable, "-c", "print('a complaint')"], stdout=output, timeout=BOUND_S, check=True)
        output.seek(0)
        assert output.read() == b"a complaint\n"
