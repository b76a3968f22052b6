"""arbctl deal: the story of one deal, and a person's choice about a stuck one, priced from the venues' public books."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.deal import Deal, DealState
from common.core.events import LookedUp, Way
from common.core.market import Direction, Side, Venue
from common.core.order import Absent, Fill, Found, Lifetime, Order, Purpose, Report

D = Decimal
SECOND_NS = 1_000_000_000


@dataclass
class Desk:
    """A fleet's folder whose arb.toml names the paper venues that run."""

    fleet: Any
    call: Any

    def stuck(self) -> Deal:
        """Bought 0.001 BTC at dYdX for 40,000; the ApeX leg is proven dead."""
        return self.made("aaaaaa-BTC-2", Side.BUY, D("0.001"), D(40_000), held_uusd=41_000_000)

    def made(self, deal_id: str, side: Side, size: Decimal, price: Decimal, *, held_uusd: int) -> Deal:
        at_ns, market = self.fleet.now_ns - 5 * SECOND_NS, deal_id.split("-")[1]
        rest = (Purpose.OPEN, size, price, Lifetime.FOK, False, at_ns)
        filled = Order(f"{deal_id}-d0", deal_id, Venue.DYDX, market, side, *rest)
        missed = Order(f"{deal_id}-a1", deal_id, Venue.APEX, market, side.opposite, *rest)
        deal = Deal(
            deal_id=deal_id,
            market=market,
            number=2,
            direction=Direction.SELL_APEX if side is Side.BUY else Direction.SELL_DYDX,
            size=size,
            state=DealState.OPENING,
            held_uusd=held_uusd,
            edge_uusd=1_500,
            opened_ns=at_ns,
            changed_ns=at_ns,
            orders=(filled, missed),
        )
        ledger = self.fleet.ledger
        assert isinstance(ledger.reserve(deal, "edge 12 bp"), Deal)
        fill = Fill(Venue.DYDX, f"f-{deal_id}", filled.client_id, side, price, size, 20_000, at_ns)
        found = Found(Report(filled.client_id, "v", size, final=True), (fill,))
        ledger.record(LookedUp(filled.client_id, found, at_ns + 1))
        ledger.record(LookedUp(missed.client_id, Absent(proven=True), at_ns + 2))
        stuck: Deal = ledger.move(deal_id, DealState.STUCK, held_uusd, "4 evening orders did not even it", at_ns + 3)
        return stuck


@pytest.fixture
def desk(fleet: Any, paper_house: Any, arbctl_in: Callable[[Path], Any]) -> Desk:
    file = fleet.root / "arb.toml"
    text = file.read_text()
    for venue in Venue:
        text = re.sub(rf"^{venue}_port = \d+", f"{venue}_port = {paper_house.ports[venue]}", text, flags=re.MULTILINE)
    file.write_text(text)
    return Desk(fleet, arbctl_in(fleet.root))


def test_a_hedged_deal_is_shown_with_orders_fills_and_journal_and_needs_no_venue(fleet: Any, arbctl_in: Any) -> None:
    said = arbctl_in(fleet.root)("deal", "show", "aaaaaa-BTC-1")
    assert said.code == 0
    assert "aaaaaa-BTC-1  BTC +1 (sell apex, buy dydx)  OPEN" in said.out
    assert "BUY  0.001 at 40000 FOK: DONE, filled 0.001" in said.out
    assert "edge 12 bp" in said.out and "ways out" not in said.out


def test_a_stuck_deal_is_shown_with_the_three_ways_and_what_each_costs_now(desk: Desk) -> None:
    deal = desk.stuck()
    said = desk.call("deal", "show", deal.deal_id)
    assert said.code == 0
    # the books stand one tick around 40,000: dYdX bids 39,999 and ApeX bids 39,999.5; both fees are 0.02 USD
    assert "close     sell 0.001 at dydx for 39999: the deal has earned -0.0410 USD" in said.out
    assert "complete  sell 0.001 at apex for 39999.5: the deal is hedged and has locked in -0.0405 USD" in said.out
    assert "keep      costs nothing now; 0.001 BTC long stay naked: 0.4000 USD for each 1 % against it" in said.out
    assert "naked +0.001" in said.out


def test_the_same_in_json(desk: Desk) -> None:
    data = desk.call("deal", "show", desk.stuck().deal_id, "--json").data
    assert [(way["way"], way["earned"][:7]) for way in data["ways"]] == [("close", "-0.0409"), ("complete", "-0.0404")]
    assert (data["state"], data["net"], data["choice"]) == ("STUCK", "0.001", None)


def test_a_venue_without_a_book_is_named_and_the_rest_is_shown(desk: Desk, paper_house: Any) -> None:
    deal = desk.stuck()
    paper_house.wait(paper_house.server.stop())
    said = desk.call("deal", "show", deal.deal_id)
    assert said.code == 0
    assert "close     sell 0.001 at dydx for no price: cannot be priced now" in said.out
    assert "dydx gave no book" in said.out and "apex gave no book" in said.out


def test_a_deal_that_is_not_there_is_misuse(fleet: Any, arbctl_in: Any) -> None:
    said = arbctl_in(fleet.root)("deal", "show", "aaaaaa-BTC-99")
    assert said.code == 2 and "no deal aaaaaa-BTC-99" in said.err


@pytest.mark.parametrize("way", list(Way))
def test_a_choice_is_written_down_for_the_worker_with_its_reason(desk: Desk, way: Way) -> None:
    deal = desk.stuck()
    said = desk.call("deal", "resolve", deal.deal_id, "--by", way, "--reason", "news at ten", "--yes")
    assert said.code == 0 and f"{way} is chosen" in said.out
    assert desk.fleet.ledger.wishes("BTC", 1)[0].way is way
    assert f"{way} by" in desk.call("journal", "--deal", deal.deal_id).out
    assert f"chosen: {way} by" in desk.call("deal", "show", deal.deal_id).out
    assert len(desk.fleet.ledger.deal(deal.deal_id).orders) == 2, "arbctl never trades"


def test_what_the_choice_costs_is_said_first_and_a_no_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = desk.stuck()
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    said = desk.call("deal", "resolve", deal.deal_id, "--by", "close", "--reason", "x")
    assert said.code == 3 and "nothing was chosen" in said.err
    assert "sell 0.001 at dydx for 39999" in said.err
    assert desk.fleet.ledger.wishes("BTC", 1) == ()


def test_a_worker_that_does_not_run_is_named(desk: Desk) -> None:
    deal = desk.stuck()
    with desk.fleet.ledger._store.transaction() as connection:
        connection.execute("DELETE FROM heartbeat")
    said = desk.call("deal", "resolve", deal.deal_id, "--by", "keep", "--reason", "x", "--yes")
    assert said.code == 0 and "supervisorctl start arb:btc" in said.err


@pytest.mark.parametrize(
    ("deal_id", "way", "sentence"),
    [
        ("aaaaaa-ETH-1", "close", "is CLOSED: nothing is left to choose"),
        ("aaaaaa-BTC-1", "close", "arbctl flatten BTC"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused_with_the_remedy(
    desk: Desk, deal_id: str, way: str, sentence: str
) -> None:
    said = desk.call("deal", "resolve", deal_id, "--by", way, "--reason", "x", "--yes")
    assert said.code == 3 and sentence in said.err


def test_nothing_can_be_completed_where_nothing_is_missing(desk: Desk) -> None:
    deal = desk.fleet.ledger.live_deals("BTC")[0]
    desk.fleet.ledger.move(deal.deal_id, DealState.STUCK, deal.held_uusd, "a test", desk.fleet.now_ns)
    said = desk.call("deal", "resolve", deal.deal_id, "--by", "complete", "--reason", "x", "--yes")
    assert said.code == 3 and "nothing is missing. Choose --by close or --by keep" in said.err


def test_a_leg_dearer_than_what_is_held_is_not_completed(desk: Desk) -> None:
    """Sold at dYdX for 1,500; what is missing at ApeX costs 2,000 now, and room is held for 1,550."""
    deal = desk.made("aaaaaa-ETH-2", Side.SELL, D("0.01"), D(1_500), held_uusd=15_500_000)
    said = desk.call("deal", "resolve", deal.deal_id, "--by", "complete", "--reason", "x", "--yes")
    assert said.code == 3 and "holds room for 1550 USD per ETH" in said.err
    assert desk.fleet.ledger.wishes("ETH", 1) == ()


@pytest.mark.parametrize(
    "words", [("--by", "sell", "--reason", "x"), ("--by", "keep", "--reason", " "), ("--by", "keep")]
)
def test_misuse(desk: Desk, words: tuple[str, ...]) -> None:
    assert desk.call("deal", "resolve", desk.stuck().deal_id, *words, "--yes").code == 2
