"""A file with secrets: read only when it is ours alone, written whole or not at all. Knows nothing of what is in it."""

import errno
import os
import shlex
import stat
from datetime import UTC, datetime
from pathlib import Path

from common import clock
from common.core.errors import ConfigError

SIZE_MAX = 65_536
_SECOND_NS = 1_000_000_000


def text_of(path: Path, remedy: str) -> str:
    """The text of a file that is ours alone; what is looked at is what is read, should the name change meanwhile.

    FileNotFoundError when there is none; ConfigError, without a word of what is in it, when it cannot be used.
    """
    number = _opened(path, remedy)
    try:
        refuse_unsafe(path, os.fstat(number))
        raw = os.read(number, SIZE_MAX + 1)
    finally:
        os.close(number)
    if not raw.strip() or len(raw) > SIZE_MAX:
        raise ConfigError(f"{path} is {'too long for a key file' if raw.strip() else 'empty'}: onboard again")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not text, so no key file: onboard again") from None


def mode_of(path: Path) -> str | None:
    """The file's mode in octal; None when there is no file."""
    try:
        return f"{stat.S_IMODE(path.lstat().st_mode):o}"
    except FileNotFoundError:
        return None


def write(path: Path, text: str) -> None:
    """Write a file with mode 0600 from its first byte; an existing one is replaced whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def put_aside(path: Path) -> Path | None:
    """Rename what is there to a name with the present moment in it, readable by us alone; None when nothing is."""
    if not path.exists():
        return None
    now_ns = clock.now_ns()
    moment = datetime.fromtimestamp(now_ns // _SECOND_NS, UTC)
    aside = path.with_name(f"{path.name}.{moment:%Y%m%dT%H%M%S}.{now_ns % _SECOND_NS // 1_000_000:03d}Z")
    path.rename(aside)
    aside.chmod(0o600)
    return aside


def refuse_unsafe(path: Path, found: os.stat_result) -> None:
    """ConfigError, with the command that mends it, when others could read the file or put another in its place."""
    name = shlex.quote(str(path))
    if not stat.S_ISREG(found.st_mode):
        kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no plain file"
        raise ConfigError(f"{path} is {kind}: name the key file itself (venues.….keys in arb.toml)")
    if found.st_uid != os.geteuid():
        raise ConfigError(f"{path} belongs to somebody else (uid {found.st_uid}): sudo chown {os.geteuid()} {name}")
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o077:
        raise ConfigError(f"{path} can be read by others (mode {mode:o}): chmod 600 {name}")


def _opened(path: Path, remedy: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        why = "is a link: name the file itself" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"
        raise ConfigError(f"{path} {why} ({remedy})") from None
