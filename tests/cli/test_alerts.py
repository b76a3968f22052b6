"""What the desk shows becomes alerts: conditions, the journal, the statement of a day, and the commands about them."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from common import settings
from common.alerts import service as service_module
from common.alerts import statement, targets, watchman
from common.alerts.conditions import CAP_USED, SILENT_NS, SOON_NS, conditions
from common.alerts.happened import VERBS, pids, restarted
from common.alerts.outbox import FILE, Outbox
from common.alerts.service import Service
from common.alerts.shapes import Kind, Severity
from common.alerts.targets import Targets
from common.alerts.terms import DAY_NS
from common.alerts.watchman import Watchman
from common.core.events import HaltLevel
from common.core.market import Venue
from common.desk.facts import facts
from common.desk.shapes import DeskFacts, ProgramFacts
from common.desk.told import Reader
from common.ledger.backup import By, backup, restore
from common.ledger.ledger import Ledger
from common.ledger.report import Report
from common.ledger.rows import Author
from scripts import archive

if TYPE_CHECKING:
    from tests.cli.conftest import Call

SECOND = 10**9
ROOT = Path(__file__).resolve().parents[2]
ArbctlIn = Callable[[Path], "Call"]


def seen(fleet: Any) -> DeskFacts:
    """As if supervisord ran everything."""
    desk = facts(Reader(settings.load(fleet.root / "arb.toml")).read(fleet.now_ns), fleet.now_ns)
    markets = tuple(replace(one, state="RUNNING", uptime_s=10, heard_age_ns=SECOND) for one in desk.markets)
    return replace(desk, supervisord=ProgramFacts("supervisord", "RUNNING", 1), markets=markets)


def test_a_fleet_that_is_well_has_nothing_to_tell(fleet: Any) -> None:
    assert conditions(seen(fleet)) == {}


def test_each_thing_that_is_wrong_has_a_key_a_severity_and_a_remedy(fleet: Any) -> None:
    fleet.ledger.halt(HaltLevel.HALT, "SOL", "odd", who="anna", at_ns=fleet.now_ns)
    fleet.ledger.halt(HaltLevel.REDUCE, "*", "too much", who="warden", at_ns=fleet.now_ns)
    desk = seen(fleet)
    btc = next(one for one in desk.markets if one.market == "BTC")
    others = tuple(one for one in desk.markets if one.market != "BTC")
    deal = btc.deals[0]

    def told(**changed: Any) -> dict[str, Severity]:
        found = conditions(replace(desk, markets=(replace(btc, **changed), *others)))
        assert all(one.text and one.remedy for one in found.values())
        return {key: one.severity for key, one in found.items() if not key.startswith("halt")}

    halts = {key: one.severity for key, one in conditions(desk).items()}
    assert halts == {"halt SOL halt": Severity.WARNING, "halt * reduce": Severity.CRITICAL}
    assert told(state="FATAL") == {"worker BTC": Severity.CRITICAL}
    assert told(heard_age_ns=SILENT_NS + 1) == {} == told(state="STOPPED", heard_age_ns=None)
    assert told(heard_age_ns=SILENT_NS + 1, uptime_s=61) == {"silent BTC": Severity.CRITICAL}
    uneven = replace(deal, net=deal.size)
    assert told(deals=(replace(uneven, state="STUCK"),)) == {f"stuck {deal.deal_id}": Severity.CRITICAL}
    assert told(deals=(uneven,)) == {f"naked {deal.deal_id}": Severity.WARNING}
    assert told(deals=(uneven,), state="STOPPED") == {f"left {deal.deal_id}": Severity.CRITICAL}
    side = replace(btc.sides[0], venue_size=deal.size * 9, settled=True)
    assert told(sides=(side,)) == {f"differs BTC {side.venue}": Severity.CRITICAL}
    assert told(sides=(replace(side, settled=False),)) == {}


def test_the_whole_fleets_troubles(fleet: Any) -> None:
    desk = seen(fleet)
    gone = conditions(replace(desk, supervisord=None))
    assert gone["supervisord"].severity is Severity.CRITICAL and gone["supervisord"].after_ns == SOON_NS
    assert set(conditions(replace(desk, trouble="no ledger at x"))) == {"ledger"}
    assert set(conditions(replace(desk, programs=(ProgramFacts("warden", "FATAL", 0),)))) == {"program warden"}
    assert conditions(replace(desk, programs=(ProgramFacts("recorder", "STOPPED", 0),))) == {}
    old = tuple(replace(one, age_ns=SILENT_NS + 1) for one in desk.venues)
    assert set(conditions(replace(desk, venues=old))) == {f"account {venue}" for venue in Venue}
    near = replace(desk.venues[0], liquidation=Decimal("0.09"))
    assert conditions(replace(desk, venues=(near,)))[f"liquidation {near.venue}"].severity is Severity.CRITICAL
    assert desk.cap is not None and desk.cap.cap_uusd is not None
    full = replace(desk.cap, held_uusd=int(desk.cap.cap_uusd * (CAP_USED + 0.01)))
    assert conditions(replace(desk, cap=full))["cap"].severity is Severity.INFO


def test_a_worker_that_died_and_lives_again_is_told_of_and_one_that_a_person_started_is_not(fleet: Any) -> None:
    desk = seen(fleet)
    before = {one.market: 7 for one in desk.markets} | {"SOL": 0}
    again = replace(
        desk, markets=tuple(replace(one, pid=8 if one.market in ("BTC", "SOL") else 7) for one in desk.markets)
    )
    assert ["BTC" in say.text for say in restarted(before, again)] == [True]
    assert pids(again)["BTC"] == 8


@pytest.fixture
def box(fleet: Any) -> Iterator[Outbox]:
    with Outbox(fleet.root / "var" / FILE) as opened:
        yield opened


def said(box: Outbox) -> list[tuple[Kind, str]]:
    return [(one.kind, one.key) for one in box.messages(99)]


def test_the_journal_is_told_from_where_one_came_in_and_every_row_once(fleet: Any, box: Outbox) -> None:
    config = settings.load(fleet.root / "arb.toml")
    fleet.ledger.halt(HaltLevel.HALT, "SOL", "old news", who="anna", at_ns=fleet.now_ns)
    fleet.ledger.resume("SOL", "old news", who="anna", at_ns=fleet.now_ns)
    Watchman(config, box, Targets({})).look(fleet.now_ns)
    assert [key for kind, key in said(box) if kind is Kind.ONCE] == []
    fleet.ledger.halt(HaltLevel.HALT, "SOL", "odd", who="anna", at_ns=fleet.now_ns)
    fleet.ledger.resume("SOL", "understood", who="anna", at_ns=fleet.now_ns)
    for _ in range(2):
        # another process each time
        Watchman(config, box, Targets({"mail": "x"})).look(fleet.now_ns)
    (one,) = [message for message in box.messages(99) if message.kind is Kind.ONCE]
    assert one.text == "a halt was lifted (SOL): anna: understood" or "understood" in one.text
    assert one.sent == {"mail": 0}


def test_a_long_absence_is_read_up_in_steps_and_nothing_is_left_out(
    fleet: Any, box: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchman, "ROWS", 3)
    config = settings.load(fleet.root / "arb.toml")
    Watchman(config, box, Targets({})).look(fleet.now_ns)
    for number in range(5):
        fleet.ledger.halt(HaltLevel.HALT, "SOL", f"odd {number}", who="anna", at_ns=fleet.now_ns + number)
        fleet.ledger.resume("SOL", f"fine {number}", who="anna", at_ns=fleet.now_ns + number)
    looking = Watchman(config, box, Targets({}))
    for _ in range(6):
        looking.look(fleet.now_ns)
    told = [one.text for one in box.messages(99) if one.kind is Kind.ONCE]
    assert [f"fine {number}" in text for number, text in enumerate(told)] == [True] * 5


def test_of_a_ledger_that_was_put_in_the_place_of_another_the_same_numbers_are_other_rows(
    fleet: Any, box: Outbox
) -> None:
    config = settings.load(fleet.root / "arb.toml")
    Watchman(config, box, Targets({})).look(fleet.now_ns)
    fleet.ledger.halt(HaltLevel.HALT, "SOL", "odd", who="anna", at_ns=fleet.now_ns)
    kept = fleet.root / "kept.db"
    backup(config.ledger_file, kept)
    fleet.ledger.resume("SOL", "before", who="anna", at_ns=fleet.now_ns + 1)
    Watchman(config, box, Targets({})).look(fleet.now_ns)
    fleet.ledger.close()
    by = By(Author(7, "v", "c"), "berta", fleet.now_ns + 2)
    restore(config.ledger_file, kept, by, make_folder=lambda: archive.new_folder(config.var / "archive"))
    with Ledger.create(config.ledger_file, created_ns=1, config_hash="c", code_version="v", pid=8) as ledger:
        ledger.resume("SOL", "after", who="berta", at_ns=fleet.now_ns + 2)
    Watchman(config, box, Targets({})).look(fleet.now_ns)
    told = [one.text for one in box.messages(99) if one.kind is Kind.ONCE]
    assert [word in text for word, text in zip(("before", "a backup", "after"), told, strict=True)] == [True] * 3


def test_every_verb_that_is_told_of_is_one_that_the_ledger_writes() -> None:
    written = "".join(path.read_text() for path in (ROOT / "common" / "ledger").glob("*.py"))
    assert not [verb for verb in VERBS if f'"{verb}"' not in written]


def test_a_day_has_one_statement_and_a_difference_is_answered_for_by_name(
    fleet: Any, box: Outbox, arbctl_in: ArbctlIn
) -> None:
    config = settings.load(fleet.root / "arb.toml")
    fleet.hear({"BTC": "0.003", "SOL": "-1"}, fleet.now_ns + SECOND)
    watchman = Watchman(config, box, Targets({}))
    watchman.look(fleet.now_ns)
    assert not any(kind is Kind.STATEMENT for kind, _ in said(box)), "the first look begins"
    for _ in range(2):
        watchman.look(fleet.now_ns + DAY_NS)
    (one,) = [message for message in box.messages(99) if message.kind is Kind.STATEMENT]
    assert one.severity is Severity.WARNING and "DIFFERENCE not signed off: BTC" in one.text
    assert statement.date(fleet.now_ns // DAY_NS) in one.text

    arbctl = arbctl_in(fleet.root)
    with Report.open(config.ledger_file) as report:
        desk = facts(Reader(config).read(fleet.now_ns), fleet.now_ns)
        names = [found.name for found in statement.read(report, fleet.now_ns // DAY_NS, desk).differences]
    assert arbctl("alert", "sign-off", "BTC-dydx-7", "--why", "x").code == 3
    for name in names:
        assert arbctl("alert", "sign-off", name, "--why", "a deposit", "--by", "berta").code == 0
    text = arbctl("alert", "statement").out
    assert "signed by berta (a deposit)" in text and "not signed" not in text
    assert json.loads(arbctl("alert", "statement", "--json").out)["differences"]


def test_without_an_address_the_list_says_what_would_have_been_told(
    fleet: Any, box: Outbox, arbctl_in: ArbctlIn
) -> None:
    arbctl = arbctl_in(fleet.root)
    assert arbctl("alert", "test").code == 3
    fleet.ledger.halt(HaltLevel.HALT, "SOL", "odd prices", who="anna", at_ns=fleet.now_ns)
    config = settings.load(fleet.root / "arb.toml")
    watchman = Watchman(config, box, Targets({}))
    for seconds in (0, 20):
        watchman.look(fleet.now_ns + seconds * SECOND)
    listed = arbctl("alert", "list")
    assert "SOL is halted" in listed.out and "supervisord" in listed.out and "nobody" in listed.out
    number = next(one.number for one in box.messages(99) if one.key.startswith("halt SOL"))
    assert "arbctl resume SOL" in arbctl("alert", "show", str(number)).out
    assert arbctl("alert", "show", "999").code == 2


def test_a_test_that_does_not_arrive_fails_and_names_no_secret(
    fleet: Any, arbctl_in: ArbctlIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(targets.VARIABLE, "json://hunter2@127.0.0.1:1/x nonsense://hunter2")
    tried = arbctl_in(fleet.root)("alert", "test")
    assert tried.code == 1 and "not taken in" in tried.out and "hunter2" not in tried.out + tried.err
    assert "no address that Apprise knows" in tried.out


def test_the_process_tells_what_it_sees_and_says_that_it_lives_while_all_is_well(
    fleet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads, files and the network as they are; stopped once both came through."""
    posted: list[dict[str, Any]] = []
    beats: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        if request.method == "GET":
            beats.append(request.path)
        else:
            posted.append(await request.json())
        return web.Response()

    async def tell() -> None:
        app = web.Application()
        app.router.add_route("*", "/{any}", hear)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        monkeypatch.setenv(targets.VARIABLE, f"json://127.0.0.1:{port}/hook")
        known = replace(targets.read(fleet.root / "var"), heartbeat=f"http://127.0.0.1:{port}/alive")
        service = Service(settings.load(fleet.root / "arb.toml"), known, logging.getLogger("alerts"))
        running = asyncio.create_task(service.run())
        async with asyncio.timeout(60):
            while not (posted and beats) and not running.done():  # noqa: ASYNC110  (another thread, seen from here)
                await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.wait({running})
        await runner.cleanup()

    monkeypatch.setattr(service_module, "LOOK_S", 0.05)
    monkeypatch.setattr(service_module, "SEND_S", 0.05)
    monkeypatch.setattr(watchman, "conditions", lambda desk: conditions(seen(fleet)))
    fleet.ledger.halt(HaltLevel.HALT, "SOL", "odd prices", who="anna", at_ns=fleet.now_ns)
    asyncio.run(tell())
    assert "SOL is halted" in posted[0]["message"] and beats[0] == "/alive"
