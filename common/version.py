"""What code this is, as journal, orders and heartbeats name it: the package's version, and what its files say.

Two checkouts of one version may differ, and only one program may trade at a time; so the files are counted in.
"""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

#: what a worker is made of
ROOMS: Final = ("common", "workers")
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
    files = (path for room in ROOMS for kind in ("*.py", "*.sql") for path in (root / room).rglob(kind))
    seen = hashlib.sha256()
    for path in sorted(files):
        seen.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return seen.hexdigest()[:DIGEST_LENGTH]
