"""What code this is, as journal, orders and heartbeats name it: the package's version, and what its files say.

Two checkouts of one version may differ, and only one program may trade at a time; so the files are counted in.
"""

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

#: what a worker is made of
ROOMS: Final = ("common", "workers")
KINDS: Final = (".py", ".sql")
DIGEST_LENGTH: Final = 8


@cache
def code_version() -> str:
    """The installed version (`source` without one) and a digest of the code: `0.1.0+1a2b3c4d`."""
    try:
        named = version("arb-fleet")
    except PackageNotFoundError:
        named = "source"
    return f"{named}+{digest(Path(__file__).resolve().parents[1])}"


def digest(root: Path) -> str:
    """Of the text of every file that a worker may read as code, by its place under `root`."""
    seen = hashlib.sha256()
    for place in sorted(_code(root), key=lambda place: place.split(os.sep)):
        with open(os.path.join(root, place), "rb") as file:
            seen.update(f"{place}\0".encode() + file.read() + b"\0")
    return seen.hexdigest()[:DIGEST_LENGTH]


def _code(root: Path) -> Iterator[str]:
    """Every file's place under `root`, as text: every worker does this at its start, and paths take twice as long."""
    for room in ROOMS:
        for folder, _, names in os.walk(os.path.join(root, room)):
            under = os.path.relpath(folder, root)
            yield from (os.path.join(under, name) for name in names if name.endswith(KINDS))
