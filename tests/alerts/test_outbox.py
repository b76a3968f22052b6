"""The outbox: none lost, none put down twice, and what was cut off is sent once more and says so."""

import subprocess
import sys
from pathlib import Path

import pytest

from common.alerts.outbox import RETRY_MAX_NS, RETRY_NS, TOGETHER, Outbox
from common.alerts.shapes import Kind, Say, Severity, Standing
from common.core.errors import LedgerError

ROOT = Path(__file__).resolve().parents[2]
NOW = 10**18
MAIL, HOOK = "mailto-1", "json-2"
NOBODY: dict[str, int] = {}


def say(key: str, kind: Kind = Kind.ONCE, severity: Severity = Severity.WARNING) -> Say:
    return Say(kind, key, severity, f"about {key}")


def put(box: Outbox, *says: Say, targets: dict[str, int] | None = None, marks: dict[str, str] | None = None) -> int:
    everybody = {MAIL: NOW, HOOK: NOW}
    return box.put([(one, None) for one in says], marks or {}, everybody if targets is None else targets, NOW)


def test_the_same_row_of_the_journal_is_put_down_once(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o") as box:
        assert put(box, say("journal 7"), marks={"journal": "7"}) == 1
        assert put(box, say("journal 7"), say("journal 8")) == 1
        assert box.mark("journal") == "7" and box.mark("other") == ""
        # a condition begins as often as it does
        assert put(box, say("halt", Kind.BEGUN), say("halt", Kind.OVER), say("halt", Kind.BEGUN)) == 3
    with Outbox(tmp_path / "o") as box:
        assert [one.key for one in box.messages(9)] == ["journal 7", "journal 8", "halt", "halt", "halt"]
    assert (tmp_path / "o").stat().st_mode & 0o777 == 0o600


def test_message_condition_and_mark_are_one_transaction(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o") as box:
        bad = Standing("k", Severity.WARNING, None, 1, 2, 3)  # type: ignore[arg-type]
        with pytest.raises(Exception, match="NOT NULL"):
            box.put([(say("k", Kind.BEGUN), bad)], {"journal": "9"}, NOBODY, NOW)
        assert box.messages(9) == [] and box.mark("journal") == ""


def test_every_target_has_its_own_deliveries_and_a_failure_of_one_holds_up_no_other(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o") as box:
        put(box, say("a"), say("b"))
        mail = box.begin(MAIL, NOW)
        assert [due.text for due in mail] == ["about a", "about b"] and box.begin(MAIL, NOW) == []
        assert box.failed(MAIL, mail, NOW) == NOW + 2 * RETRY_NS
        hook = box.begin(HOOK, NOW)
        box.arrived(HOOK, hook, NOW + 5)
        assert box.messages(9)[0].sent == {MAIL: 0, HOOK: NOW + 5}
        assert box.begin(MAIL, NOW + 2 * RETRY_NS - 1) == []
        again = box.begin(MAIL, NOW + 2 * RETRY_NS)
        assert len(again) == 2 and not again[0].repeat
        assert box.failed(MAIL, again, NOW) == NOW + 4 * RETRY_NS
        for _ in range(20):
            due = box.begin(MAIL, NOW * 2)
            later = box.failed(MAIL, due, NOW)
        assert later == NOW + RETRY_MAX_NS


def test_what_is_critical_is_sent_at_once_and_the_rest_when_it_may_be(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o") as box:
        put(box, say("mild"), say("bad", severity=Severity.CRITICAL), targets={MAIL: NOW + 100})
        assert [due.text for due in box.begin(MAIL, NOW)] == ["about bad"]
        assert [due.text for due in box.begin(MAIL, NOW + 100)] == ["about mild"]


def test_a_long_silence_is_sent_in_parts(tmp_path: Path) -> None:
    with Outbox(tmp_path / "o") as box:
        put(box, *(say(str(n)) for n in range(TOGETHER + 5)))
        assert [len(box.begin(MAIL, NOW)) for _ in range(3)] == [TOGETHER, 5, 0]


def test_killed_while_sending_it_is_sent_once_more_as_a_repeat(tmp_path: Path) -> None:
    """`kill -9` between the send and the word that it arrived."""
    script = f"""
import os, signal
from pathlib import Path
from common.alerts.outbox import Outbox
from common.alerts.shapes import Kind, Say, Severity
box = Outbox(Path({str(tmp_path / "o")!r}))
says = [(Say(Kind.ONCE, "a", Severity.WARNING, "about a"), None)]
box.put(says, {{}}, {{"{MAIL}": 0, "{HOOK}": 0}}, 1)
box.arrived("{HOOK}", box.begin("{HOOK}", 1), 2)
box.begin("{MAIL}", 1)
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == -9
    with Outbox(tmp_path / "o") as box:
        assert box.begin(MAIL, NOW) == []
        assert box.recover() == 1
        (due,) = box.begin(MAIL, NOW)
        assert due.repeat and box.begin(HOOK, NOW) == []
        box.arrived(MAIL, [due], NOW)
        assert box.recover() == 0


def test_a_file_that_is_no_outbox_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "o").write_text("nonsense" * 1000)
    with pytest.raises(LedgerError, match="delete it"):
        Outbox(tmp_path / "o")
