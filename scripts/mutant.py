"""One deliberate bug, as the lists of them have it."""

from dataclasses import dataclass

Edit = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug; every text must stand in its file exactly once."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...] = ()
