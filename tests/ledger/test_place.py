"""A ledger on a network file system is refused with a remedy; where the file lies is read as Linux writes it."""

from pathlib import Path

import pytest

from common.core.errors import LedgerError
from common.ledger import place
from common.ledger.ledger import Ledger
from common.ledger.place import Mount, innermost, refuse_network
from common.ledger.report import Report

#: as /proc/self/mountinfo has it: a tmpfs over a part of an nfs share, a mount over a mount, blanks in a name
MOUNTINFO = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
24 22 0:21 / /proc rw,nosuid - proc proc rw
40 22 0:40 / /srv rw shared:7 master:2 - nfs4 host:/srv rw,vers=4.2
41 40 0:41 / /srv/local rw - tmpfs tmpfs rw
42 22 0:42 / /home/My\040Share rw - cifs //host/share rw
43 22 0:43 / /twice rw - nfs host:/old rw
44 22 0:44 / /twice rw - xfs /dev/vdb rw
a line of a kernel that is yet to come
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/ledger.db", "ext4"),
        ("/srv/var/ledger.db", "nfs4"),
        ("/srvother/ledger.db", "ext4"),
        ("/srv/local/ledger.db", "tmpfs"),
        ("/home/My Share/deep/ledger.db", "cifs"),
        ("/twice/ledger.db", "xfs"),
    ],
)
def test_the_nearest_mount_counts_and_of_two_the_upper(path: str, kind: str) -> None:
    mount = innermost(MOUNTINFO, Path(path))
    assert mount is not None and mount.kind == kind


def test_where_nobody_tells_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert innermost("", tmp_path) is None
    monkeypatch.setattr(place, "MOUNTS", tmp_path / "nowhere")
    refuse_network(tmp_path)


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"])
def test_a_network_file_system_is_refused_by_name(kind: str) -> None:
    with pytest.raises(LedgerError, match=rf"\({kind} at /mnt\).*`var` in arb.toml"):
        refuse_network(Path("/mnt/ledger.db"), lambda path: Mount(Path("/mnt"), kind))


@pytest.mark.parametrize(("point", "kind"), [("/mnt", "ext4"), ("/mnt", "fuse.ext4"), ("/", "9p"), ("/", "overlay")])
def test_a_disk_of_this_machine_is_not(point: str, kind: str) -> None:
    refuse_network(Path("/mnt/ledger.db"), lambda path: Mount(Path(point), kind))


def test_neither_worker_nor_reader_opens_a_ledger_there_nor_is_one_made(
    path: Path, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.close()
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        f"22 1 254:0 / / rw - ext4 /dev/vda rw\n40 22 0:40 / {tmp_path.resolve()} rw - nfs4 host:/srv rw\n"
    )
    monkeypatch.setattr(place, "MOUNTS", mounts)
    with pytest.raises(LedgerError, match="nfs4"):
        Ledger.open(path, config_hash="", code_version="", pid=1)
    with pytest.raises(LedgerError, match="nfs4"):
        Report.open(path)
    with pytest.raises(LedgerError, match="nfs4"):
        Ledger.create(tmp_path / "new" / "ledger.db", created_ns=1, config_hash="", code_version="", pid=1)
    assert not (tmp_path / "new").exists()
