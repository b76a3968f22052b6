"""The fleet under a virtual clock: one seed, both paper venues, every trader, the real ledger; judged at every step."""

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random

from common.core.deal import Ask, Even, next_step
from common.core.errors import LedgerError
from common.core.market import Instrument, Venue
from common.core.terms import Terms
from common.fleet.by_hand import Person
from common.fleet.disk import Disk
from common.fleet.frames import parts_of
from common.fleet.judge import Judge
from common.fleet.keeper import Keeper
from common.fleet.member import Member, heard
from common.fleet.mishaps import Mishaps
from common.fleet.overseer import Overseer, Stage
from common.fleet.power import Power
from common.fleet.scenario import SIZES, Scenario
from common.fleet.speech import facts_of
from common.fleet.timeline import BEGIN_NS, Timeline
from common.fleet.wire import ACCOUNT, Wire
from common.ledger.bounds import BY_NAME, Bound
from common.ledger.ledger import Ledger
from common.ledger.limits import EVERY_MARKET, CapTerms
from common.sim.engine import PaperEngine, make_venue
from common.sim.faults import MS, SECOND, Faults, calmed
from common.sim.funding import HOUR_NS
from common.sim.types import AccountChange, BookChange, Publication

MOVE_NS = 500 * MS
#: what workers do for the account rows while the warden does not
ACCOUNT_NS, ACCOUNT_MIN_AGE_NS = 2 * SECOND, 2200 * MS
#: a position by hand is opened so long after the workers were told to stop
BY_HAND_NS = 3 * SECOND
LEVERAGE, LEVERAGE_MAX, LEVEL = Decimal("2.5"), Decimal(3), 4
CAP = CapTerms(LEVERAGE, LEVERAGE_MAX, LEVEL, 5 * SECOND)
#: a disk stays full for so long
DISK_FULL_NS = 5 * SECOND


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run came to."""

    deals: int = 0
    closed: int = 0
    fills: int = 0
    deaths: int = 0
    stuck: int = 0
    forced: int = 0
    reversed: int = 0
    payments: int = 0
    halts: int = 0
    #: of the warden
    looks: int = 0
    warden_halts: int = 0
    lifts: int = 0
    shrunk: int = 0


def begin_ns(faults: Faults) -> int:
    """When the run begins: so long before a full hour that funding falls into it, where that is wanted."""
    return (BEGIN_NS // HOUR_NS + 1) * HOUR_NS - faults.hour_after_ns if faults.hour_after_ns else BEGIN_NS


class Fleet:
    """All members of one run; `step` until the timeline says so."""

    def __init__(self, seed: int, faults: Faults, folder: Path) -> None:
        self.seed, self.faults, self.folder = seed, faults, folder
        self.timeline, self.random = Timeline(begin_ns(faults)), Random(f"fleet-{seed}")
        self._calm, self._journalled = False, faults.venue_restart > 0
        self.disk = Disk(folder, may_be_cut=faults.power_cut > 0)
        self.power = Power(faults.power_cut, self.timeline, Random(f"{seed}-power"), self._cut_power)
        self.ledger.set_cap(CAP, "fleet", self.timeline.now_ns)
        self.ledger.configure(self._limits(), "fleet", self.timeline.now_ns)
        self.members: dict[str, Member] = {}
        self.engines = {v: self._engine(v) for v in Venue}
        self.wires = {v: Wire(e, self.timeline, Random(f"{seed}-{v}"), faults) for v, e in self.engines.items()}
        for wire in self.wires.values():
            wire.tell = lambda market, told: heard(self.members[market], told)
        self.scenarios = {m: Scenario(m, Random(f"{seed}-{m}-books")) for m in SIZES}
        self.sizes = {market: Decimal(size) * faults.size_factor for market, size in SIZES.items()}
        self.mishaps = {v: self._mishaps(v) for v in Venue}
        self.judge = Judge(self.disk.file, self.engines, (LEVERAGE, LEVEL, Decimal(faults.balance_usd)))
        for wire in self.wires.values():
            wire.on_arrival = self.judge.arrived
            wire.on_departure = lambda order: self.judge.departed(order, self.timeline.now_ns)
        self._move()
        self._write_accounts()
        self.members |= {market: self._member(market) for market in SIZES}
        self.person = Person(self.wires, lambda: self.ledger, seed=seed)
        self.keeper = Keeper(self.disk, self.wires, list(SIZES), faults, seed=seed)
        stage = Stage(self.keeper.skew_ns, faults.peg_bps, self.person)
        self.overseer = Overseer(self.judge.all_rows, self.engines, stage, lambda: self.timeline.now_ns)
        self.judge.on_admission = self.overseer.admitted
        self.keeper.look, self.keeper.sample = self.look, self.overseer.sample

    @property
    def ledger(self) -> Ledger:
        """The ledger as it is now: a power cut puts another in its place."""
        return self.disk.ledger

    def _limits(self) -> tuple[Bound, ...]:
        """What every market may have, and all together: the stage's numbers."""
        stage = self.faults
        numbers = {
            EVERY_MARKET: {"deals": stage.fleet_deals_max, "deals_per_minute": stage.fleet_rate_max},
            **{m: {"deals": stage.deals_max, "deals_per_minute": stage.rate_max} for m in SIZES},
        }
        usd = {EVERY_MARKET: stage.fleet_notional_usd} | dict.fromkeys(SIZES, stage.notional_usd)
        return tuple(
            Bound(market, BY_NAME[name], number * BY_NAME[name].unit)
            for market, rows in numbers.items()
            for name, number in {**rows, "notional_usd": usd[market]}.items()
        )

    def _engine(self, venue: Venue) -> PaperEngine:
        journal = self.folder / f"{venue}.journal" if self._journalled else None
        race_lost = Decimal(str(self.faults.race_lost))
        engine = make_venue(venue, seed=self.seed, race_lost=race_lost, journal_path=journal)
        engine.open_account(ACCOUNT, Decimal(self.faults.balance_usd), self.timeline.now_ns)
        engine.on_publish = lambda publication: self._published(venue, publication)
        return engine

    def _mishaps(self, venue: Venue) -> Mishaps:
        wire, random = self.wires[venue], Random(f"{self.seed}-{venue}-mishaps")
        return Mishaps(wire, random, self.scenarios, self.sizes, lambda: self._restarted(venue))

    def _member(self, market: str) -> Member:
        terms = Terms(
            market=market,
            size=self.sizes[market],
            median_window_ns=20 * SECOND,
            median_warmup_ns=3 * SECOND,
        )
        member = Member(terms, self._instruments(market), self.disk, self.wires, seed=self.seed)
        member.look, member.on_ahead = self.look, self.power.ahead
        member.on_death = lambda: self.judge.losses.died(market, self.timeline.now_ns)
        return member

    def look(self) -> None:
        """Whatever was written is judged at once."""
        self.judge.look()
        self.overseer.look()

    def _instruments(self, market: str) -> dict[Venue, Instrument]:
        whole = bool(self.faults.fill_or_kill)
        return {v: replace(e.instruments[market], fill_or_kill=whole) for v, e in self.engines.items()}

    # ---- what goes on ---------------------------------------------------------------------------------------------

    def run_until(self, at_ns: int) -> None:
        """Let everything happen that is due before `at_ns`; the judge looks after every verb of the ledger."""
        while self.timeline.now_ns < at_ns and self.timeline.step():
            pass

    def keep_going(self) -> None:
        """Start the clocks that never stop: the venues' books, the account rows, what happens to the machine."""
        self.timeline.after(MOVE_NS, self._moving)
        self.timeline.after(ACCOUNT_NS, self._accounting)

    def calm(self) -> None:
        """From now on nothing goes wrong any more, and every worker is told to end what it has begun."""
        self.faults, self._calm, self.power.share = calmed(self.faults), True, 0.0
        for wire in self.wires.values():
            wire.faults = self.faults
        for member in self.members.values():
            member.calm(self.faults)
            member.stop()
        if self._happens(self.keeper.faults.foreign_position):
            self.timeline.fly(BY_HAND_NS, lambda: self.person.open_a_position(list(SIZES)))
        self.keeper.calm(self.faults)

    def _moving(self) -> None:
        self.timeline.after(MOVE_NS, self._moving)
        self._strike()
        self._move()

    def _move(self) -> None:
        now_ns = self.timeline.now_ns
        up = {v: engine for v, engine in self.engines.items() if not self._is_down(v)}
        for market, scenario in self.scenarios.items():
            if self._calm and self.members[market].idle:
                continue
            scenario.move()
            for venue, engine in up.items():
                if scenario.moves() or not engine.index_price(market):
                    engine.apply(scenario.book(venue, engine.listings[market], self.sizes[market]), now_ns)
        for engine in up.values():
            engine.advance(now_ns)

    def _is_down(self, venue: Venue) -> bool:
        return bool(self.members) and self.wires[venue].down

    def _accounting(self) -> None:
        self.timeline.after(ACCOUNT_NS, self._accounting)
        if not self.random.random() < self.faults.account_missed:
            try:
                self._write_accounts()
            except LedgerError:
                if not self.disk.full:
                    raise

    def _write_accounts(self) -> None:
        """Both venues' equity and positions into the ledger, as a worker does."""
        for venue, engine in self.engines.items():
            if not self._is_down(venue):
                facts = facts_of(venue, engine, self.timeline.now_ns)
                self.ledger.write_account(facts, min_age_ns=ACCOUNT_MIN_AGE_NS)

    def _published(self, venue: Venue, publication: Publication) -> None:
        if not self.members:
            return
        match publication:
            case BookChange():
                self.members[publication.market].ears[venue].changed(publication)
            case AccountChange():
                self._push(self.wires[venue], publication)

    def _push(self, wire: Wire, change: AccountChange) -> None:
        for market, frame in parts_of(change).items():
            wire.push(market, frame)

    # ---- what happens to whole machines -----------------------------------------------------------------------------

    def _strike(self) -> None:
        """Draw the faults that befall a venue, an account or our machine."""
        faults = self.faults
        for venue in Venue:
            self.mishaps[venue].strike(faults)
        if not self.disk.full and self._happens(faults.disk_full):
            self.disk.fill()
            self.timeline.fly(DISK_FULL_NS, self.disk.free)
        self.power.strike()
        if not self.disk.full and self._happens(faults.person):
            self.person.intervene(list(SIZES))
        if self._happens(faults.foreign_order):
            self.person.leave_an_order(list(SIZES))

    def _happens(self, share: float) -> bool:
        return share > 0 and self.random.random() < share

    def _restarted(self, venue: Venue) -> None:
        """The venue's new process is up: whoever was connected connects anew."""
        self.engines[venue] = self.wires[venue].engine = self._engine(venue)
        for member in self.members.values():
            member.reconnected(venue)

    def _cut_power(self) -> None:
        for member in self.members.values():
            member.die()
        self.keeper.die()
        self.disk.cut(self.timeline.now_ns)
        self.judge.cut(self.disk.file, self.timeline.now_ns)
        self.overseer.forget()

    # ---- rest -----------------------------------------------------------------------------------------------------

    def at_rest(self) -> bool:
        """Nothing is on its way, no deal needs anything, and whatever a venue did was heard (or will never be)."""
        if self.timeline.flying or not all(m.idle for m in self.members.values()):
            return False
        if self.overseer.is_finding() or self.ledger.doubts():
            return False
        for market, member in self.members.items():
            for deal in self.ledger.unfinished_deals(market, min(i.min_size for i in member.instruments.values())):
                if isinstance(next_step(deal, member.instruments), Ask | Even):
                    return False
        return not self.judge.misses()

    def close(self) -> None:
        """Let all files go."""
        self.keeper.close()
        self.judge.shut()
        self.ledger.close()
        for venue, engine in self.engines.items():
            if not self.wires[venue].down:
                engine.close()

    def tally(self) -> Tally:
        """Counts for a summary line."""
        deaths = sum(m.fate.deaths for m in self.members.values()) + self.keeper.fate.deaths
        lookout = {"looks": self.keeper.looks, "warden_halts": self.overseer.halts, "lifts": self.overseer.lifts}
        return Tally(deaths=deaths, **lookout, **self.judge.counts())
