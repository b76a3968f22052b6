"""Real money: nothing is traded before a person's word, and nothing that is open is ever left alone for want of it."""

import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from common import clock, consent, live_start, settings, wanted
from common.core.account import AccountFacts
from common.core.deal import Deal, DealState
from common.core.errors import ConfigError
from common.core.events import HaltLevel
from common.core.market import Direction, Venue
from common.core.order import Lifetime, Order, Purpose
from common.ledger.ledger import Ledger, Refusal
from common.settings import Settings
from common.sim.accounts import open_accounts
from common.venues import keys
from scripts import archive, live_run

ROOT = Path(__file__).resolve().parents[2]
VENUES = """
[venues.dydx]
rest = "http://127.0.0.1:1"
keys = "keys/dydxconfig.ini"
[venues.apex]
rest = "http://127.0.0.1:2"
keys = "keys/apexconfig.ini"
"""

Made = tuple[Settings, Ledger]


def load(folder: Path) -> Settings:
    return settings.load(folder / "arb.toml", {})


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Made]:
    """A fleet in live mode with keys and an empty ledger."""
    text = (ROOT / "arb.toml").read_text().replace('mode = "paper"', 'mode = "live"')
    (tmp_path / "arb.toml").write_text(text + VENUES)
    open_accounts(tmp_path / "keys")
    config = load(tmp_path)
    config.var.mkdir()
    with new_ledger(config) as ledger:
        yield config, ledger


def new_ledger(config: Settings, later_ns: int = 0) -> Ledger:
    created_ns = clock.now_ns() + later_ns
    return Ledger.create(config.ledger_file, created_ns=created_ns, config_hash="", code_version="test", pid=1)


def open_deal(config: Settings, ledger: Ledger, market: str = "BTC") -> Deal:
    """A deal on its way: its rows are written, and nobody knows what the venues made of them."""
    now_ns = clock.now_ns()
    ledger.configure(tuple(wanted.of_all(config)), "test", now_ns)
    for venue in Venue:
        ledger.write_account(AccountFacts(venue, 100_000_000, 0, (), now_ns))
    deal_id = f"{ledger.incarnation}-{market}-1"
    direction = Direction.SELL_APEX
    orders = tuple(
        Order(
            client_id=f"{deal_id}-{venue[0]}0",
            deal_id=deal_id,
            venue=venue,
            market=market,
            side=direction.side_at(venue),
            purpose=Purpose.OPEN,
            size=Decimal("0.001"),
            limit=Decimal(40_000),
            lifetime=Lifetime.FOK,
            reduce_only=False,
            created_ns=now_ns,
        )
        for venue in Venue
    )
    deal = Deal(
        deal_id=deal_id,
        market=market,
        number=1,
        direction=direction,
        size=Decimal("0.001"),
        state=DealState.OPENING,
        held_uusd=41_000_000,
        edge_uusd=1,
        opened_ns=now_ns,
        changed_ns=now_ns,
        orders=orders,
    )
    outcome = ledger.reserve(deal, "test")
    assert not isinstance(outcome, Refusal), outcome
    return outcome


def change(config: Settings) -> Settings:
    path = config.root / "arb.toml"
    path.write_text(path.read_text() + "\n# another word\n")
    return load(config.root)


def lift(ledger: Ledger) -> None:
    ledger.resume("*", "test", who="ann", at_ns=clock.now_ns())


def test_paper_needs_no_word(tmp_path: Path) -> None:
    (tmp_path / "arb.toml").write_text((ROOT / "arb.toml").read_text())
    assert live_start.doubt(load(tmp_path)) is None


def test_paper_and_live_have_ledgers_of_their_own(live: Made) -> None:
    config, _ = live
    assert config.ledger_file != replace(config, mode="paper").ledger_file


def test_without_a_word_no_worker_starts(live: Made) -> None:
    config, ledger = live
    with pytest.raises(ConfigError, match="arbctl doctor --i-understand"):
        live_start.admit(config, ledger, "BTC")


def test_the_word_halts_every_market_and_then_lets_workers_in(live: Made) -> None:
    config, ledger = live
    assert live_start.confirm(config, ledger, "ann")
    assert ledger.halt_level("BTC") is HaltLevel.HALT
    assert live_start.admit(config, ledger, "BTC") is None
    file = consent.file_in(config.var)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["who"] == "ann"


def test_the_word_given_twice_halts_once(live: Made) -> None:
    config, ledger = live
    assert live_start.confirm(config, ledger, "ann")
    lift(ledger)
    assert not live_start.confirm(config, ledger, "ann")
    assert ledger.halt_level("BTC") is HaltLevel.NONE


def test_a_changed_file_needs_the_word_again_and_halts_again(live: Made) -> None:
    config, ledger = live
    live_start.confirm(config, ledger, "ann")
    lift(ledger)
    config = change(config)
    with pytest.raises(ConfigError, match="was changed since"):
        live_start.admit(config, ledger, "BTC")
    assert live_start.confirm(config, ledger, "ann")
    assert ledger.halt_level("BTC") is HaltLevel.HALT


def test_open_deals_are_seen_through_without_a_word_and_nothing_is_opened(live: Made) -> None:
    config, ledger = live
    live_start.confirm(config, ledger, "ann")
    lift(ledger)
    open_deal(config, ledger)
    config = change(config)
    why = live_start.admit(config, ledger, "BTC")
    assert why is not None and "was changed since" in why
    assert ledger.halt_level("BTC") is HaltLevel.HALT
    with pytest.raises(ConfigError):
        live_start.admit(config, ledger, "ETH")


def other_keys(config: Settings) -> None:
    text = config.endpoints[Venue.DYDX].keys.read_text()
    lines = [f"public_key = {1234:x}" if line.startswith("public_key =") else line for line in text.splitlines()]
    config.endpoints[Venue.DYDX].keys.write_text("\n".join(lines) + "\n")


def test_another_accounts_keys_are_refused_while_deals_are_open(live: Made) -> None:
    config, ledger = live
    live_start.confirm(config, ledger, "ann")
    lift(ledger)
    open_deal(config, ledger)
    other_keys(config)
    doubts: tuple[Callable[[], object], ...] = (
        lambda: live_start.admit(config, ledger, "BTC"),
        lambda: live_start.confirm(config, ledger, "ann"),
    )
    for doubt in doubts:
        with pytest.raises(ConfigError, match=r"the keys of dydx .* are another account's"):
            doubt()


def test_a_run_with_open_deals_starts_halted_whatever_forbids_it(live: Made) -> None:
    """Nobody listens at its venues and no word was given: that forbids new deals, not the way out of old ones."""
    config, ledger = live
    with pytest.raises(ConfigError, match="dydx reachable"):
        live_run.gate(config)
    open_deal(config, ledger)
    live_run.gate(config)
    assert ledger.halt_level("ETH") is HaltLevel.HALT


def test_fresh_does_not_put_open_deals_aside(live: Made) -> None:
    config, ledger = live
    open_deal(config, ledger)
    with pytest.raises(ConfigError, match="open deals with real money"):
        archive.put_aside(config)
    assert config.ledger_file.exists()


def test_another_accounts_keys_need_the_word_again(live: Made) -> None:
    config, ledger = live
    live_start.confirm(config, ledger, "ann")
    other_keys(config)
    with pytest.raises(ConfigError, match="another account"):
        live_start.admit(config, ledger, "BTC")
    assert live_start.confirm(config, ledger, "ann")
    assert live_start.admit(config, ledger, "BTC") is None


def test_another_ledger_needs_the_word_again(live: Made) -> None:
    config, ledger = live
    live_start.confirm(config, ledger, "ann")
    ledger.close()
    for path in config.var.glob("live.db*"):
        path.unlink()
    with (
        new_ledger(config, later_ns=60 * 10**9) as new,
        pytest.raises(ConfigError, match="not the one that was confirmed"),
    ):
        live_start.admit(config, new, "BTC")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"accounts": 1}', '{"config_hash": 1}'])
def test_a_word_that_cannot_be_read_is_none(live: Made, text: str) -> None:
    config, _ = live
    consent.file_in(config.var).write_text(text)
    assert consent.read(config.var) is None
    assert live_start.doubt(config) is not None


def test_an_account_has_one_name_however_its_key_is_written(live: Made) -> None:
    config, _ = live
    names = consent.accounts_of(config.endpoints)
    text = config.endpoints[Venue.DYDX].keys.read_text()
    assert not [name for name in names.values() if name in text]
    first = keys.read(Venue.DYDX, config.endpoints[Venue.DYDX].keys)
    padded = replace(first, public_key="0x000" + first.public_key.removeprefix("0x").upper())
    assert consent.fingerprint(first) == consent.fingerprint(padded) == names["dydx"]
