"""Judges the warden of a simulated run: its halts are true, what it lifts is its own, and it misses nothing.

Reads the journal with its own SQL and the venues' own accounts, adds for itself.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from common.core.market import Venue
from common.fleet.by_hand import Person, Planted
from common.fleet.hindsight import Knowledge, unheard
from common.fleet.violation import Violation
from common.fleet.wire import ACCOUNT
from common.sim.engine import PaperEngine
from common.sim.faults import MS, SECOND

ZERO = Decimal(0)
STRICTNESS = {"halt": 1, "reduce": 2, "flatten": 3}
#: what the warden may take back by itself, written down here a second time on purpose
PASSING = ("leverage", "liquidation", "clock", "peg")
LEVERAGE_MAX, LEVERAGE_REDUCE, DISTANCE_MIN = Decimal(3), Decimal("2.8"), Decimal("0.12")
SKEW_MAX_NS, PEG_MAX_BPS, LOSS_MAX = 2 * SECOND, 50, Decimal("0.1")
#: the warden judges by answers that are at most so old: two looks, and as long as an answer may take
MEMORY_NS = 12 * SECOND
#: a row that lets a deal in is at most so old by the clocks, and they are off by up to 2 s and 2.5 s
ROW_MAX_NS = 9500 * MS
#: what was planted must have been found after this, whatever else went wrong on the way to it
FOUND_NS = 40 * SECOND


@dataclass(frozen=True, slots=True)
class Sample:
    """What was true at one moment: by venue leverage and distance, both equities, markets that rows do not explain."""

    at_ns: int
    leverages: tuple[Decimal, ...]
    distances: tuple[Decimal, ...]
    equity: Decimal
    unexplained: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stage:
    """What the run has that the warden may rightly complain of."""

    skew_ns: int
    peg_bps: int
    person: Person


class Overseer:
    """`all_rows` asks the ledger's file as it is now."""

    def __init__(
        self, all_rows: Callable[..., list[Any]], engines: Mapping[Venue, PaperEngine], stage: Stage, now_ns: Any
    ) -> None:
        self._all, self._engines, self._stage, self._now_ns = all_rows, engines, stage, now_ns
        self._samples: deque[Sample] = deque()
        self._peak = ZERO
        self._seq = 0
        #: market → (level, by whom, kind) of all that was ordered since it was resumed last
        self._ordered: dict[str, list[tuple[str, str, str]]] = {}
        self.halts = self.lifts = 0

    def forget(self) -> None:
        """The power failed: the file may have lost its last rows, and is read again from its beginning."""
        self._seq, self._ordered, self.halts, self.lifts = 0, {}, 0, 0

    # ---- what is true ---------------------------------------------------------------------------------------------

    def sample(self) -> None:
        """Note what is true now."""
        views = {venue: engine.account(ACCOUNT) for venue, engine in self._engines.items()}
        carried, distances = [], []
        for venue, view in views.items():
            engine = self._engines[venue]
            gross = sum((abs(p.size) * engine.index_price(p.market) for p in view.positions), ZERO)
            if gross:
                carried.append(gross / view.equity if view.equity > 0 else Decimal(999))
                distances.append((view.equity - view.maintenance_margin) / gross)
        equity = sum((view.equity for view in views.values()), ZERO)
        self._peak = max(self._peak, equity)
        now_ns = self._now_ns()
        self._samples.append(Sample(now_ns, tuple(carried), tuple(distances), equity, self._unexplained()))
        while now_ns - self._samples[0].at_ns > MEMORY_NS:
            self._samples.popleft()

    def _unexplained(self) -> frozenset[str]:
        found = set()
        for venue, engine in self._engines.items():
            theirs = {p.market: p.size for p in engine.account(ACCOUNT).positions}
            query = "SELECT o.market, f.side, f.size FROM fill f JOIN orders o USING (client_id) WHERE f.venue = ?"
            for market, side, size in self._all(query, venue.value):
                theirs[market] = theirs.get(market, ZERO) - (Decimal(size) if side == "BUY" else -Decimal(size))
            found |= {market for market, left in theirs.items() if left}
        return frozenset(found)

    # ---- what was done --------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Judge every halt and every resume since the last look, and that each halt which must stand does."""
        rows = self._all(
            "SELECT seq, verb, market, why FROM journal WHERE seq > ? AND verb IN ('halt', 'resume') ORDER BY seq",
            self._seq,
        )
        for seq, verb, market, why in rows:
            self._seq = seq
            if verb == "halt":
                self._halted(market, why)
            else:
                self._resumed(market, why)
        if rows:
            self._stand()

    def _halted(self, market: str, why: str) -> None:
        level, _, rest = why.partition(" by ")
        who, _, reason = rest.partition(": ")
        kind = reason.partition(":")[0]
        self._ordered.setdefault(market, []).append((level, who, kind))
        if who == "warden":
            self.halts += 1
            if not self._is_true(kind, market):
                raise Violation(f"warden: halted {market} for what is not so: {reason}")

    def _is_true(self, kind: str, market: str) -> bool:
        stage, seen = self._stage, self._samples
        match kind:
            case "leverage":
                return any(carried > LEVERAGE_REDUCE for s in seen for carried in s.leverages)
            case "liquidation":
                return any(distance < DISTANCE_MIN for s in seen for distance in s.distances)
            case "loss":
                return any(s.equity < self._peak * (1 - LOSS_MAX) for s in seen)
            case "difference":
                return any(market in s.unexplained for s in seen)
            case "foreign":
                return any(p.market == market for p in stage.person.planted)
            case "clock":
                return abs(stage.skew_ns) > SKEW_MAX_NS
            case "peg":
                return abs(stage.peg_bps) > PEG_MAX_BPS
        return False

    def _resumed(self, market: str, why: str) -> None:
        """The warden lifts one halt alone: its own of every market, of a kind that passes, with nobody else's in it."""
        ordered = self._ordered.pop(market, [])
        if not why.startswith("by warden"):
            return
        self.lifts += 1
        foreign = [f"{who}: {kind}" for _, who, kind in ordered if who != "warden" or kind not in PASSING]
        if market != "*" or foreign:
            raise Violation(f"warden: lifted the halt of {market} that stood for {', '.join(foreign) or 'a market'}")

    def _stand(self) -> None:
        standing = dict(self._all("SELECT market, level FROM halt"))
        for market, ordered in self._ordered.items():
            needed = max(ordered, key=lambda order: STRICTNESS[order[0]])
            if STRICTNESS.get(standing.get(market, ""), 0) < STRICTNESS[needed[0]]:
                raise Violation(f"halt: {needed} of {market} is not in force any more, and nobody resumed it")

    def admitted(self) -> None:
        """A deal was let in: even if all that is on its way fills, no venue carries more than is allowed at mark.

        Judged without what the venue did by itself that neither the file nor its account row could have in it.
        """
        query = (
            "SELECT client_id, size, limit_price FROM orders WHERE venue = ? AND state <> 'DONE' AND NOT reduce_only"
        )
        for venue, engine in self._engines.items():
            gross, equity = self._carried(venue, engine)
            for client_id, size, limit in self._all(query, venue.value):
                known = engine.order_by_client_id(ACCOUNT, client_id)
                left = Decimal(size) if known is None else known.remaining
                gross += left * Decimal(limit) if known is None or known.status in ("PENDING", "OPEN") else ZERO
            if gross > LEVERAGE_MAX * equity:
                raise Violation(f"leverage: a deal was let in that may carry {venue} above {LEVERAGE_MAX} at mark")

    def _carried(self, venue: Venue, engine: PaperEngine) -> tuple[Decimal, Decimal]:
        """Gross at mark and equity, as far as they could be known."""
        view = engine.account(ACCOUNT)
        sizes, equity = {p.market: p.size for p in view.positions}, view.equity
        for change in unheard(engine, self._known(venue)):
            sizes[change.market] = sizes.get(change.market, ZERO) - change.size
            equity -= change.cash + change.size * engine.index_price(change.market)
        return sum((abs(size) * engine.index_price(market) for market, size in sizes.items()), ZERO), equity

    def _known(self, venue: Venue) -> Knowledge:
        """The row is as old as its question, by the clock of the warden or of a worker: the earlier of both counts."""
        ((at_ns,),) = self._all("SELECT at_ns FROM equity WHERE venue = ?", venue.value)
        sizes = self._all("SELECT market, size FROM venue_position WHERE venue = ?", venue.value)
        fill_ids = self._all("SELECT fill_id FROM fill WHERE venue = ?", venue.value)
        unfinished = self._all("SELECT client_id FROM orders WHERE venue = ? AND state <> 'DONE'", venue.value)
        return Knowledge(
            since_ns=max(at_ns - max(0, self._stage.skew_ns), self._now_ns() - ROW_MAX_NS),
            sizes={market: Decimal(size) for market, size in sizes},
            fill_ids={fill_id for (fill_id,) in fill_ids},
            unfinished={client_id for (client_id,) in unfinished},
        )

    def missed(self) -> list[Planted]:
        """What was done on the account by hand and stands, in a market that is not halted."""
        halted = {market for (market,) in self._all("SELECT market FROM halt")}
        return [planted for planted in self._stage.person.standing() if planted.market not in halted]

    def is_finding(self) -> bool:
        """Something was not found yet, and there is time left to find it."""
        return any(self._now_ns() - planted.at_ns < FOUND_NS for planted in self.missed())

    def close(self) -> None:
        """At rest nothing was missed."""
        for planted in self.missed():
            raise Violation(f"warden: missed {planted.client_id} in {planted.market} at {planted.venue}")
