"""Dying with the parent: also with one that died before the child could ask the kernel for it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOUND_S = 20.0
#: asks only when told to, so that the test decides what has happened before
CHILD = "import sys; sys.stdin.readline(); from common.process import die_with_parent; die_with_parent(); sys.exit(7)"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of a parent's death")


def _child() -> "subprocess.Popen[str]":
    line = [sys.executable, "-c", CHILD]
    return subprocess.Popen(line, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_a_child_whose_parent_reads_goes_on() -> None:
    child = _child()
    child.communicate("now\n", timeout=BOUND_S)
    assert child.returncode == 7


def test_a_child_whose_parent_died_while_it_started_ends_at_once() -> None:
    child = _child()
    assert child.stdin is not None and child.stdout is not None
    # what the kernel does when supervisord is killed: its end of the pipe is closed
    child.stdout.close()
    child.stdin.write("now\n")
    child.stdin.close()
    assert child.wait(BOUND_S) == -signal.SIGTERM
