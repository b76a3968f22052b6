"""The paper venues' journal: a step happened or did not, and whoever hears of it may rely on it."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from common.core.errors import ConfigError
from common.core.market import Side, Venue
from common.sim import paper_journal
from common.sim.engine import PaperEngine
from common.sim.paper_record import snapshot
from common.sim.types import AccountChange, PaperOrder

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND
BUY, SELL = Side.BUY, Side.SELL
Make = Callable[..., Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "paper" / "dydx.journal"


@pytest.fixture
def engine(opened: Make, ladder: Make, path: Path) -> PaperEngine:
    made: PaperEngine = opened(Venue.DYDX, journal_path=path)
    made.apply(ladder(Venue.DYDX), NOW)
    return made


def state(engine: PaperEngine) -> bytes:
    """Everything durable, frozen."""
    return orjson.dumps(snapshot(engine._store, 10**6), default=str, option=orjson.OPT_NON_STR_KEYS)


def reopened(opened: Make, path: Path) -> bytes:
    """The durable state that a new process would find; the account is there already."""
    engine: PaperEngine = opened(Venue.DYDX, journal_path=path)
    engine.close()
    return state(engine)


def test_a_kill_at_any_byte_of_the_last_record_leaves_the_state_before_or_after(
    engine: PaperEngine, opened: Make, ask: Make, path: Path, tmp_path: Path
) -> None:
    engine.place("a", ask("1", BUY, "0.001", 42_001, "FOK"), NOW)
    engine.place("a", ask("2", BUY, "0.001", 41_000, "GTT"), NOW)
    before, start = state(engine), path.stat().st_size
    engine.place("a", ask("3", SELL, "0.008", 41_998, "IOC"), NOW)
    after, raw = state(engine), path.read_bytes()
    assert before != after and len(raw) - start > 500
    torn = tmp_path / "torn"
    for end in range(start, len(raw) + 1):
        torn.write_bytes(raw[:end])
        whole = end == len(raw)
        assert reopened(opened, torn) == (after if whole else before), f"cut at byte {end}"
        assert torn.stat().st_size == (end if whole else start), "a torn record is cut off"


def test_a_journal_goes_on_after_a_torn_record(engine: PaperEngine, opened: Make, ask: Make, path: Path) -> None:
    engine.close()
    with path.open("ab") as file:
        file.write(b'{"at":17000000')
    again: PaperEngine = opened(Venue.DYDX, journal_path=path)
    again.place("a", ask("1", BUY, "0.001", 41_000, "GTT"), NOW)
    again.close()
    assert reopened(opened, path) == state(again)


def test_the_record_is_written_before_anything_is_told(engine: PaperEngine, ask: Make, path: Path) -> None:
    sizes: list[int] = []
    engine.on_publish = lambda publication: sizes.append(path.stat().st_size)
    before = path.stat().st_size
    engine.place("a", ask("1", BUY, "0.001", 42_001, "FOK"), NOW)
    assert len(sizes) == 3 and set(sizes) == {path.stat().st_size} and sizes[0] > before


def test_one_step_is_one_write(engine: PaperEngine, ask: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[bytes] = []
    write = os.write

    def counted(fd: int, data: bytes) -> int:
        writes.append(data)
        return write(fd, data)

    monkeypatch.setattr(os, "write", counted)
    engine.place("a", ask("1", BUY, "0.009", 42_003, "IOC"), NOW)
    assert len(writes) == 1 and writes[0].count(b"\n") == 1


def test_a_full_disk_stops_the_venue_before_anybody_hears(
    engine: PaperEngine, opened: Make, ask: Make, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(engine)
    told: list[Any] = []
    engine.on_publish = told.append
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda fd, data: write(fd, data[:100]))
        size = path.stat().st_size
        with pytest.raises(OSError, match="full"):
            engine.place("a", ask("1", BUY, "0.001", 42_001, "FOK"), NOW)
    assert path.stat().st_size == size, "no torn record stays in the way of the next one"
    engine.close()
    assert told == [] and reopened(opened, path) == before


def test_resting_orders_rest_again_after_a_restart(
    engine: PaperEngine, opened: Make, ladder: Make, ask: Make, path: Path
) -> None:
    engine.place("a", ask("1", BUY, "0.002", 41_990, "GTT"), NOW)
    engine.close()
    again: PaperEngine = opened(Venue.DYDX, journal_path=path)
    again.apply(ladder(Venue.DYDX), NOW + SECOND)
    assert (41_990, 20) in [row[:2] for row in again.book("BTC")[0]]
    again.apply(ladder(Venue.DYDX, 41_980), NOW + SECOND)
    order = again.order_by_client_id("a", "1")
    assert order is not None and order.status == "FILLED"


def test_before_the_source_has_spoken_equity_is_at_entry_and_nothing_is_liquidated(
    opened: Make, ladder: Make, ask: Make, path: Path
) -> None:
    engine: PaperEngine = opened(Venue.DYDX, "100", journal_path=path)
    for number, mid in enumerate([42_000, 60_000]):
        engine.apply(ladder(Venue.DYDX, mid, steps=1000), NOW)
        engine.place("a", ask(str(number), BUY, ("0.03", "0.1")[number], mid + 1, "FOK"), NOW)
    engine.place("a", ask("rests", BUY, "0.001", 20_000, "GTT"), NOW)
    engine.close()
    again: PaperEngine = opened(Venue.DYDX, journal_path=path)
    again.open_account("a", Decimal(100), NOW)
    again.place("a", ask("bid", BUY, "0.001", 20_000, "GTT"), NOW)
    again.advance(NOW + 3600 * SECOND)
    assert Decimal(95) < again.account("a").equity < Decimal(100)
    assert len(again.fills("a")) == 2 and again.account("a").equity < again.account("a").maintenance_margin
    assert [order.status for order in again.orders("a")[:2]] == ["CANCELED", "OPEN"], "but new risk is refused"


def test_the_source_and_the_funding_hour_are_kept(engine: PaperEngine, opened: Make, path: Path) -> None:
    engine.keep_source({"seed": 7, "mids": {"BTC": 42_000}}, NOW)
    engine.advance(NOW)
    engine.close()
    again: PaperEngine = opened(Venue.DYDX, journal_path=path)
    assert again.source_state == {"seed": 7, "mids": {"BTC": 42_000}}
    assert again._store.hour == NOW // (3600 * SECOND)


def test_an_over_long_journal_is_rewritten_without_loss(
    engine: PaperEngine, opened: Make, ladder: Make, ask: Make, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        engine.place("a", ask(f"{number}", Side(("BUY", "SELL")[number % 2]), "0.001", 42_000, "GTT"), NOW)
        engine.apply(ladder(Venue.DYDX, 42_000 + (-1) ** number * 3), NOW + SECOND)
    engine.place("a", ask("rests", BUY, "0.001", 41_000, "GTT"), NOW)
    engine.advance(NOW + 3600 * SECOND)
    engine.close()
    path.with_suffix(".new").write_bytes(b"left by a crash")
    monkeypatch.setattr(paper_journal, "COMPACT_ABOVE", 10)
    assert reopened(opened, path) == state(engine)
    assert path.read_bytes().count(b"\n") == 1 and path.stat().st_mode & 0o077 == 0
    again: PaperEngine = opened(Venue.DYDX, journal_path=path)
    again.place("a", ask("more", BUY, "0.001", 40_000, "GTT"), NOW)
    again.close()
    assert reopened(opened, path) == state(again), "and it goes on after the snapshot"


def test_a_rewritten_journal_forgets_old_finished_orders_but_not_their_money(
    engine: PaperEngine, opened: Make, ladder: Make, ask: Make, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.place("a", ask("rests", BUY, "0.001", 41_000, "GTT"), NOW)
    for number in range(20):
        engine.place("a", ask(f"{number}", BUY, "0.001", 42_005, "FOK"), NOW + number * SECOND)
    engine.close()
    monkeypatch.setattr(paper_journal, "COMPACT_ABOVE", 10)
    monkeypatch.setattr(paper_journal, "KEPT", 5)
    again: PaperEngine = opened(Venue.DYDX, journal_path=path)
    assert [order.request.client_id for order in again.orders("a")] == ["19", "18", "17", "16", "15", "rests"]
    assert len(again.fills("a")) == 5
    assert again.account("a").balance == engine.account("a").balance
    assert again.positions("a") == engine.positions("a")


def test_two_processes_cannot_write_one_journal(engine: PaperEngine, opened: Make, path: Path) -> None:
    with pytest.raises(ConfigError, match="running already"):
        opened(Venue.DYDX, journal_path=path)
    engine.close()
    opened(Venue.DYDX, journal_path=path).close()


@pytest.mark.parametrize("damage", [b"not json", b'{"at":1}', b'{"at":1,"orders":[{}],"balances":{}}', b"[]"])
def test_a_damaged_record_in_the_middle_is_a_sentence_and_no_guess(
    engine: PaperEngine, opened: Make, ask: Make, path: Path, damage: bytes
) -> None:
    engine.place("a", ask("1", BUY, "0.001", 42_001, "FOK"), NOW)
    engine.close()
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([*lines[:2], damage, *lines[2:]]) + b"\n")
    with pytest.raises(ConfigError, match="line 3 is damaged"):
        opened(Venue.DYDX, journal_path=path)


def test_a_fill_that_was_taken_out_of_the_journal_is_noticed(
    engine: PaperEngine, opened: Make, ask: Make, path: Path
) -> None:
    engine.place("a", ask("1", BUY, "0.001", 42_001, "FOK"), NOW)
    engine.place("a", ask("2", BUY, "0.001", 42_001, "FOK"), NOW)
    engine.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-2] + lines[-1:]))
    with pytest.raises(ConfigError, match="does not follow"):
        opened(Venue.DYDX, journal_path=path)


def test_no_secret_and_no_float_is_journalled(engine: PaperEngine, ask: Make, path: Path) -> None:
    told: list[Any] = []
    engine.on_publish = told.append
    answer = engine.place("a", ask("1", BUY, "0.001", 42_001, "FOK"), NOW)
    assert isinstance(answer, PaperOrder) and isinstance(told[-1], AccountChange)
    text = path.read_text()
    assert '"fee":"0.021000"' in text and '"price":"42001"' in text
    assert "secret" not in text and "passphrase" not in text
