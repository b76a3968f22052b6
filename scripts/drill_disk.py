"""A small disk for one fleet's files, which can be filled to the last byte and freed again. Needs the right to mount.

The files are copied to the ordinary disk when the drill is over, so that they can be looked at.
"""

import errno
import os
import shutil
import subprocess
from pathlib import Path

#: room for the logs and journals of hours; filled, it takes so much of the machine's memory
SIZE_MIB = 192
MOUNT_BOUND_S = 10.0
_CHUNKS = tuple(4**n for n in range(13, 5, -1))


class DiskError(Exception):
    """This machine gives no disk; the text says why."""


class SmallDisk:
    """Mounted at `folder`, which was empty."""

    def __init__(self, folder: Path, size_mib: int = SIZE_MIB) -> None:
        self._folder, self._ballast = folder, folder / "ballast"
        folder.mkdir(parents=True, exist_ok=True)
        _do("mount", "-t", "tmpfs", "-o", f"size={size_mib}m,mode=700", "drill", str(folder))

    @property
    def is_full(self) -> bool:
        """Whether it is being kept full."""
        return self._ballast.exists()

    def fill(self) -> None:
        """Take all that is left, to the last page."""
        with self._ballast.open("ab") as file:
            for chunk in _CHUNKS:
                _take(file.fileno(), chunk)

    def free(self) -> None:
        """Give it back."""
        self._ballast.unlink(missing_ok=True)

    def keep(self) -> None:
        """Copy what lies there to the disk below, and unmount."""
        self.free()
        kept = self._folder.with_name(f"{self._folder.name}.kept")
        shutil.copytree(self._folder, kept, ignore=_sockets)
        # lazily: a person may be looking at a log there
        _do("umount", "-l", str(self._folder))
        self._folder.rmdir()
        kept.rename(self._folder)


def _take(fd: int, chunk: int) -> None:
    """Chunks of one size until there is no room for another."""
    while True:
        try:
            os.posix_fallocate(fd, os.fstat(fd).st_size, chunk)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return


def _sockets(folder: str, names: list[str]) -> list[str]:
    """What no copy can be made of."""
    return [name for name in names if (Path(folder) / name).is_socket()]


def _do(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=MOUNT_BOUND_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DiskError(f"{command[0]}: {error}") from error
    if done.returncode:
        raise DiskError((done.stderr.strip() or f"{command[0]} failed").splitlines()[-1])
