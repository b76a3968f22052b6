"""`arbctl venue`: every call of both venues as a person gives it, against the paper venues on loopback."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.market import Venue
from common.venues import keys

MARKETS = '[markets.BTC]\nsize = "0.001"\n[markets.ETH]\nsize = "0.01"\n'
PUBLIC = ["markets", "book BTC", "trades btc", "candles BTC", "funding-history BTC", "ticker BTC", "time"]
PRIVATE = ["user", "account", "positions", "orders", "history", "fills", "funding", "pnl"]


@pytest.fixture(params=list(Venue))
def venue(request: pytest.FixtureRequest) -> Venue:
    return Venue(request.param)


@pytest.fixture
def call(paper_house: Any, arbctl_in: Callable[[Path], Any], tmp_path: Path, venue: Venue) -> Any:
    """Gives one command of a venue in a folder with the account's keys."""
    folder = tmp_path / "fleet"
    for one in Venue:
        keys.write(paper_house.keys[one], folder / "var" / "paper" / f"{one}config.ini")
    ports = "".join(f"{one}_port = {port}\n" for one, port in paper_house.ports.items())
    (folder / "arb.toml").write_text(f"[paper]\n{ports}{MARKETS}")
    within = arbctl_in(folder)
    return lambda *words: within("venue", venue.value, *words)


@pytest.mark.parametrize("words", [*PUBLIC, *PRIVATE])
def test_every_call_answers_as_table_and_as_json(call: Any, words: str) -> None:
    said = call(*words.split())
    assert said.code == 0 and "Traceback" not in said.err
    assert call(*words.split(), "--json").data is not None


def test_public_calls_need_no_keys(call: Any, tmp_path: Path) -> None:
    for path in (tmp_path / "fleet" / "var" / "paper").iterdir():
        path.unlink()
    for words in PUBLIC:
        assert call(*words.split()).code == 0, words
    said = call("account")
    assert said.code == 3 and "no keys" in said.err and len(said.err.splitlines()) == 1


def test_a_book_is_drawn_from_its_middle(call: Any, venue: Venue) -> None:
    tick = {Venue.DYDX: Decimal(1), Venue.APEX: Decimal("0.5")}[venue]
    data = call("book", "btc", "--depth", "2", "--json").data
    assert [Decimal(price) for price, _ in data["bids"]] == [40_000 - tick, 40_000 - 2 * tick]
    said = call("book", "BTC", "--depth", "2")
    assert said.out.startswith("middle 40000, ") and len(said.out.strip().splitlines()) == 6


def test_without_yes_it_is_only_said_what_would_be_sent(call: Any) -> None:
    said = call("place", "BTC", "buy", "0.001", "--price", "39800")
    assert said.code == 3 and said.out.startswith("would send LIMIT BUY 0.001 BTC at 39800 or better, GTT, as hand-")
    assert "--yes sends it" in said.err and "arbctl resume BTC" in said.err
    assert call("orders", "--json").data == []


def test_a_test_order_is_placed_seen_replaced_and_cancelled(call: Any, venue: Venue) -> None:
    (placed,) = call(*["place", "BTC", "buy", "0.001", "--price", "39800", "--post-only", "--yes", "--json"]).data
    assert (placed["status"], placed["post_only"]) == ("OPEN", True)
    name = placed["client_id"]
    assert name.startswith("hand-") and "BTC" not in name
    assert call("orders", "--json").data == [placed] == call("order", name, "--json").data
    (new,) = call("replace", name, "--price", "39700", "--yes", "--json").data
    assert (new["price"], new["status"], new["post_only"]) == ("39700", "OPEN", True)
    assert call("order", placed["order_id"], "--json").data[0]["status"] == "CANCELED"
    (gone,) = call("cancel", new["order_id"], "--json").data
    assert (gone["status"], gone["reason"]) == ("CANCELED", "USER_CANCELED")
    assert call("cancel", new["order_id"]).code == 1
    assert call("replace", name, "--price", "39700", "--yes").code == 3


def test_a_market_order_goes_with_the_edge_of_the_band(call: Any) -> None:
    (order,) = call(*["place", "BTC", "sell", "0.001", "--type", "market", "--yes", "--json"]).data
    assert (order["status"], order["in_force"], order["price"]) == ("FILLED", "IOC", "39400")
    assert call("positions", "--json").data[0]["size"] == "-0.001"


@pytest.mark.parametrize(
    ("price", "code"), [("40600", 0), ("40601", 3), ("39400", 0), ("39399", 3)], ids=["top", "above", "bottom", "below"]
)
def test_a_price_out_of_the_band_is_refused(call: Any, price: str, code: int) -> None:
    said = call("place", "BTC", "sell", "0.001", "--price", price, "--in-force", "fok", "--yes")
    assert said.code == code
    assert ("price_band_bps of BTC in arb.toml refuses it" in said.err) is bool(code)
    assert len(call("fills", "--json").data) == (1 if price == "39400" else 0)


def test_an_order_that_waits_is_judged_by_its_trigger(call: Any) -> None:
    stop = ["place", "BTC", "sell", "0.001", "--type", "stop-limit", "--trigger", "38000", "--yes", "--json", "--price"]
    assert call(*stop, "37000").code == 3
    (order,) = call(*stop, "37900").data
    assert (order["status"], order["trigger"]) == ("UNTRIGGERED", "38000")
    said = call("cancel-all")
    assert said.code == 3 and "--yes cancels these" in said.err and len(call("orders", "--json").data) == 1
    assert call("cancel-all", "--yes").code == 0 and call("orders", "--json").data == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("place BTC buy 0.0005 --price 39800", 3),
        ("place BTC buy 0.00105 --price 39800", 3),
        ("place BTC buy 0.001 --price 39800.3", 3),
        ("place BTC buy 0.001", 3),
        ("place BTC buy 0.001 --price 39800 --in-force fok --post-only", 3),
        ("place BTC buy 0.001 --price 39800 --trigger 39900", 3),
        ("place BTC buy 0.001 --price 39800 --type stop-limit", 3),
        ("place LINK buy 1 --price 7", 2),
        ("place BTC hold 1 --price 7", 2),
        ("place BTC buy nan --price 39800", 2),
        ("place BTC buy 1e9999 --price 39800", 2),
        ("place BTC buy 0.001 --price -1", 2),
        ("replace hand-1", 2),
        ("order ../time", 2),
        ("order hand-1", 1),
        ("book BTC/../../v3/time", 2),
        ("book XRP", 1),
        ("candles BTC --span 2m", 2),
    ],
)
def test_what_is_wrong_is_one_sentence_and_sends_nothing(call: Any, words: str, code: int) -> None:
    said = call(*words.split())
    assert (said.code, said.out) == (code, "")
    assert "Traceback" not in said.err and said.err.strip()
    assert call("orders", "--json").data == []


def test_dydx_names_what_it_does_not_have(call: Any, venue: Venue) -> None:
    said = call(*["place", "BTC", "sell", "0.001", "--type", "stop-market", "--trigger", "39000", "--yes"])
    if venue is Venue.DYDX:
        assert said.code == 3 and "take stop-limit" in said.err
    else:
        assert said.code == 0 and "UNTRIGGERED" in said.out


def test_a_venue_that_is_gone_is_one_sentence(call: Any, paper_house: Any, tmp_path: Path) -> None:
    (tmp_path / "fleet" / "arb.toml").write_text(f"[paper]\ndydx_port = 1\napex_port = 2\n{MARKETS}")
    said = call("book", "BTC")
    assert said.code == 1 and len(said.err.splitlines()) == 1 and "Traceback" not in said.err
