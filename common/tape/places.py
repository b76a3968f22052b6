"""Where tapes lie: a file, a folder, a pattern, several of them, or a path of an object store (`s3://…`, by fsspec)."""

import glob
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from common.core.errors import ConfigError
from common.tape.block import ENDING, FILE_HEAD, begun_ns

REMOTE = "://"


@dataclass(frozen=True, slots=True)
class TapeFile:
    """One file: its name, its size, how it is opened, and the time of its first record."""

    name: str
    size: int
    begun_ns: int
    open: Callable[[], BinaryIO]


def tape_files(places: Iterable[str | Path]) -> list[TapeFile]:
    """The tapes at `places`, each once, by the time they begin; ConfigError where there is none, or no tape."""
    found: dict[str, TapeFile] = {}
    for place in places:
        for file in _at(str(place)):
            found[file.name] = file
    return sorted(found.values(), key=lambda file: (file.begun_ns, file.name))


def _at(place: str) -> list[TapeFile]:
    files = _remote(place) if REMOTE in place else _local(place)
    if not files:
        raise ConfigError(
            f"{place}: there is no tape; name a file ending in {ENDING}, a folder with such, or a pattern"
        )
    return files


def _local(place: str) -> list[TapeFile]:
    path = Path(place)
    if path.is_dir():
        paths = sorted(path.rglob(f"*{ENDING}"))
    elif path.exists():
        paths = [path]
    else:
        paths = sorted(Path(name) for name in glob.glob(place, recursive=True) if name.endswith(ENDING))
    return [_file(str(path.resolve()), path.stat().st_size, partial(_open_local, path)) for path in paths]


def _open_local(path: Path) -> BinaryIO:
    return path.open("rb")


def _remote(place: str) -> list[TapeFile]:
    system, path = file_system(place)
    pattern = path if "*" in path or path.endswith(ENDING) else f"{path.rstrip('/')}/**/*{ENDING}"
    names = system.glob(pattern)
    return [_file(str(system.unstrip_protocol(name)), system.size(name), partial(system.open, name)) for name in names]


def file_system(place: str) -> tuple[Any, str]:
    """The fsspec file system of `scheme://path`, and the path in it; ConfigError where fsspec or a driver is absent."""
    try:
        import fsspec

        return cast(tuple[Any, str], fsspec.core.url_to_fs(place))
    except ImportError as error:
        raise ConfigError(f"{place} needs `pip install fsspec` and the store's driver: {error}") from error


def _file(name: str, size: int, opener: Callable[[], BinaryIO]) -> TapeFile:
    try:
        with opener() as file:
            if not FILE_HEAD.startswith(file.read(len(FILE_HEAD))):
                raise ConfigError(f"{name} is not a tape")
            file.seek(0)
            return TapeFile(name, size, begun_ns(file) or 0, opener)
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror or error}") from error
