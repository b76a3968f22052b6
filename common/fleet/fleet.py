"""The fleet under a virtual clock: one seed, both paper venues, every trader, the real ledger; judged at every step."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random

from common.core.account import AccountFacts, Position
from common.core.deal import Ask, Even, next_step
from common.core.market import Venue
from common.core.money import uusd_down, uusd_up
from common.core.terms import Terms
from common.fleet.faults import MS, SECOND, Faults
from common.fleet.judge import Judge
from common.fleet.member import Member
from common.fleet.scenario import Scenario
from common.fleet.timeline import Timeline
from common.fleet.wire import ACCOUNT, Wire
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms
from common.sim.engine import PaperEngine, make_venue
from common.sim.types import AccountChange, BookChange, Publication

BALANCE_USD = Decimal(100)
MOVE_NS = 500 * MS
ACCOUNT_NS = 4 * SECOND
CAP = CapTerms(Decimal("2.5"), Decimal(3), 4, 30 * SECOND)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run came to."""

    deals: int
    closed: int
    fills: int
    deaths: int
    stuck: int


class Fleet:
    """All members of one run; `step` until the timeline says so."""

    def __init__(self, seed: int, faults: Faults, terms: list[Terms], folder: Path) -> None:
        self.faults, self.timeline, self.random = faults, Timeline(), Random(f"fleet-{seed}")
        self.ledger_file = folder / "ledger.db"
        now_ns = self.timeline.now_ns
        self.ledger = Ledger.create(
            self.ledger_file, created_ns=now_ns, config_hash="fleet", code_version="fleet", pid=1
        )
        self.ledger.set_cap(CAP, "fleet", now_ns)
        self.engines = {v: self._engine(v, seed, now_ns) for v in Venue}
        self.wires = {v: Wire(e, self.timeline, Random(f"{seed}-{v}"), faults) for v, e in self.engines.items()}
        self.scenarios = {t.market: Scenario(t.market, Random(f"{seed}-{t.market}-books")) for t in terms}
        self.sizes = {t.market: t.size for t in terms}
        self._move()
        self.write_accounts()
        self.members = {t.market: self._member(t, seed) for t in terms}

    def _engine(self, venue: Venue, seed: int, now_ns: int) -> PaperEngine:
        engine = make_venue(venue, seed=seed, race_lost=Decimal(str(self.faults.race_lost)))
        engine.open_account(ACCOUNT, BALANCE_USD, now_ns)
        engine.on_publish = lambda publication: self._published(venue, publication)
        return engine

    def _member(self, terms: Terms, seed: int) -> Member:
        instruments = {v: e.instruments[terms.market] for v, e in self.engines.items()}
        return Member(terms, instruments, self.ledger, self.wires, seed=seed)

    # ---- what goes on ---------------------------------------------------------------------------------------------

    def run_until(self, at_ns: int, judge: Judge) -> None:
        """Let everything happen that is due before `at_ns`, judging after each step."""
        while self.timeline.now_ns < at_ns and self.timeline.step():
            judge.look()

    def keep_going(self) -> None:
        """Start the clocks that never stop: the venues' books and the account rows."""
        self.timeline.after(MOVE_NS, self._moving)
        self.timeline.after(ACCOUNT_NS, self._accounting)

    def calm(self) -> None:
        """From now on nothing goes wrong any more, and nobody looks for new deals."""
        calm = Faults(latency_ns=self.faults.latency_ns, race_lost=0.0)
        for wire in self.wires.values():
            wire.faults = calm
        for member in self.members.values():
            member.faults, member.fate.share = calm, 0.0

    def _moving(self) -> None:
        self.timeline.after(MOVE_NS, self._moving)
        self._move()

    def _move(self) -> None:
        now_ns = self.timeline.now_ns
        for market, scenario in self.scenarios.items():
            scenario.move()
            for venue, engine in self.engines.items():
                engine.apply(scenario.book(venue, engine.listings[market], self.sizes[market]), now_ns)
        for engine in self.engines.values():
            engine.advance(now_ns)

    def _accounting(self) -> None:
        self.timeline.after(ACCOUNT_NS, self._accounting)
        if not self.random.random() < self.faults.account_missed:
            self.write_accounts()

    def write_accounts(self) -> None:
        """Both venues' equity and positions into the ledger, as a worker does."""
        for venue, engine in self.engines.items():
            view = engine.account(ACCOUNT)
            positions = tuple(
                Position(p.market, p.size, p.entry_price, engine.index_price(p.market)) for p in view.positions
            )
            gross = sum((abs(p.size * p.mark) for p in positions), Decimal(0))
            facts = AccountFacts(venue, uusd_down(view.equity), uusd_up(gross), positions, self.timeline.now_ns)
            self.ledger.write_account(facts)

    def _published(self, venue: Venue, publication: Publication) -> None:
        wire = self.wires.get(venue) if hasattr(self, "members") else None
        if wire is None:
            return
        match publication:
            case BookChange():
                member = self.members.get(publication.market)
                if member is not None:
                    member.book_changed(venue, lambda: wire.delta(publication))
            case AccountChange():
                for market in {o.request.market for o in publication.orders}:
                    self._push(wire, publication, self.members[market])

    def _push(self, wire: Wire, change: AccountChange, member: Member) -> None:
        wire.push(change, lambda event: member.do(lambda runner: runner.hear_account(event)))

    # ---- rest -----------------------------------------------------------------------------------------------------

    def at_rest(self) -> bool:
        """No deal needs anything: each is accounted for, and even."""
        for market, member in self.members.items():
            instruments = member.instruments
            for deal in self.ledger.live_deals(market):
                if isinstance(next_step(deal, instruments), Ask | Even):
                    return False
        return True

    def tally(self) -> Tally:
        """Counts for a summary line."""
        deals = [self.ledger.deal(d) for d in self._deal_ids()]
        states = [d.state.value for d in deals if d is not None]
        fills = sum(len(d.fills) for d in deals if d is not None)
        deaths = sum(m.fate.deaths for m in self.members.values())
        return Tally(len(states), states.count("CLOSED"), fills, deaths, states.count("STUCK"))

    def _deal_ids(self) -> list[str]:
        incarnation = self.ledger.incarnation
        return [f"{incarnation}-{m}-{n}" for m in self.members for n in range(1, self.ledger.next_number(m))]
