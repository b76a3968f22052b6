"""arbctl doctor as a person calls it, and the gate before a live start, over paper venues taken for live ones."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from common import settings
from common.core.errors import ConfigError
from common.core.market import Venue
from common.doctor import machine
from common.doctor.finding import failure, ok
from common.ledger.report import Report
from common.settings import Settings
from scripts import answer_doctor, archive, deeds, live_run
from scripts.arbctl import app
from scripts.render import Answer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing the SDKs takes seconds, and has its own test."""
    monkeypatch.setattr(machine, "sdks", lambda: ok("sdks", "not asked"))


@pytest.fixture
def file(tmp_path: Path, paper_house: Any) -> Path:
    """An arb.toml in live mode whose venues are the paper ones; two markets, as they drive them."""
    text = (ROOT / "arb.toml").read_text().replace('mode = "paper"', 'mode = "live"')
    text = text[: text.index("[markets.LINK]")]
    folder = next(path for path in tmp_path.iterdir() if (path / "dydxconfig.ini").exists())
    for venue in Venue:
        rest, path = paper_house.url(venue), "/v3/ws" if venue is Venue.DYDX else ""
        text += f'[venues.{venue}]\nrest = "{rest}"\nws = "{rest.replace("http", "ws")}{path}"\n'
        text += f'keys = "{folder / f"{venue}config.ini"}"\n'
    (tmp_path / "fleet").mkdir()
    (tmp_path / "fleet" / "arb.toml").write_text(text)
    return tmp_path / "fleet" / "arb.toml"


def load(file: Path) -> Settings:
    return settings.load(file, {})


def grades(answer: Answer) -> dict[str, str]:
    return {finding.check: finding.grade.value for finding in answer.data["findings"]}


def test_with_good_venues_nothing_fails_and_the_word_is_missing(file: Path) -> None:
    answer, sound = answer_doctor.doctor(file, understood=False)
    assert sound, answer.text
    assert grades(answer)["confirmation"] == "warning"
    assert {"dydx credentials", "apex streams", "ledger", "fsync", "last crash"} <= grades(answer).keys()


def test_no_key_and_no_secret_is_in_what_is_printed(file: Path, paper_house: Any) -> None:
    answer, _ = answer_doctor.doctor(file, understood=False)
    for keys in paper_house.keys.values():
        for secret in (keys.private_key, keys.key, keys.secret, keys.passphrase):
            assert secret not in answer.text


def test_the_word_is_kept_and_the_fleet_is_halted_until_resume(file: Path) -> None:
    answer, sound = answer_doctor.doctor(file, understood=True)
    assert sound and grades(answer)["confirmation"] == "ok"
    config = load(file)
    with Report.open(config.ledger_file) as report:
        assert [(h.market, h.level.value) for h in report.halts()] == [("*", "halt")]
    assert live_run.forbidding(config) == []
    live_run.gate(config)
    deeds.resume(config, None, "looked at it")
    with Report.open(config.ledger_file) as report:
        assert report.halts() == ()


def test_without_the_word_neither_run_nor_resume(file: Path) -> None:
    config = load(file)
    with pytest.raises(ConfigError, match="never confirmed"):
        live_run.gate(config)
    answer_doctor.doctor(file, understood=True)
    file.write_text(file.read_text() + "# changed\n")
    with pytest.raises(ConfigError, match="was changed since"):
        deeds.resume(load(file), None, "why not")


def test_the_word_is_not_taken_while_something_fails(file: Path) -> None:
    file.write_text(file.read_text().replace('size = "0.001"', 'size = "0.0001"'))
    answer, sound = answer_doctor.doctor(file, understood=True)
    assert not sound and grades(answer)["dydx sizes"] == "failure"
    assert "not confirmed: mend the failures first" in answer.notes
    assert not load(file).ledger_file.exists()
    with pytest.raises(ConfigError, match="dydx sizes"):
        live_run.gate(load(file))


def test_paper_has_nothing_to_confirm(file: Path) -> None:
    file.write_text((ROOT / "arb.toml").read_text())
    with pytest.raises(typer.BadParameter):
        answer_doctor._confirmed(load(file), sound=True)


def test_settings_that_are_wrong_end_the_examination(file: Path) -> None:
    file.write_text('mode = "live"\nspeling = 1\n')
    answer, sound = answer_doctor.doctor(file, understood=False)
    assert not sound and grades(answer)["config"] == "failure" and "ledger" not in grades(answer)


def test_a_paper_fleet_that_does_not_run_is_no_failure(file: Path) -> None:
    ports = f"dydx_port = {free_port()}", f"apex_port = {free_port()}"
    text = (ROOT / "arb.toml").read_text()
    file.write_text(text.replace("dydx_port = 18701", ports[0]).replace("apex_port = 18702", ports[1]))
    answer, sound = answer_doctor.doctor(file, understood=False)
    assert sound, answer.text
    assert grades(answer)["dydx reachable"] == grades(answer)["apex reachable"] == "warning"
    assert "apex credentials" not in grades(answer)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_fresh_puts_the_ledger_aside_and_the_word_with_it(file: Path) -> None:
    answer_doctor.doctor(file, understood=True)
    assert archive.put_aside(load(file)) is not None
    with pytest.raises(ConfigError, match="not the one that was confirmed"):
        live_run.gate(load(file))


def test_lines_are_wrapped_and_the_remedy_stands_below() -> None:
    lines = list(answer_doctor.lines([failure("disk", "word " * 60, "make room")]))
    assert lines[0].startswith("FAILURE  disk") and lines[-1].strip() == "→ make room"
    assert max(map(len, lines)) <= 220


def test_exit_code_and_json(file: Path) -> None:
    file.with_name("bad.toml").write_text("nonsense")
    good = CliRunner().invoke(app, ["--config", str(file), "doctor", "--json"])
    assert good.exit_code == 0, good.output
    assert json.loads(good.stdout)["sound"] is True
    bad = CliRunner().invoke(app, ["--config", str(file.with_name("bad.toml")), "doctor", "--json"])
    assert bad.exit_code == 1 and json.loads(bad.stdout)["sound"] is False
