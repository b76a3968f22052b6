"""What workers run is compiled once, by who starts them, even where Python itself may not write byte code."""

import asyncio
import os
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from common.version import ROOMS
from scripts import supervise
from scripts.supervise import Places, SuperviseError

#: told by Python when it had to compile a module from its text
PROGRAM = """
import importlib.machinery as machinery
compiled = machinery.SourceFileLoader.source_to_code
def told(self, data, path, **more):
    print("compiled", path)
    return compiled(self, data, path, **more)
machinery.SourceFileLoader.source_to_code = told
import common.one
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for room in ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("")
    (tmp_path / "common" / "one.py").write_text("ONE = 1")
    return tmp_path


def _had_to_compile(checkout: Path) -> int:
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    environ.pop("PYTHONPYCACHEPREFIX", None)
    line = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(line, cwd=checkout, env=environ, capture_output=True, text=True, check=True)
    return done.stdout.count("compiled")


def test_a_worker_has_nothing_to_compile_until_the_code_is_another(checkout: Path) -> None:
    assert _had_to_compile(checkout) == 2
    supervise.compile_code(checkout)
    assert _had_to_compile(checkout) == 0
    (edited := checkout / "common" / "one.py").write_text("ONE = 11")
    # compileall looks at whole seconds only
    os.utime(edited, (later_s := edited.stat().st_mtime + 2, later_s))
    assert _had_to_compile(checkout) == 1
    supervise.compile_code(checkout)
    assert _had_to_compile(checkout) == 0


def test_a_folder_that_cannot_hold_it_and_a_file_that_cannot_be_read_as_code_are_left(checkout: Path) -> None:
    (checkout / "common" / "__pycache__").write_text("no folder")
    (checkout / "workers" / "wrong.py").write_text("def")
    (checkout / "workers" / "right.py").write_text("")
    supervise.compile_code(checkout)
    assert Path(cache_from_source(str(checkout / "workers" / "right.py"))).exists()


def test_whoever_starts_supervisord_has_compiled_before(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "CHECKOUT", checkout)
    places = Places(tmp_path / "var")
    places.make()
    with pytest.raises(SuperviseError):
        asyncio.run(supervise.launch(tmp_path / "none.conf", places, dict(os.environ)))
    assert Path(cache_from_source(str(checkout / "common" / "one.py"))).exists()
