"""A person beside the fleet: halts and resumes, leaves an order on the account, opens a position by hand.

The judge of rest is shown the account without what was done by hand: `OwnView`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from common.core.events import HaltLevel
from common.core.market import Side, Venue
from common.core.money import ZERO
from common.fleet.wire import ACCOUNT, Wire
from common.ledger.ledger import Ledger
from common.sim.engine import PaperEngine
from common.sim.faults import SECOND
from common.sim.types import AccountView, PaperFill, PaperOrder, PlaceRequest

PERSON = "ann"
BY_HAND = "by-hand"
LEVELS = (HaltLevel.HALT, HaltLevel.REDUCE, HaltLevel.REDUCE, HaltLevel.FLATTEN)
DAY_NS = 86_400 * SECOND


@dataclass(frozen=True, slots=True)
class Planted:
    """Something on the account that the fleet did not do."""

    venue: Venue
    market: str
    client_id: str
    at_ns: int


class Person:
    """Acts by one random stream; `ledger` and clock are those of the moment."""

    def __init__(self, wires: dict[Venue, Wire], ledger: Callable[[], Ledger], *, seed: int) -> None:
        self._wires, self._ledger = wires, ledger
        self._timeline = next(iter(wires.values())).timeline
        self._random = Random(f"{seed}-person")
        self.planted: list[Planted] = []

    def intervene(self, markets: list[str]) -> None:
        """Halt one market or all; or, every other time that all are halted, let them go on again."""
        ledger, now_ns = self._ledger(), self._timeline.now_ns
        if ledger.halt_level("") is not HaltLevel.NONE and self._random.random() < 0.5:
            ledger.resume("*", "looked at it", who=PERSON, at_ns=now_ns)
            return
        market = self._random.choice([*markets, *"*" * len(markets)])
        ledger.halt(self._random.choice(LEVELS), market, "odd prices", who=PERSON, at_ns=now_ns)

    def leave_an_order(self, markets: list[str]) -> None:
        """A bid far below the market, which rests."""
        wire = self._wires[self._random.choice(list(Venue))]
        if not wire.down:
            self._place(wire, self._random.choice(markets), Side.BUY, resting=True)

    def open_a_position(self, markets: list[str]) -> None:
        """In a market where nothing of ours is on its way, so that it stands beside our deals and not in their way."""
        ledger = self._ledger()
        hidden = "".join(client_id for wire in self._wires.values() for client_id in wire.hidden)
        quiet = [m for m in markets if not ledger.unfinished_deals(m) and f"-{m}-" not in hidden]
        wire = self._wires[self._random.choice(list(Venue))]
        if quiet and not wire.down:
            self._place(wire, self._random.choice(quiet), self._random.choice(list(Side)), resting=False)

    def _place(self, wire: Wire, market: str, side: Side, *, resting: bool) -> None:
        engine, now_ns = wire.engine, self._timeline.now_ns
        instrument = engine.instruments[market]
        away = Decimal("0.2") if (side is Side.BUY) is resting else Decimal("1.5")
        price = instrument.price(int(engine.index_price(market) * away / instrument.tick))
        request = PlaceRequest(
            client_id=f"{BY_HAND}-{len(self.planted)}",
            market=market,
            side=side,
            kind="LIMIT",
            lifetime="GTT" if resting else "IOC",
            size=instrument.min_size,
            price=price,
            post_only=False,
            reduce_only=False,
            limit_fee=Decimal("0.002") if wire.venue is Venue.DYDX else Decimal(10),
            expires_ns=now_ns + DAY_NS,
            signature="",
        )
        if isinstance(engine.place(ACCOUNT, request, now_ns), PaperOrder):
            self.planted.append(Planted(wire.venue, market, request.client_id, now_ns))

    def standing(self) -> list[Planted]:
        """What is still there: an order that rests, or a position by hand."""
        return [p for p in self.planted if self._stands(self._wires[p.venue].engine, p.client_id)]

    @staticmethod
    def _stands(engine: PaperEngine, client_id: str) -> bool:
        order = engine.order_by_client_id(ACCOUNT, client_id)
        return order is not None and (order.status == "OPEN" or order.remaining < order.request.size)


class OwnView:
    """A venue's account without what was done by hand: what the fleet's own rows must explain."""

    def __init__(self, engine: PaperEngine) -> None:
        self._engine = engine
        self.instruments, self.funding = engine.instruments, engine.funding
        named = {o.order_id for o in engine.orders(ACCOUNT) if o.request.client_id.startswith(BY_HAND)}
        self._foreign = [f for f in engine.fills(ACCOUNT) if f.order_id in named]
        self._named = named

    def by_hand(self, market: str) -> Decimal:
        """Signed base size that a person opened there by hand."""
        return sum((f.side.sign * f.size for f in self._foreign if f.market == market), ZERO)

    def orders(self, account_id: str) -> list[PaperOrder]:
        """Our own."""
        return [order for order in self._engine.orders(account_id) if order.order_id not in self._named]

    def fills(self, account_id: str) -> list[PaperFill]:
        """Those of our own orders, and forced ones."""
        return [fill for fill in self._engine.fills(account_id) if fill.order_id not in self._named]

    def account(self, account_id: str) -> AccountView:
        """Money and positions, what was done by hand taken out again."""
        view = self._engine.account(account_id)
        sizes: dict[str, Decimal] = {}
        balance = view.balance
        for fill in self._foreign:
            sizes[fill.market] = sizes.get(fill.market, ZERO) + fill.side.sign * fill.size
            balance += fill.side.sign * fill.size * fill.price + fill.fee
        ours = tuple(replace(p, size=p.size - sizes.pop(p.market, ZERO)) for p in view.positions)
        assert not any(sizes.values()), f"by hand and not there any more: {sizes}"
        return replace(view, balance=balance, positions=ours)
