"""arbctl record and arbctl tape: what a person sees of a tape, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.tape.record import Kind, Record, note
from common.tape.writer import Rotation, TapeWriter

Call = Callable[..., Any]


def write_tape(folder: Path, *, end: bool = True) -> Path:
    """A minute with one book and two equal trades, and a lost connection."""
    at_ns = clock.now_ns() - 60 * 10**9
    book = {"bids": [{"price": "36999", "size": "1"}], "asks": [{"price": "37000", "size": "2"}]}
    trade = {"side": "BUY", "size": "1", "price": "37000", "createdAt": "2023-11-14T22:13:22.123Z"}
    said = [
        ("v3_orderbook", book),
        ("v3_trades", {"trades": [trade, trade]}),
        ("v3_trades", {"trades": [trade, trade]}),
    ]
    writer = TapeWriter(folder, 7, "test", Rotation(1 << 30, 10**18))
    writer.write([note(Kind.OPENED, at_ns, 1, venue="dydx", market="BTC")])
    for n, (channel, contents) in enumerate(said, start=1):
        frame = {"type": "subscribed", "channel": channel, "id": "BTC-USD", "contents": contents}
        writer.write([Record(Kind.FRAME, 1, at_ns + n * 15 * 10**9, json.dumps(frame).encode())])
    writer.write([note(Kind.LOST, at_ns + 50 * 10**9, 1, why="silent")])
    if end:
        writer.close(at_ns + 60 * 10**9)
    return folder


@pytest.fixture
def call(folder: Path, arbctl_in: Callable[[Path], Call]) -> Call:
    return arbctl_in(folder)


def test_info_counts_by_venue_and_market(call: Call, folder: Path) -> None:
    write_tape(folder / "var" / "tape")
    found = call("tape", "info", "--json").data
    assert (found["files"], found["last_ns"] - found["first_ns"]) == (1, 35 * 10**9)
    one = found["markets"][0]
    assert (one["venue"], one["market"], one["books"], one["trades"]) == ("dydx", "BTC", 1, 2)
    assert one["gaps"] == {"silent": 1}
    assert "1× silent" in call("tape", "info").out


def test_verify_tells_a_torn_tail_from_damage(call: Call, folder: Path) -> None:
    tape = write_tape(folder / "t", end=False)
    file = next(tape.glob("*.tape"))
    whole = file.read_bytes()
    assert call("tape", "verify", "t").code == 0
    file.write_bytes(whole[:-5])
    said = call("tape", "verify", str(file))
    assert said.code == 0 and "a torn tail of" in said.out
    file.write_bytes(whole[:120] + bytes([whole[120] ^ 1]) + whole[121:])
    said = call("tape", "verify", "t", "--json")
    assert said.code == 1 and said.data[0]["damaged"]
    assert "skipped at reading" in said.err


def test_export_to_both_kinds(call: Call, folder: Path) -> None:
    write_tape(folder / "var" / "tape")
    said = call("tape", "export", "--to", "csv", "--out", "out/csv", "--every", "5")
    assert said.code == 0 and "trades_data_BTCUSD_dydx.csv" in said.out
    assert len((folder / "out" / "csv" / "trades_data_BTCUSD_dydx.csv").read_text().splitlines()) == 3
    assert call("tape", "export", "--out", "out/pq", "--json").data["rows"] == {"books": 2, "gaps": 1, "trades": 2}
    again = call("tape", "export", "--out", "out/pq")
    assert again.code == 3 and "nothing is overwritten" in again.err
    assert call("tape", "export", "--to", "xlsx", "--out", "out/x").code == 3


def test_what_is_not_there_is_a_sentence(call: Call, folder: Path) -> None:
    said = call("tape", "info")
    assert said.code == 3 and "there is no tape" in said.err


def test_record_says_what_it_heard(call: Call, folder: Path, paper_house: Any) -> None:
    text = (folder / "arb.toml").read_text()
    for port, given in zip(("18701", "18702"), paper_house.ports.values(), strict=True):
        text = text.replace(port, str(given))
    (folder / "arb.toml").write_text(text)
    said = call("record", "--for", "1", "--markets", "btc,ETH", "--to", "mine", "--json")
    assert said.code == 0
    assert said.data["frames"] >= 14 and (said.data["gaps"], said.data["dropped"]) == (0, 0)
    found = call("tape", "info", "mine", "--json").data
    assert {(one["venue"], one["market"]) for one in found["markets"] if one["books"]} == {
        (venue, market) for venue in ("dydx", "apex") for market in ("BTC", "ETH")
    }
