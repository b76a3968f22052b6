"""The results that are there already, one small file for each, so that a sweep that was stopped goes on from there.

A file appears whole or not at all, and its name is its key: whoever finds one under the key that he needs may use it.
What cannot be read is as good as not there, and is made again.
"""

import os
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

import orjson

from common.core.market import Direction
from common.replay.run import DealResult
from common.sweep.job import Result

ENDING: Final = ".json"
_UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError)


class Kept:
    """The folder of results; `is_fresh`: what is there already is not asked for."""

    def __init__(self, folder: Path, *, is_fresh: bool = False) -> None:
        self._folder, self._is_fresh = folder, is_fresh

    def find(self, key: str) -> Result | None:
        """The result of a key; None when it was never kept, or is damaged."""
        if self._is_fresh:
            return None
        try:
            return _read(orjson.loads(self._path(key).read_bytes()), key)
        except _UNREADABLE:
            return None

    def keep(self, result: Result) -> None:
        """Keep it, durably."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(result.key)
        making = path.with_suffix(f".{os.getpid()}.making")
        try:
            with making.open("wb") as file:
                file.write(orjson.dumps(asdict(result)))
                file.flush()
                os.fsync(file.fileno())
            making.replace(path)
        finally:
            making.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{ENDING}"


def _read(told: dict[str, Any], key: str) -> Result:
    if told["key"] != key:
        raise ValueError(f"this is the result of {told['key']}")
    names = [field.name for field in fields(DealResult)]
    deals = tuple(DealResult(**{**{n: one[n] for n in names}, "direction": Direction(one["direction"])})
                  for one in told["deals"])  # fmt: skip
    from_ns, to_ns = told["window"]
    equity = tuple(int(one) for one in told["equity_uusd"])
    return Result(**{**told, "window": (from_ns, to_ns), "deals": deals, "equity_uusd": equity})
