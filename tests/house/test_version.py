"""The name of the code: the same for the same text, whatever folder it lies in, and another for any other text."""

import hashlib
import os
from pathlib import Path

import pytest

from common import version

CODE = {
    "common/b.py": "1", "common/b/a.py": "2", "common/b.d/a.py": "3", "common/b-c.py": "4", "common/schema.sql": "5",
    "workers/arb.py": "6", "workers/.hidden.py": "7",
}  # fmt: skip
#: what no worker reads as code
OTHER = ("common/notes.txt", "common/__pycache__/b.cpython-311.pyc", "scripts/run.py")


def _tree(root: Path) -> Path:
    for place in (*CODE, *OTHER):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(CODE.get(place, "x"))
    return root


def _plainly(root: Path) -> str:
    """As it is said: every file, in the order of its path."""
    seen = hashlib.sha256()
    for path in sorted(root / place for place in CODE):
        seen.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return seen.hexdigest()[: version.DIGEST_LENGTH]


def test_the_digest_is_of_every_file_of_code_in_the_order_of_its_path(tmp_path: Path) -> None:
    assert version.digest(_tree(tmp_path / "one")) == _plainly(tmp_path / "one")
    assert version.digest(_tree(tmp_path / "two")) == version.digest(tmp_path / "one")


@pytest.mark.parametrize("place", CODE)
def test_any_other_text_is_another_name_and_what_is_no_code_is_not(tmp_path: Path, place: str) -> None:
    before = version.digest(_tree(tmp_path))
    for other in OTHER:
        (tmp_path / other).write_text("y")
    assert version.digest(tmp_path) == before
    (tmp_path / place).write_text("another")
    assert version.digest(tmp_path) != before
    (tmp_path / place).write_text(CODE[place])
    os.rename(tmp_path / place, tmp_path / f"{place[:-3]}_moved{place[-3:]}")
    assert version.digest(tmp_path) != before
