"""A tape into a folder of other files: all of it appears at once under its name, or nothing does."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from common.core.errors import ConfigError
from common.tape.places import REMOTE, file_system


def into_folder(out: str, write: Callable[[Path], Mapping[str, int]]) -> Mapping[str, int]:
    """Let `write` fill a draft of the folder `out`, then give it its name; ConfigError where something is there.

    `out` may be a path of an object store: the draft is made here and sent when it is whole.
    """
    if REMOTE in out:
        return _sent(out, write)
    folder = Path(out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already and not empty: nothing is overwritten, name another")
    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        draft.mkdir(parents=True)
        rows = write(draft)
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return rows


def _sent(out: str, write: Callable[[Path], Mapping[str, int]]) -> Mapping[str, int]:
    system, path = file_system(out)
    if system.exists(path) and system.ls(path):
        raise ConfigError(f"{out} is there already and not empty: nothing is overwritten, name another")
    with TemporaryDirectory() as draft:
        rows = write(Path(draft))
        for file in sorted(Path(draft).rglob("*")):
            if file.is_file():
                system.put_file(str(file), f"{path}/{file.relative_to(draft).as_posix()}")
    return rows
