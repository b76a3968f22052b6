"""The disk under a simulated ledger: made from a template, full for a while, and what is left of it after a power cut.

Reaches under the ledger's own connection on purpose: a full disk is SQLite's own refusal in the middle of a
transaction, and a power cut leaves exactly the write-ahead log up to the last sync that the ledger asked for.
"""

import shutil
import tempfile
from pathlib import Path

from common.fleet.timeline import BEGIN_NS
from common.ledger.ledger import Ledger
from common.ledger.log_file import LogFile

#: SQLite's own upper bound of a file, in pages
PAGES_MAX = 1_073_741_823


class VirtualLog(LogFile):
    """The log with a line in it: what is above is on the disk, what is below would be gone after a power cut."""

    def __init__(self, log: LogFile) -> None:
        self.path, self._file = log.path, log._file
        #: bytes
        self.synced = self.path.stat().st_size

    def sync(self) -> None:
        """The whole log is on the disk."""
        self.synced = self.path.stat().st_size


class Disk:
    """One ledger's files, and its connection."""

    def __init__(self, folder: Path, *, may_be_cut: bool) -> None:
        #: when the machine was last started anew
        self.booted_ns = 0
        self._folder, self._may_be_cut = folder, may_be_cut
        self._cuts = 0
        self._log: VirtualLog | None = None
        self.full = False
        self.file = folder / "ledger.db"
        shutil.copyfile(template(), self.file)
        self._open()

    def _open(self) -> None:
        self.ledger = Ledger.open(self.file, config_hash="fleet", code_version="fleet", pid=1)
        store = self.ledger._store
        self._connection = store.connection
        if self._may_be_cut and store.log is not None:
            # The log then only grows, so that its length says what is in it.
            self._connection.execute("PRAGMA wal_autocheckpoint = 0")
            store.checkpoint_pages = 0
            store.log = self._log = VirtualLog(store.log)

    # ---- full -----------------------------------------------------------------------------------------------------

    def fill(self) -> None:
        """From now on the file cannot grow by a single page."""
        self.full = True
        self._connection.execute("PRAGMA max_page_count = 1")

    def free(self) -> None:
        """There is room again."""
        self.full = False
        self._connection.execute(f"PRAGMA max_page_count = {PAGES_MAX}")

    # ---- cut ------------------------------------------------------------------------------------------------------

    @property
    def boot(self) -> str:
        """The life of the machine."""
        return f"boot-{self._cuts}"

    def cut(self, at_ns: int) -> None:
        """The power fails and comes back: only what was synced is still there."""
        self.booted_ns = at_ns
        assert self._log is not None
        self._cuts += 1
        old, log, after = self.file, self._log.path, self._folder / f"after-{self._cuts}"
        after.mkdir()
        shutil.copyfile(old, after / old.name)
        (after / log.name).write_bytes(log.read_bytes()[: self._log.synced])
        self.ledger.close()
        self.file, self.full = after / old.name, False
        self._open()


_templates: list[tempfile.TemporaryDirectory[str]] = []


def template() -> Path:
    """An empty ledger, made once per process."""
    if not _templates:
        _templates.append(tempfile.TemporaryDirectory(prefix="fleet-template-"))
        Ledger.create(
            Path(_templates[0].name, "ledger.db"), created_ns=BEGIN_NS, config_hash="", code_version="fleet", pid=1
        ).close()
    return Path(_templates[0].name, "ledger.db")
