"""A fleet's folder as a run leaves it: arb.toml, a ledger with three deals, both paper venues' journals."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import clock
from common.core.account import AccountFacts, Position
from common.core.deal import Deal, DealState
from common.core.events import LookedUp
from common.core.market import Direction, Side, Venue
from common.core.order import Fill, Found, Lifetime, Order, Purpose, Report
from common.ledger.ledger import Ledger, Refusal
from common.ledger.limits import CapTerms
from scripts import arbctl

ROOT = Path(__file__).resolve().parents[2]
SECOND_NS = 1_000_000_000
OPENING_UUSD = 100_000_000
FEE_UUSD = 20_000


@dataclass
class Fleet:
    """A folder with everything arbctl reads; `now_ns` is when the venues were heard last."""

    root: Path
    now_ns: int
    ledger: Ledger
    fills: list[Fill] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)

    @property
    def ledger_file(self) -> Path:
        return self.root / "var" / "ledger.db"

    @property
    def paper(self) -> Path:
        return self.root / "var" / "paper"

    def open_deal(self, market: str, number: int, direction: int, size: str, price: str) -> Deal:
        """A deal that was opened a minute ago and is hedged now."""
        deal_id, sign = f"aaaaaa-{market}-{number}", Direction(direction)
        orders = tuple(self._order(deal_id, v, sign.side_at(v), Purpose.OPEN, size, price) for v in Venue)
        at_ns = self.now_ns - 60 * SECOND_NS
        held = int(Decimal(size) * Decimal(price) * 1_000_000) + 1_000
        deal = Deal(
            deal_id=deal_id,
            market=market,
            number=number,
            direction=sign,
            size=Decimal(size),
            state=DealState.OPENING,
            held_uusd=held,
            edge_uusd=1_500,
            opened_ns=at_ns,
            changed_ns=at_ns,
            orders=orders,
        )
        outcome = self.ledger.reserve(deal, "edge 12 bp")
        assert not isinstance(outcome, Refusal)
        self._filled(orders, price)
        return self.ledger.move(deal_id, DealState.OPEN, held - 1_000, "even", at_ns + SECOND_NS)

    def close_deal(self, deal: Deal, price: str) -> Deal:
        """Both legs bought and sold back at `price`."""
        sides = {v: deal.direction.side_at(v).opposite for v in Venue}
        size = str(deal.size)
        orders = tuple(self._order(deal.deal_id, v, sides[v], Purpose.CLOSE, size, price) for v in Venue)
        at_ns = self.now_ns - 30 * SECOND_NS
        self.ledger.write(deal.deal_id, orders, DealState.CLOSING, "target reached", at_ns)
        self._filled(orders, price)
        return self.ledger.move(deal.deal_id, DealState.CLOSED, 0, "flat", at_ns + SECOND_NS)

    def hear(self, sizes: dict[str, str], at_ns: int | None = None) -> None:
        """Both venues say what they hold: `sizes` as dYdX has them, ApeX the opposite."""
        for venue in Venue:
            sign = 1 if venue is Venue.DYDX else -1
            held = tuple(Position(m, sign * Decimal(s), Decimal(100), Decimal(100)) for m, s in sizes.items())
            gross = int(sum(abs(p.size * p.mark) for p in held) * 1_000_000)
            self.ledger.write_account(AccountFacts(venue, OPENING_UUSD, gross, held, at_ns or self.now_ns))

    def write_journals(self) -> None:
        """The venues' side of the same story, in the words of their journals."""
        self.paper.mkdir(parents=True, exist_ok=True)
        for venue in Venue:
            lines = [{"at": 1, "opened": [["ours", OPENING_UUSD]], "balances": {"ours": OPENING_UUSD}}]
            balance = OPENING_UUSD
            orders = {o.client_id: o for o in self.orders if o.venue is venue}
            for fill in (f for f in self.fills if f.venue is venue):
                balance -= int(fill.side.sign * fill.price * fill.size * 1_000_000) + fill.fee_uusd
                lines.append(_step(orders[fill.client_id], fill, balance))
            (self.paper / f"{venue}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

    def _order(self, deal_id: str, venue: Venue, side: Side, purpose: Purpose, size: str, price: str) -> Order:
        attempt = sum(1 for order in self.orders if order.deal_id == deal_id)
        order = Order(
            client_id=f"{deal_id}-{venue[0]}{attempt}",
            deal_id=deal_id,
            venue=venue,
            market=deal_id.split("-")[1],
            side=side,
            purpose=purpose,
            size=Decimal(size),
            limit=Decimal(price),
            lifetime=Lifetime.FOK,
            reduce_only=purpose is not Purpose.OPEN,
            created_ns=self.now_ns - 60 * SECOND_NS,
        )
        self.orders.append(order)
        return order

    def _filled(self, orders: tuple[Order, ...], price: str) -> None:
        for order in orders:
            fill = Fill(
                order.venue,
                f"f-{order.client_id}",
                order.client_id,
                order.side,
                Decimal(price),
                order.size,
                FEE_UUSD,
                order.created_ns,
            )
            report = Report(order.client_id, f"v-{order.client_id}", order.size, final=True)
            self.ledger.record(LookedUp(order.client_id, Found(report, (fill,)), order.created_ns))
            self.fills.append(fill)


def _step(order: Order, fill: Fill, balance: int) -> dict[str, Any]:
    """One line of a venue's journal: an order that was filled at once."""
    request = {"client_id": order.client_id, "market": order.market}
    return {
        "at": fill.venue_ns,
        "orders": [{"order_id": f"v-{order.client_id}", "account_id": "ours", "request": request, "status": "FILLED"}],
        "fills": [
            {
                "fill_id": fill.fill_id,
                "order_id": f"v-{order.client_id}",
                "account_id": "ours",
                "market": order.market,
                "side": fill.side.value,
                "price": str(fill.price),
                "size": str(fill.size),
                "fee": str(Decimal(fill.fee_uusd) / 1_000_000),
                "at_ns": fill.venue_ns,
            }
        ],
        "balances": {"ours": balance},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the shipped arb.toml and supervisord.conf, nothing else."""
    for name in ("arb.toml", "supervisord.conf"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def fleet(folder: Path) -> Fleet:
    """One deal closed (ETH), two open (BTC +1, SOL −1), both venues heard just now and agreeing."""
    now_ns = clock.now_ns()
    created = now_ns - 120 * SECOND_NS
    path = folder / "var" / "ledger.db"
    ledger = Ledger.create(path, created_ns=created, config_hash="c", code_version="v", pid=7)
    ledger.set_cap(CapTerms(Decimal("2.5"), Decimal(3), 4, 30 * SECOND_NS), "start", created)
    fleet = Fleet(folder, now_ns, ledger)
    fleet.hear({}, now_ns - 61 * SECOND_NS)
    fleet.close_deal(fleet.open_deal("ETH", 1, 1, "0.01", "2000"), "2001")
    fleet.open_deal("BTC", 1, 1, "0.001", "40000")
    fleet.open_deal("SOL", 1, -1, "1", "60")
    fleet.hear({"BTC": "0.001", "SOL": "-1"})
    ledger.heartbeat("BTC", "holding", decided_ns=now_ns, at_ns=now_ns)
    fleet.write_journals()
    return fleet


@dataclass(frozen=True)
class Said:
    """What one call of arbctl left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Said]


@pytest.fixture
def arbctl_in(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[Path], Call]:
    """Run arbctl as a person would in a folder: through main(), so that exit codes and sentences are the real ones."""

    def within(folder: Path) -> Call:
        def call(*words: str) -> Said:
            monkeypatch.chdir(folder)
            monkeypatch.setattr(sys, "argv", ["arbctl", *words])
            capsys.readouterr()
            try:
                code = arbctl.main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(bool(end.code))
            said = capsys.readouterr()
            return Said(code, said.out, said.err)

        return call

    return within
