"""The ledger against a model of a few dicts, driven by one random program; every step compares both."""

import tempfile
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from common.core.account import AccountFacts, Position
from common.core.deal import Deal, DealState
from common.core.errors import LocalError
from common.core.events import Answered, Filled, HaltLevel, LookedUp, Reported
from common.core.market import Side, Venue
from common.core.order import Absent, Ack, Fill, Found, Order, Purpose, Reject, Report, Unknown
from common.ledger.bounds import BY_NAME, Bound
from common.ledger.ledger import Ledger, Refusal
from common.ledger.limit_verbs import Moved
from common.ledger.limits import CapTerms
from common.ledger.past import Past

if TYPE_CHECKING:
    from tests.ledger.conftest import Maker

MARKETS = ("BTC", "ETH", "SOL")
LIVE = ("OPENING", "OPEN", "CLOSING", "STUCK")
MOVES = {
    "OPENING": ("OPEN", "VOID", "CLOSED", "STUCK"),
    "OPEN": ("CLOSING", "CLOSED", "STUCK"),
    "CLOSING": ("OPEN", "CLOSED", "STUCK"),
    "STUCK": ("OPEN", "CLOSING", "CLOSED"),
}
LEVEL, SECOND_NS = 2, 10**9
UNIT = Decimal("0.0001")
#: the values that a limit may be given, in a person's unit
LIMITS = {"deals": (1, 4), "notional_usd": (100, 300), "deals_per_minute": (1, 4), "deals_per_hour": (3, 8)}


@dataclass
class ModelOrder:
    order: Order
    state: str = "NEW"
    reported: Decimal | None = None
    venue_order_id: str | None = None
    reason: str = ""
    fills: dict[str, Decimal] = field(default_factory=dict)

    @property
    def filled(self) -> Decimal:
        return sum(self.fills.values(), Decimal(0))


@dataclass
class ModelDeal:
    market: str
    direction: int
    held: int
    orders: dict[str, ModelOrder]
    opened_ns: int
    state: str = "OPENING"
    changed_ns: int = 0

    @property
    def live(self) -> bool:
        return self.state in LIVE


class LedgerMachine(RuleBasedStateMachine):
    """Three markets, two deals per direction, a cap of 2.5 × 100 USD."""

    maker: "Maker"

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "ledger.db"
        self.deals: dict[str, ModelDeal] = {}
        self.halts: dict[str, str] = {}
        #: markets whose halt is the ledger's own: a person takes it over
        self.own_halts: set[str] = set()
        self.limits: dict[tuple[str, str], int] = {}
        self.equity = {venue: 100_000_000 for venue in Venue}
        self.gross = dict.fromkeys(Venue, 0)
        #: markets in which the venue has a position
        self.there: dict[Venue, set[str]] = {venue: set() for venue in Venue}
        self.asked_ns: dict[Venue, int] = {}
        #: deal, venue, and when it was heard, of every fill
        self.heard: list[tuple[ModelDeal, Venue, int]] = []
        self.now, self.journal, self.counter = self.maker.start_ns, 1, 0
        self.ledger = self._open()
        self.ledger.set_cap(CapTerms(Decimal("2.5"), Decimal(3), LEVEL, 10**6 * SECOND_NS), "start", self.now)
        for venue in Venue:
            self._account(venue)

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    # ---- what both are asked to do --------------------------------------------------------------------------

    @rule(market=st.sampled_from(MARKETS), direction=st.sampled_from([1, -1]), held=st.integers(40, 140))
    def reserve(self, market: str, direction: int, held: int) -> None:
        number = self.ledger.next_number(market)
        assert number == 1 + sum(deal.market == market for deal in self.deals.values())
        deal = replace(self.maker.deal(number, market, direction, held * 1_000_000), opened_ns=self.now)
        result = self.ledger.reserve(deal, "model")
        reason = self._refusal(market, direction, deal.held_uusd)
        if reason is not None:
            assert result == Refusal(reason)
            return
        assert isinstance(result, Deal)
        orders = {order.client_id: ModelOrder(order) for order in deal.orders}
        self.deals[deal.deal_id] = ModelDeal(market, direction, deal.held_uusd, orders, self.now)
        self.journal += 1

    @rule(market=st.sampled_from(MARKETS), direction=st.sampled_from([1, -1]), held=st.integers(40, 140))
    def reserve_again(self, market: str, direction: int, held: int) -> None:
        """Most steps are about deals; this makes reservations as frequent as the rest."""
        self.resume("*")
        self.resume(market)
        self.reserve(market, direction, held)

    @rule(data=st.data(), venue=st.sampled_from(list(Venue)), side=st.sampled_from(list(Side)))
    def write(self, data: st.DataObject, venue: Venue, side: Side) -> None:
        if not self.deals:
            return
        deal_id = data.draw(st.sampled_from(sorted(self.deals)))
        self.counter += 1
        order = self.maker.order(deal_id, venue, side, Purpose.EVEN, self.counter)
        self.ledger.write(deal_id, (order,), None, "model", self.now)
        self.deals[deal_id].orders[order.client_id] = ModelOrder(order)
        self.journal += 1

    @rule(data=st.data(), what=st.sampled_from(["ack", "reject", "unknown", "report", "fill", "found", "absent"]))
    def record(self, data: st.DataObject, what: str) -> None:
        known = {client_id: m for deal in self.deals.values() for client_id, m in deal.orders.items()}
        if not known:
            return
        model = known[data.draw(st.sampled_from(sorted(known)))]
        deal = self.deals[model.order.deal_id]
        size, final = data.draw(st.integers(0, 10)) * UNIT, data.draw(st.booleans())
        before = (model.state, model.reported, model.venue_order_id, model.reason, len(model.fills))
        fills = len(model.fills)
        getattr(self, f"_{what}")(model, size, final)
        after = (model.state, model.reported, model.venue_order_id, model.reason, len(model.fills))
        if len(model.fills) > fills:
            self.heard.append((deal, model.order.venue, self.now))
        if len(model.fills) > fills and not deal.live and deal.market not in self.halts:
            self.halts[deal.market] = "halt"
            self.own_halts.add(deal.market)
        self.journal += before != after

    @rule(data=st.data(), to=st.sampled_from([*LIVE, "CLOSED", "VOID"]), share=st.integers(0, 12))
    def move(self, data: st.DataObject, to: str, share: int) -> None:
        if not self.deals:
            return
        deal_id = data.draw(st.sampled_from(sorted(self.deals)))
        deal = self.deals[deal_id]
        held = 0 if to in ("CLOSED", "VOID") else deal.held * share // 10
        if (to, held) == (deal.state, deal.held):
            assert self.ledger.move(deal_id, DealState(to), held, "model", self.now).held_uusd == held
            return
        if self._may_move(deal, to, held):
            self.ledger.move(deal_id, DealState(to), held, "model", self.now)
            deal.state, deal.held, deal.changed_ns = to, held, self.now
            self.journal += 1
        else:
            with pytest.raises(LocalError):
                self.ledger.move(deal_id, DealState(to), held, "model", self.now)

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        """The usual end, which random moves would seldom reach: all orders are dead, the deal is finished."""
        live = sorted(deal_id for deal_id, deal in self.deals.items() if deal.live)
        if not live:
            return
        deal = self.deals[deal_id := data.draw(st.sampled_from(live))]
        for model in deal.orders.values():
            before = (model.state, model.reported, model.venue_order_id, model.reason)
            self._absent(model, Decimal(0), True)
            self.journal += before != (model.state, model.reported, model.venue_order_id, model.reason)
        filled = any(model.fills for model in deal.orders.values())
        deal.state, deal.held = ("CLOSED" if filled or deal.state != "OPENING" else "VOID"), 0
        deal.changed_ns = self.now
        self.ledger.move(deal_id, DealState(deal.state), 0, "model", self.now)
        self.journal += 1

    @rule(data=st.data())
    def force_off(self, data: st.DataObject) -> None:
        live = sorted(deal_id for deal_id, deal in self.deals.items() if deal.live)
        if not live:
            return
        deal_id = data.draw(st.sampled_from(live))
        self.ledger.write_off(deal_id, "model", force=True, at_ns=self.now + 10**6 * SECOND_NS)
        self.deals[deal_id].state = "WRITTEN_OFF"
        self.journal += 1

    @rule(market=st.sampled_from([*MARKETS, "*"]), level=st.sampled_from(["halt", "reduce", "flatten"]))
    def halt(self, market: str, level: str) -> None:
        order = ["none", "halt", "reduce", "flatten"]
        before = self.halts.get(market, "none")
        stricter = order.index(level) > order.index(before) or (level == before and market in self.own_halts)
        assert self.ledger.halt(HaltLevel(level), market, "model", who="model", at_ns=self.now) == stricter
        if stricter:
            self.halts[market] = level
            self.own_halts.discard(market)
            self.journal += 1

    @rule(market=st.sampled_from([*MARKETS, "*"]))
    def resume(self, market: str) -> None:
        assert self.ledger.resume(market, "model", who="model", at_ns=self.now) == (market in self.halts)
        self.journal += market in self.halts
        self.halts.pop(market, None)
        self.own_halts.discard(market)

    @rule(market=st.sampled_from([*MARKETS, "*"]), key=st.sampled_from(sorted(LIMITS)), data=st.data())
    def limit(self, market: str, key: str, data: st.DataObject) -> None:
        low, high = LIMITS[key]
        bound = Bound(market, BY_NAME[key], BY_NAME[key].unit * data.draw(st.integers(low, high)))
        confirmed, before = data.draw(st.booleans()), self.limits.get((market, key))
        done = self.ledger.set_limit(bound, "model", who="model", confirmed=confirmed, at_ns=self.now)
        if before is not None and bound.value > before and not confirmed:
            assert done == Refusal("unconfirmed")
            return
        assert done == Moved(bound, before)
        self.limits[market, key] = bound.value
        self.journal += before != bound.value

    @rule(seconds=st.integers(1, 100))
    def wait(self, seconds: int) -> None:
        self.now += seconds * SECOND_NS

    @rule(
        venue=st.sampled_from(list(Venue)),
        equity=st.integers(30, 120),
        gross=st.integers(0, 300),
        there=st.sets(st.sampled_from(MARKETS)),
    )
    def account(self, venue: Venue, equity: int, gross: int, there: set[str]) -> None:
        self.equity[venue], self.gross[venue], self.there[venue] = equity * 1_000_000, gross * 1_000_000, there
        self._account(venue)

    @rule()
    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = self._open()

    # ---- what must be true after every step -----------------------------------------------------------------

    @invariant()
    def the_file_holds_what_the_model_holds(self) -> None:
        live = {deal.deal_id for deal in self.ledger.live_deals()}
        assert live == {deal_id for deal_id, deal in self.deals.items() if deal.live}
        for deal_id, model in self.deals.items():
            deal = self.ledger.deal(deal_id)
            assert deal is not None
            assert (deal.state, deal.held_uusd) == (model.state, model.held)
            for order in deal.orders:
                twin = model.orders[order.client_id]
                assert (order.state, order.reported_size) == (twin.state, twin.reported)
                assert (order.venue_order_id, order.reason) == (twin.venue_order_id, twin.reason)
                sizes = {f.fill_id: f.size for f in deal.fills if f.client_id == order.client_id}
                assert sizes == twin.fills

    @invariant()
    def no_direction_is_above_the_level(self) -> None:
        for direction in (1, -1):
            assert sum(d.live and d.direction == direction for d in self.deals.values()) <= LEVEL

    @invariant()
    def every_verb_that_changed_something_has_its_journal_row(self) -> None:
        rows = self.ledger._store.connection.execute("SELECT COUNT(*), MAX(seq) FROM journal").fetchone()
        assert rows == (self.journal, self.journal)

    @invariant()
    def the_strictest_halt_counts(self) -> None:
        order = ["none", "halt", "reduce", "flatten"]
        for market in MARKETS:
            mine = max(self.halts.get(market, "none"), self.halts.get("*", "none"), key=order.index)
            assert self.ledger.halt_level(market) == mine

    @invariant()
    def what_is_remembered_of_the_past_is_what_its_rows_say(self) -> None:
        with self.ledger._store.reading() as connection:
            known, anew = self.ledger._past.now(connection), Past()
            anew.advance(connection)
        for market in MARKETS:
            assert known.of(market) == anew.of(market)
            orders = [m for d in self.deals.values() if d.market == market for m in d.orders.values()]
            filled = sum((m.order.side.sign * m.filled for m in orders), Decimal(0))
            assert sum(known.of(market).filled.values()) == filled

    # ---- the model's own mind -------------------------------------------------------------------------------

    def _open(self) -> Ledger:
        return Ledger.create(self.path, created_ns=self.maker.start_ns, config_hash="h", code_version="1", pid=1)

    def _account(self, venue: Venue) -> None:
        self.now += 1
        self.asked_ns[venue] = self.now
        positions = tuple(Position(market, UNIT, Decimal(1), Decimal(1)) for market in sorted(self.there[venue]))
        self.ledger.write_account(AccountFacts(venue, self.equity[venue], self.gross[venue], positions, self.now))

    def _refusal(self, market: str, direction: int, held: int) -> str | None:
        live = [deal for deal in self.deals.values() if deal.live]
        exposure = sum(deal.held for deal in self.deals.values())
        beyond = max(0, *(self.gross[venue] - self._answered(venue) for venue in Venue))
        cap = min(self.equity.values()) * 5 // 2 - beyond
        if market in self.halts or "*" in self.halts:
            return "halted"
        if any(
            deal.held == 0 and at_ns > deal.changed_ns and at_ns > self.asked_ns[venue] - 5 * SECOND_NS
            for deal, venue, at_ns in self.heard
        ):
            return "equity"
        if any(deal.market == market and deal.direction != direction for deal in live):
            return "direction"
        if sum(deal.direction == direction for deal in live) >= LEVEL:
            return "level"
        if any(sum(d.market in scope for d in live) >= most for scope, most in self._bounds(market, "deals")):
            return "deals"
        for scope, most in self._bounds(market, "notional_usd"):
            if held + sum(d.held for d in self.deals.values() if d.market in scope) > most:
                return "notional"
        for key, window_s in (("deals_per_minute", 60), ("deals_per_hour", 3600)):
            begun = [d for d in self.deals.values() if d.opened_ns > self.now - window_s * SECOND_NS]
            if any(sum(d.market in scope for d in begun) >= most for scope, most in self._bounds(market, key)):
                return "rate"
        return "cap" if exposure + held > cap else None

    def _answered(self, venue: Venue) -> int:
        """What deals hold that the venue has a position for, and no order under way that may add to it."""
        return sum(
            deal.held
            for deal in self.deals.values()
            if deal.market in self.there[venue]
            and all(
                model.state == "DONE" or model.order.reduce_only
                for model in deal.orders.values()
                if model.order.venue is venue
            )
        )

    def _bounds(self, market: str, key: str) -> list[tuple[tuple[str, ...], int]]:
        """Markets that are counted together, and the most of them."""
        scopes = {market: (market,), "*": MARKETS}
        return [(scope, self.limits[name, key]) for name, scope in scopes.items() if (name, key) in self.limits]

    def _may_move(self, deal: ModelDeal, to: str, held: int) -> bool:
        if to != deal.state and to not in MOVES.get(deal.state, ()):
            return False
        if held > deal.held or (held == 0) != (to in ("CLOSED", "VOID")):
            return False
        if to == "VOID" and any(model.fills for model in deal.orders.values()):
            return False
        return held == deal.held or all(model.state == "DONE" for model in deal.orders.values())

    def _ack(self, model: ModelOrder, size: Decimal, final: bool) -> None:
        self.ledger.record(Answered(model.order.client_id, Ack("v"), self.now))
        model.venue_order_id = "v"
        model.state = "WORKING" if model.state == "NEW" else model.state

    def _reject(self, model: ModelOrder, size: Decimal, final: bool) -> None:
        self.ledger.record(Answered(model.order.client_id, Reject("no"), self.now))
        if model.state == "DONE":
            return
        model.reason = "no"
        if model.state == "NEW" and not model.fills and not model.reported:
            model.state, model.reported = "DONE", Decimal(0)

    def _unknown(self, model: ModelOrder, size: Decimal, final: bool) -> None:
        self.ledger.record(Answered(model.order.client_id, Unknown("late"), self.now))
        self.ledger.record(LookedUp(model.order.client_id, Unknown("later"), self.now))
        self.ledger.record(LookedUp(model.order.client_id, Absent(proven=False), self.now))
        model.reason = model.reason if model.state == "DONE" else "late"

    def _report(self, model: ModelOrder, size: Decimal, final: bool) -> None:
        self.ledger.record(Reported(Report(model.order.client_id, "v", size, final), self.now))
        self._reported(model, size, final)

    def _reported(self, model: ModelOrder, size: Decimal, final: bool) -> None:
        model.venue_order_id = "v"
        model.reported = max(model.reported or Decimal(0), size)
        if final or model.state == "DONE":
            model.state = "DONE"
        else:
            model.state = "WORKING"

    def _fill(self, model: ModelOrder, size: Decimal, final: bool) -> None:
        fill = self._a_fill(model, size)
        self.ledger.record(Filled(fill, self.now))
        model.fills.setdefault(fill.fill_id, fill.size)

    def _found(self, model: ModelOrder, size: Decimal, final: bool) -> None:
        fill = self._a_fill(model, size)
        report = Report(model.order.client_id, "v", size, final)
        self.ledger.record(LookedUp(model.order.client_id, Found(report, (fill,)), self.now))
        self._reported(model, size, final)
        model.fills.setdefault(fill.fill_id, fill.size)

    def _absent(self, model: ModelOrder, size: Decimal, final: bool) -> None:
        self.ledger.record(LookedUp(model.order.client_id, Absent(proven=True), self.now))
        if model.state != "DONE":
            model.state, model.reason = "DONE", "absent"
            model.reported = max(model.reported or Decimal(0), model.filled)

    def _a_fill(self, model: ModelOrder, size: Decimal) -> Fill:
        """One of a few ids per order, so that most are heard more than once."""
        fill = self.maker.fill(model.order, size=str(size + UNIT))
        return Fill(
            fill.venue, f"{fill.fill_id}-{size}", fill.client_id, fill.side, fill.price, fill.size, fill.fee_uusd, 1
        )


def test_the_ledger_does_what_a_few_dicts_do(maker: "Maker") -> None:
    LedgerMachine.maker = maker
    program = settings(max_examples=80, stateful_step_count=50, deadline=None, derandomize=True, database=None)
    run_state_machine_as_test(LedgerMachine, settings=program)
