"""var/backup: which of the backups there is the newest, and which may go. Knows files by their names, opens none."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from common import clock
from common.core.errors import LedgerError
from common.core.terms import SECOND_NS
from common.settings import Settings

HOUR_S = 3600
#: as archive.moment_name() writes a moment
_MOMENT = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True, slots=True)
class Keep:
    """What stays: the newest so many, and of each of the last `days` (UTC) the newest one."""

    newest: int
    days: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """The backups of one ledger: those of paper and of money stand side by side and never count for each other."""

    folder: Path
    stem: str

    @classmethod
    def of(cls, config: Settings) -> "Shelf":
        """Where this fleet's backups go unless a person names a file."""
        return cls(config.var / "backup", config.ledger_file.stem)

    def newest(self, max_age_hours: float | None = None) -> Path:
        """LedgerError when there is none, or none young enough."""
        found = self._found()
        if not found:
            raise LedgerError(f"there is no backup in {self.folder}: make one with `arbctl ledger backup`")
        at, path = found[-1]
        hours = (_now() - at).total_seconds() / HOUR_S
        if max_age_hours is not None and hours > max_age_hours:
            raise LedgerError(
                f"the newest backup, {path.name}, is {hours:.1f} hours old: does the timer run? "
                "make one with `arbctl ledger backup`"
            )
        return path

    def thin(self, keep: Keep) -> list[Path]:
        """Remove all that need not stay; what was removed. A file with another name is none of ours."""
        found = self._found()
        staying = {path for _, path in found[-keep.newest :]} | set(_daily(found, keep.days))
        gone = [path for _, path in found if path not in staying]
        try:
            for path in gone:
                path.unlink()
        except OSError as error:
            raise LedgerError(f"{error.filename} cannot be removed: {error.strerror}") from error
        return gone

    def _found(self) -> list[tuple[datetime, Path]]:
        """Oldest first."""
        found = []
        for path in self.folder.glob(f"{self.stem}-*.db"):
            try:
                moment = datetime.strptime(path.stem.removeprefix(f"{self.stem}-"), _MOMENT)
            except ValueError:
                continue
            found.append((moment.replace(tzinfo=UTC), path))
        return sorted(found)


def _daily(found: list[tuple[datetime, Path]], days: int) -> Iterator[Path]:
    newest = {at.date(): path for at, path in found}
    oldest = (_now() - timedelta(days=days)).date()
    yield from (path for day, path in newest.items() if day > oldest)


def _now() -> datetime:
    return datetime.fromtimestamp(clock.now_ns() / SECOND_NS, UTC)
