"""The disk under a simulated ledger: made from a template, full for a while, and what is left of it after a power cut.

Reaches under the ledger's own connection on purpose: a full disk is SQLite's own refusal in the middle of a
transaction, and a power cut leaves exactly the write-ahead log up to the last fsync that SQLite was asked for.
"""

import shutil
import tempfile
from pathlib import Path

from common.fleet.timeline import BEGIN_NS
from common.ledger.ledger import Ledger

#: SQLite's own upper bound of a file, in pages
PAGES_MAX = 1_073_741_823


class Disk:
    """One ledger's files, and its connection."""

    def __init__(self, folder: Path, *, may_be_cut: bool) -> None:
        self._folder, self._may_be_cut = folder, may_be_cut
        self._cuts = 0
        self.full = False
        self.file = folder / "ledger.db"
        shutil.copyfile(template(), self.file)
        self._open()

    def _open(self) -> None:
        self._fsync = self._committed = False
        self._synced = self._log.stat().st_size if self._log.exists() else 0
        self.ledger = Ledger.open(self.file, config_hash="fleet", code_version="fleet", pid=1)
        self._connection = self.ledger._store.connection
        if self._may_be_cut:
            # The log then only grows, so that its length says what is in it.
            self._connection.execute("PRAGMA wal_autocheckpoint = 0")
            self._connection.set_trace_callback(self._hear)

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

    def _hear(self, statement: str) -> None:
        """Follow what SQLite is told: a commit under FULL ends with an fsync of the whole log."""
        if statement.startswith("PRAGMA synchronous"):
            self._note_sync()
            self._fsync = "FULL" in statement
        elif statement == "COMMIT":
            self._committed = True

    def _note_sync(self) -> None:
        if self._committed and self._fsync:
            self._synced = self._log.stat().st_size
        self._committed = False

    @property
    def _log(self) -> Path:
        return self.file.with_name(self.file.name + "-wal")

    def cut(self) -> None:
        """The power fails and comes back: only what was synced is still there."""
        self._note_sync()
        self._cuts += 1
        old, log, after = self.file, self._log, self._folder / f"after-{self._cuts}"
        after.mkdir()
        shutil.copyfile(old, after / old.name)
        (after / log.name).write_bytes(log.read_bytes()[: self._synced] if log.exists() else b"")
        self._connection.set_trace_callback(None)
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
