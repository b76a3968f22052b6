"""What a result depends on beside its settings: the bytes of the tapes and the program that replays them."""

from collections.abc import Iterable
from glob import glob
from hashlib import sha256
from pathlib import Path
from typing import Final

import common
from common.core.errors import ConfigError
from common.tape.places import REMOTE, file_system

#: rooms of common/ that no replay enters
_ELSEWHERE: Final = frozenset({"analysis", "doctor", "recorder", "result", "sweep"})
_CHUNK: Final = 1 << 20


def of_program() -> str:
    """The program's own files, by their bytes: after any change in them a result is another one's."""
    root, seen = Path(common.__file__).parent, sha256()
    for path in sorted(path for ending in ("*.py", "*.sql") for path in root.rglob(ending)):
        name = path.relative_to(root)
        if name.parts[0] not in _ELSEWHERE:
            seen.update(f"{name}\n".encode() + sha256(path.read_bytes()).digest())
    return seen.hexdigest()[:16]


def of_tapes(places: Iterable[str]) -> str:
    """The recordings, by their bytes wherever they lie; those of an object store by what the store says of them."""
    return sha256("\n".join(sorted(line for place in places for line in _lines(place))).encode()).hexdigest()[:16]


def seen_tapes(places: Iterable[str]) -> str:
    """The same for who only asks: what cannot be seen is told in words."""
    try:
        return of_tapes(places)
    except ConfigError as error:
        return str(error)


def _lines(place: str) -> list[str]:
    if REMOTE in place:
        return _remote(place)
    path = Path(place)
    if not path.exists():
        return [_of_file(one) for one in map(Path, glob(place, recursive=True)) if one.is_file()] or _refuse(place)
    return [_of_file(one) for one in path.rglob("*") if one.is_file()] if path.is_dir() else [_of_file(path)]


def _refuse(place: str) -> list[str]:
    raise ConfigError(f"{place} does not exist: name a tape, a folder of tapes, or a folder of Parquet books")


def _of_file(path: Path) -> str:
    seen = sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            seen.update(chunk)
    return f"{path.name} {seen.hexdigest()}"


def _remote(place: str) -> list[str]:
    system, path = file_system(place)
    names = system.find(path) if not system.isfile(path) else [path]
    return [f"{name} {system.ukey(name)}" for name in names]
