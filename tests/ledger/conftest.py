"""A ledger with room in it, and a maker of deals, fills and reports to fill it with."""

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from common.core.account import AccountFacts, Position
from common.core.deal import Deal, DealState
from common.core.events import Answered, LookedUp
from common.core.market import Direction, Side, Venue
from common.core.order import Fill, Found, Lifetime, Order, Purpose, Reject, Report
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms

START_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000


class Maker:
    """Values as the rest of the house would make them; every deal is 0.001 at 40,000 unless told otherwise."""

    start_ns = START_NS

    def deal(self, number: int = 1, market: str = "BTC", direction: int = 1, held_uusd: int = 41_000_000) -> Deal:
        deal_id = f"aaaaaa-{market}-{number}"
        sign = Direction(direction)
        orders = tuple(self.order(deal_id, venue, sign.side_at(venue), Purpose.OPEN) for venue in Venue)
        return Deal(
            deal_id=deal_id,
            market=market,
            number=number,
            direction=sign,
            size=Decimal("0.001"),
            state=DealState.OPENING,
            held_uusd=held_uusd,
            edge_uusd=1_000,
            opened_ns=START_NS,
            changed_ns=START_NS,
            orders=orders,
        )

    def order(self, deal_id: str, venue: Venue, side: Side, purpose: Purpose, attempt: int = 1) -> Order:
        return Order(
            client_id=f"{deal_id}-{venue}-{purpose.value[0].lower()}{attempt}",
            deal_id=deal_id,
            venue=venue,
            market=deal_id.split("-")[1],
            side=side,
            purpose=purpose,
            size=Decimal("0.001"),
            limit=Decimal(40_000),
            lifetime=Lifetime.FOK,
            reduce_only=purpose is not Purpose.OPEN,
            created_ns=START_NS,
        )

    def fill(self, order: Order, price: int = 40_000, size: str = "0.001", fee_uusd: int = 20_000) -> Fill:
        return Fill(
            venue=order.venue,
            fill_id=f"fill-{order.client_id}",
            client_id=order.client_id,
            side=order.side,
            price=Decimal(price),
            size=Decimal(size),
            fee_uusd=fee_uusd,
            venue_ns=1,
        )

    def found(self, order: Order, price: int = 40_000, size: str = "0.001") -> LookedUp:
        """The venue's answer to a look-up: all of it filled, the report final."""
        report = Report(order.client_id, f"v-{order.client_id}", Decimal(size), final=True)
        return LookedUp(order.client_id, Found(report, (self.fill(order, price, size),)), START_NS + 1)

    def rejected(self, order: Order) -> Answered:
        return Answered(order.client_id, Reject("no"), START_NS + 1)

    def account(self, venue: Venue, at_ns: int = START_NS, *, size: str = "0", market: str = "BTC") -> AccountFacts:
        """100 USD, and a position if `size` is not 0."""
        position = Position(market, Decimal(size), Decimal(40_000), Decimal(40_100))
        return AccountFacts(venue, 100_000_000, 0, (position,) if Decimal(size) else (), at_ns)

    def opened(self, ledger: Ledger, number: int = 1, market: str = "BTC", direction: int = 1) -> Deal:
        """A deal that filled on both sides and rests OPEN, sold at 40,040, bought at 40,000."""
        deal = ledger.reserve(self.deal(number, market, direction), "test")
        assert isinstance(deal, Deal)
        for order in deal.orders:
            ledger.record(self.found(order, 40_040 if order.side is Side.SELL else 40_000))
        return ledger.move(deal.deal_id, DealState.OPEN, 40_040_000, "even", START_NS + 2)

    def closed(self, ledger: Ledger, number: int = 1, market: str = "BTC", direction: int = 1) -> Deal:
        """The same, closed again at 40,010 on both sides."""
        deal = self.opened(ledger, number, market, direction)
        exits = tuple(self.order(deal.deal_id, o.venue, o.side.opposite, Purpose.CLOSE) for o in deal.orders)
        ledger.write(deal.deal_id, exits, DealState.CLOSING, "close", START_NS + 3)
        for order in exits:
            ledger.record(self.found(order, 40_010))
        return ledger.move(deal.deal_id, DealState.CLOSED, 0, "flat", START_NS + 4)


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def new_ledger(path: Path, level: int = 4) -> Ledger:
    """Cap 2.5 × 100 USD = 250 USD."""
    ledger = Ledger.create(path, created_ns=START_NS, config_hash="hash", code_version="1", pid=7)
    ledger.set_cap(CapTerms(Decimal("2.5"), Decimal(3), level, 30 * SECOND_NS), "test", START_NS)
    for venue in Venue:
        ledger.write_account(Maker().account(venue))
    return ledger


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with new_ledger(path) as opened:
        yield opened


@pytest.fixture
def sql(ledger: Ledger, path: Path) -> Iterator[sqlite3.Connection]:
    """Another program that writes the file directly, with none of our settings."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()
