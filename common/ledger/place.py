"""Where the file lies. SQLite's log needs memory that all its processes share, and the queue of writers is an flock.

Both bind the processes of one machine only: a ledger on a network file system would have no laws.

Linux tells by /proc/self/mountinfo; where nobody tells, nothing is refused. Opens no database.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from common.core.errors import LedgerError

MOUNTS = Path("/proc/self/mountinfo")
#: file systems whose other end is another machine, or a program that need not care about locks
NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "9p", "afs", "ceph", "coda", "davfs", "glusterfs", "gpfs"}
    | {"lustre", "beegfs", "ncpfs", "ocfs2", "gfs2", "prl_fs", "vboxsf", "vmhgfs", "fuse.vmhgfs-fuse", "fuse.sshfs"}
    | {"fuse.s3fs", "fuse.gcsfuse", "fuse.goofys", "fuse.rclone", "fuse.davfs", "fuse.glusterfs", "fuse.ceph"}
    | {"fuse.curlftpfs", "fuse.smbnetfs", "fuse.osxfs", "fuse.grpcfuse"}
)


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system: where, and of which kind."""

    point: Path
    kind: str


Look: TypeAlias = Callable[[Path], Mount | None]


def mount_of(path: Path) -> Mount | None:
    """What `path`, which need not exist yet, is mounted on; None where the system does not tell."""
    try:
        text = MOUNTS.read_text(errors="replace")
    except OSError:
        return None
    return innermost(text, path.resolve())


def innermost(mountinfo: str, path: Path) -> Mount | None:
    """The mount nearest to `path`; of two at the same place the later one, which covers the other."""
    found: Mount | None = None
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        words = before.split()
        if len(words) < 5 or not after:
            continue
        mount = Mount(Path(_plain(words[4])), after.split()[0])
        near = found is None or len(mount.point.parts) >= len(found.point.parts)
        if near and path.is_relative_to(mount.point):
            found = mount
    return found


def refuse_network(path: Path, look: Look = mount_of) -> None:
    """LedgerError with a remedy when `path` lies, or would lie, on a network file system."""
    mount = look(path)
    # A root of kind 9p is a sandbox's own: all that runs there runs under one kernel.
    if mount is None or mount.kind not in NETWORK or (mount.kind == "9p" and mount.point == Path("/")):
        return
    raise LedgerError(
        f"{path} lies on a network file system ({mount.kind} at {mount.point}), where several processes cannot keep "
        "the cap: set `var` in arb.toml to a folder on a disk of this machine"
    )


def _plain(text: str) -> str:
    r"""A mount point without the octal escapes of blanks and the like: \040."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
