"""Dying with the parent: also with one that died before the child could ask the kernel for it."""

import logging
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from common import process, process_main, settings, stopping
from common.core.errors import ConfigError, LedgerAway, LedgerError
from workers import arb, warden

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


# ---- what an end means to supervisord -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("a key is wrong"), process_main.EXIT_PERSON),
        (LedgerAway("the disk is full"), process_main.EXIT_CRASHED),
        (LedgerError("a trigger is missing"), process_main.EXIT_CRASHED),
    ],
)
def test_only_what_a_person_must_mend_is_not_started_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    lingered: list[float] = []
    monkeypatch.setattr(process, "die_with_parent", lambda: None)
    monkeypatch.setattr(stopping, "linger", lingered.append)

    def work(_: logging.Logger) -> None:
        raise error

    assert process_main.run("test", work) == code
    # whoever ends at every start must outlive startsecs, or supervisord gives him up
    assert lingered == ([] if type(error) is LedgerError else [process_main.LINGER_S])


@pytest.mark.parametrize(("error", "raised"), [(LedgerAway, LedgerAway), (LedgerError, ConfigError)])
def test_a_ledger_that_cannot_be_had_just_now_asks_for_no_person(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: type[Exception], raised: type[Exception]
) -> None:
    (tmp_path / "arb.toml").write_text('[markets.BTC]\nsize = "0.001"\n')
    config = settings.load(tmp_path / "arb.toml", {})

    def create(*_: object, **__: object) -> None:
        raise error("no room")

    def opened_by_arb(config: settings.Settings) -> object:
        return arb._ledger(config, config.terms("BTC"), logging.getLogger("test"))

    for worker, opening in ((arb, opened_by_arb), (warden, warden._files)):
        monkeypatch.setattr(worker.Ledger, "create", create)
        with pytest.raises(raised) as told:
            opening(config)
        assert type(told.value) is raised
