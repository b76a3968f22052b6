"""`arbctl ledger`: what a person sees of verify, backup and restore, and when a restore is refused."""

import fcntl
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common.core.errors import ArbError
from common.core.events import HaltLevel
from common.ledger import backup
from common.ledger.ledger import Ledger
from common.market_lock import MarketLock


@pytest.fixture
def call(fleet: Any, arbctl_in: Callable[[Path], Any]) -> Any:
    return arbctl_in(fleet.root)


def tamper(file: Path) -> None:
    """Change a journal row, and leave no trace in the laws."""
    with sqlite3.connect(file) as sql:
        law = sql.execute("SELECT sql FROM sqlite_master WHERE name = 'journal_update'").fetchone()[0]
        sql.execute("DROP TRIGGER journal_update")
        sql.execute("UPDATE journal SET why = 'all well' WHERE seq = 4")
        sql.execute(law)
    sql.close()


def test_a_sound_ledger_is_told_with_its_head(fleet: Any, call: Any) -> None:
    said = call("ledger", "verify", "--json")
    assert said.code == 0
    assert said.data["sound"] and said.data["deals"] == 3 and said.data["findings"] == []
    assert said.data["head"] in call("ledger", "verify").out
    assert call("ledger", "verify", "--head", said.data["head"]).code == 0
    assert call("ledger", "verify", "--head", "0" * 64).code == 1


def test_a_changed_row_is_named_with_its_remedy_and_the_exit_code_is_1(fleet: Any, call: Any) -> None:
    tamper(fleet.ledger_file)
    said = call("ledger", "verify")
    assert said.code == 1
    assert "WRONG  journal row 4 (record) was altered" in said.out
    assert said.out.count("arbctl ledger restore FILE") == 1
    assert "NOT sound" in said.err
    (finding,) = call("ledger", "verify", "--json").data["findings"]
    assert finding["what"].startswith("journal row 4") and "arbctl audit" in finding["remedy"]
    assert call("ledger", "backup").code == 1
    assert not list((fleet.root / "var" / "backup").iterdir())


def test_a_backup_goes_into_its_folder_and_can_be_verified_there(fleet: Any, call: Any) -> None:
    said = call("ledger", "backup", "--json")
    assert said.code == 0
    (file,) = (fleet.root / "var" / "backup").iterdir()
    assert said.data["file"].endswith(file.name)
    assert "--head" in said.err
    assert call("ledger", "verify", str(file)).code == 0
    assert call("ledger", "backup", str(file)).code == 1


def test_a_restore_halts_every_market_and_says_what_to_do_next(fleet: Any, call: Any) -> None:
    assert call("ledger", "backup", "copy.db").code == 0
    deal = fleet.close_deal(fleet.ledger.live_deals("BTC")[0], "40001")
    fleet.ledger.close()
    said = call("ledger", "restore", "copy.db", "--yes", "--json")
    assert said.code == 0
    assert "every market is halted: restored: reconcile before resuming" in said.err
    assert "arbctl audit" in said.err and "arbctl resume" in said.err
    archived = Path(said.data["archived"])
    assert archived.parent == fleet.root / "var" / "archive"
    with Ledger.open(fleet.ledger_file, config_hash="", code_version="", pid=1) as ledger:
        assert ledger.deal(deal.deal_id) != deal
        assert ledger.halt_level("BTC") is HaltLevel.HALT
    with Ledger.open(archived / "ledger.db", config_hash="", code_version="", pid=1) as former:
        assert former.deal(deal.deal_id) == deal
    assert call("ledger", "verify").code == 0
    assert json.loads(call("journal", "--json").out)[-1]["verb"] == "restore"


def test_a_restore_asks_first_and_a_no_changes_nothing(fleet: Any, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    call("ledger", "backup", "copy.db")
    before = call("ledger", "verify", "--json").data["head"]
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    said = call("ledger", "restore", "copy.db")
    assert said.code == 3
    assert "every market will be halted" in said.err and "nothing was put back" in said.err
    assert call("ledger", "verify", "--json").data["head"] == before


@pytest.mark.parametrize("name", ["btc.lock", "run.lock", "warden.lock"])
def test_a_restore_is_refused_while_a_lock_of_the_fleet_is_held(fleet: Any, call: Any, name: str) -> None:
    call("ledger", "backup", "copy.db")
    fleet.ledger.close()
    lock = fleet.root / "var" / "run" / name
    lock.parent.mkdir()
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        said = call("ledger", "restore", "copy.db", "--yes")
        assert said.code == 3
        assert name in said.err
    assert not (fleet.root / "var" / "archive").exists()
    assert call("ledger", "restore", "copy.db", "--yes").code == 0


def test_a_restore_is_refused_while_supervisord_runs(fleet: Any, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    call("ledger", "backup", "copy.db")
    monkeypatch.setattr("scripts.supervise.Supervisor.alive", lambda _: (4711, "RUNNING"))
    said = call("ledger", "restore", "copy.db", "--yes")
    assert said.code == 3
    assert "supervisord pid 4711" in said.err
    assert not (fleet.root / "var" / "archive").exists()


def test_nobody_can_start_while_a_ledger_is_put_back(fleet: Any, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    call("ledger", "backup", "copy.db")
    fleet.ledger.close()
    real = backup.restore

    def tried(*args: Any, **kwargs: Any) -> Any:
        with pytest.raises(ArbError):
            MarketLock(fleet.root / "var" / "run" / "sol.lock").take(0.05)
        return real(*args, **kwargs)

    monkeypatch.setattr(backup, "restore", tried)
    assert call("ledger", "restore", "copy.db", "--yes").code == 0
    MarketLock(fleet.root / "var" / "run" / "sol.lock").take(0.05)


def test_a_file_that_is_not_there_is_one_sentence(fleet: Any, call: Any) -> None:
    fleet.ledger.close()
    said = call("ledger", "restore", "nowhere.db", "--yes")
    assert said.code == 1
    assert "there is no file nowhere.db" in said.err
