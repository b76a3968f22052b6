"""arb.toml is edited while the warden watches: its table holds from the next look on, the rest waits or is refused."""

import asyncio
import logging
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from common import clock, live_start, settings
from common.core.errors import ConfigError
from common.core.market import Venue
from common.core.terms import SECOND_NS
from common.ledger.ledger import Ledger
from common.ledger.report import Report
from common.ledger.watch import LedgerWatch
from common.warden.agreement import Holding
from common.warden.board import Board
from common.warden.hand import Alerts, Hand
from common.warden.judge import Judge
from common.warden.lookout import Lookout
from common.warden.memory import Memory
from common.warden.reloading import Reloading
from common.warden.terms import WardenTerms
from common.warden.turns import Turns
from common.warden.warden import Warden

ROOT = Path(__file__).resolve().parents[2]


class StubGuard:
    """Looks after nobody."""

    def __init__(self) -> None:
        self.terms = WardenTerms()

    def adopt(self, terms: WardenTerms) -> None:
        self.terms = terms

    async def look(self) -> None:
        return None

    look_for_idle = look


class Scene:
    """A warden over a new ledger, and the arb.toml it was started with."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "arb.toml"
        self.file.write_text((ROOT / "arb.toml").read_text().replace("[warden]\n", "[warden]\ncalm_s = 60\n"))
        self.config = settings.load(self.file)
        path = self.config.ledger_file
        self.ledger = Ledger.create(path, created_ns=1, config_hash=self.config.hash, code_version="v", pid=1)
        self.watch = LedgerWatch.open(path)
        hand = Hand((self.ledger, self.watch), ("BTC",), Alerts(logging.getLogger("warden")))
        memory, board = Memory(folder / "warden.json", self.watch.origin), Board(folder / "warden.board")
        self.judge, self.guard = Judge(self.config.warden, {}), StubGuard()
        lookout = Lookout(self.ledger, self.watch, self.judge, hand, memory, board, Turns())
        self.warden = Warden(lookout, {}, self.guard)  # type: ignore[arg-type]
        self.reloading = Reloading(self.config, self.warden, logging.getLogger("warden"))

    def edit(self, old: str, new: str) -> settings.Settings:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new, 1))
        return settings.load(self.file)

    def hash(self) -> str:
        with Report.open(self.config.ledger_file) as report:
            return report.heartbeats()[0].config_hash


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv(settings.CONFIG_VARIABLE, str(tmp_path / "arb.toml"))
    scene = Scene(tmp_path)
    yield scene
    scene.ledger.close()
    scene.watch.close()


def test_its_table_holds_at_once_for_every_part_and_the_heartbeat_names_the_file(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    new = scene.edit("calm_s = 60", "calm_s = 7\npeg_warn_bps = 30")
    with caplog.at_level(logging.INFO):
        scene.reloading.take_up(new)
    assert scene.warden.terms == scene.judge.terms == scene.guard.terms == new.warden
    assert new.warden.calm_ns == 7 * SECOND_NS and new.warden.peg_warn_bps == 30
    assert scene.hash() == new.hash != scene.config.hash
    assert "taken='calm_s, peg_warn_bps' waits=nothing" in caplog.text


def test_a_bound_on_leverage_that_follows_from_the_cap_follows_the_edited_one(scene: Scene) -> None:
    scene.reloading.take_up(scene.edit("leverage_entry = 2.5", "leverage_entry = 2"))
    assert scene.warden.terms.leverage_calm == 2


def test_what_was_counted_until_now_is_counted_on() -> None:
    terms = replace(WardenTerms(), calm_ns=60 * SECOND_NS, difference_looks=5)
    judge = Judge(terms, {})
    found = {(Venue.DYDX, "BTC"): Holding(Decimal(1), Decimal(0))}
    assert not judge._calm.look((), 0)
    assert not [judge._differing.look(found) for _ in range(2)][-1]
    judge.adopt(replace(terms, calm_ns=10 * SECOND_NS, difference_looks=3))
    assert judge._calm.look((), 10 * SECOND_NS)
    assert judge._differing.look(found) == tuple(found)


def test_venues_and_markets_wait_for_a_restart(scene: Scene) -> None:
    new = scene.edit("calm_s = 60", "calm_s = 7")
    new = replace(new, markets={"BTC": new.markets["BTC"]})
    scene.reloading.take_up(new)
    assert scene.warden.terms.calm_ns == 7 * SECOND_NS
    assert scene.hash() == f"{scene.config.hash}+{new.hash}"


@pytest.mark.parametrize("reason", ["mode", "doubt"])
def test_another_fleet_or_money_unconfirmed_changes_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    new = scene.edit("calm_s = 60", "calm_s = 7")
    if reason == "mode":
        new = replace(new, mode="live")
    else:
        monkeypatch.setattr(live_start, "doubt", lambda config: "arb.toml was changed since it was confirmed")
    with pytest.raises(ConfigError):
        scene.reloading.take_up(new)
    assert scene.warden.terms == scene.config.warden


def test_a_sighup_is_heard_beside_the_watch_and_the_looks_keep_the_new_pace(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[int] = []

    async def look() -> None:
        looks.append(clock.monotonic_ns())

    scene.guard.look = look  # type: ignore[method-assign]

    async def watched() -> None:
        keeping = asyncio.create_task(scene.warden.keep(scene.reloading.keep))
        async with asyncio.timeout(20):
            while not looks:  # noqa: ASYNC110  (a list to look at)
                await asyncio.sleep(0.01)
            for text in ("nonsense =", sound.replace("look_every_s = 2", "look_every_s = 1")):
                seen = len(caplog.records)
                scene.file.write_text(text)
                os.kill(os.getpid(), signal.SIGHUP)
                while len(caplog.records) == seen:  # noqa: ASYNC110  (a log to look at)
                    await asyncio.sleep(0.01)
            while len(looks) < 4:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    sound = scene.file.read_text()
    with caplog.at_level(logging.INFO):
        asyncio.run(watched())
    words = [re.split(r"\s", record.message)[0] for record in caplog.records if record.name == "warden"]
    assert words == ["not_reloaded", "reloaded"]
    assert looks[3] - looks[2] < 1.9 * SECOND_NS, "every second now, not every two"
