"""Which seeds were finished, kept in a small file, so that a long simulation can be interrupted and go on.

The file's name is a hash of the code and of what a seed's outcome depends on: other code begins anew.
"""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "simulate"
#: finished seeds between two writes of the file
SAVE_EVERY = 100
HASH_LENGTH = 12


@cache
def code_hash() -> str:
    """A short name for the code that decides what becomes of a seed."""
    digest = hashlib.sha256()
    for path in sorted((*(ROOT / "common").rglob("*.py"), *(ROOT / "common").rglob("*.sql"))):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:HASH_LENGTH]


@dataclass(slots=True)
class State:
    """Finished seeds of one code and length, and the lines of those that failed."""

    path: Path
    done: set[int] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    unsaved: int = 0

    @classmethod
    def of(cls, *, rage_ns: int, fresh: bool) -> Self:
        """What was finished before; nothing when asked to forget, or when the file cannot be read."""
        name = hashlib.sha256(f"{code_hash()} {rage_ns}".encode()).hexdigest()[:HASH_LENGTH]
        state = cls(FOLDER / f"{name}.json")
        if not fresh and state.path.exists():
            state._read()
        return state

    def _read(self) -> None:
        try:
            kept: dict[str, Any] = json.loads(self.path.read_text())
        except ValueError:
            # torn by a kill: only the memory of what was done is lost
            return
        self.done = {seed for first, last in kept["done"] for seed in range(first, last + 1)}
        self.failed = dict(kept["failed"])

    def note(self, seed: int, line: str) -> None:
        """This seed is finished; `line` says how it failed, if it did."""
        self.done.add(seed)
        if line:
            self.failed[str(seed)] = line
        self.unsaved += 1
        if self.unsaved >= SAVE_EVERY:
            self.save()

    def save(self) -> None:
        """Write it down, whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps({"done": _ranges(self.done), "failed": self.failed}))
        draft.replace(self.path)
        self.unsaved = 0


def _ranges(seeds: set[int]) -> list[tuple[int, int]]:
    """First and last of each run of neighbours."""
    found: list[tuple[int, int]] = []
    for seed in sorted(seeds):
        if found and found[-1][1] == seed - 1:
            found[-1] = (found[-1][0], seed)
        else:
            found.append((seed, seed))
    return found
