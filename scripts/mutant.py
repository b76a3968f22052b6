"""What a deliberate bug is: its name, its edits (file, exact text there, text instead), and which tests to ask."""

from dataclasses import dataclass

Edit = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug; every text must stand in its file exactly once."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...] = ()
