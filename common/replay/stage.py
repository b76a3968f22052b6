"""The whole fleet of a replay: one ledger and one cap, a worker per market, both venues as the tape shows them."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from common import wanted
from common.core.errors import ConfigError
from common.core.events import BookMessage, FeedLost, FundingRate, HaltLevel, IndexPrice
from common.core.market import Venue
from common.core.money import ZERO, uusd_down
from common.fleet.frames import Told
from common.fleet.speech import ACCOUNT, facts_of
from common.fleet.timeline import Timeline
from common.ledger.ledger import Ledger
from common.ledger.limits import EVERY_MARKET
from common.replay.counted import CountedLedger
from common.replay.curve import Curve
from common.replay.latency import Latency
from common.replay.line import Line
from common.replay.shown import value
from common.replay.telemetry import Telemetry
from common.replay.worker import Worker
from common.settings import Settings
from common.sim.depth import ExponentialRefill
from common.sim.engine import PaperEngine, make_venue
from common.sim.fees import DYDX_TIERS
from common.tape.heard import Gap, Heard, Page
from common.version import code_version

SECOND_NS = 1_000_000_000
#: the account rows are looked at this often, and left alone while younger than that (common/housekeeping.py)
ACCOUNT_NS, ACCOUNT_MIN_AGE_NS = SECOND_NS, 2_200_000_000
#: the venues are told that time passes: funding, liquidation
ADVANCE_NS = SECOND_NS
#: once the tape has ended, deals have so long to be closed at its last books
CLOSING_NS = 15 * SECOND_NS
#: the loops of the workers are spread over a tick
PHASE_NS = 7_000_000
#: whoever writes is this process and no other, so that the same replay gives the same bytes
PID = 0
WHO = "replay"


@dataclass(frozen=True, slots=True)
class Plot:
    """What a stage is made of."""

    config: Settings
    seed: int
    slowness: float
    ledger_file: Path
    begin_ns: int
    #: the ledger is kept, and telemetry beside it
    is_kept: bool = False


class Stage:
    """Hears the tape message by message; `end` closes what is open."""

    def __init__(self, plot: Plot) -> None:
        self.config, self.begin_ns = plot.config, plot.begin_ns
        self.timeline = Timeline(plot.begin_ns)
        self.ledger = CountedLedger(_ledger(plot))
        self.heard_ns = dict.fromkeys(Venue, 0)
        self.lines = {venue: self.make_line(plot, venue) for venue in Venue}
        terms = plot.config.markets
        self.workers = {m: Worker(t, self.lines, self.ledger, self.heard_ns) for m, t in terms.items()}
        self.show()
        self.telemetry = Telemetry(plot.ledger_file, self.timeline, self.lines) if plot.is_kept else None
        self.curve = Curve(SECOND_NS)
        self.events = 0
        self.has_begun = False

    @property
    def markets(self) -> tuple[str, ...]:
        """The markets of which both venues' books were heard, in the order of arb.toml."""
        return tuple(
            market for market, worker in self.workers.items() if all(s.is_heard for s in worker.shown.values())
        )

    @property
    def refusals(self) -> Mapping[str, int]:
        """Refused reservations and refused orders, by their word."""
        refused = Counter(self.ledger.refusals)
        for line in self.lines.values():
            refused.update(line.refusals)
        return dict(sorted(refused.items()))

    def show(self) -> None:
        """Let orders meet what the tape shows."""
        for market, worker in self.workers.items():
            for venue, line in self.lines.items():
                line.shown[market] = worker.shown[venue]

    def make_line(self, plot: Plot, venue: Venue) -> Line:
        """One venue, as the tape shows it."""
        latency = Latency(plot.config.replay.ways(venue), venue, plot.seed, plot.slowness)
        line = Line(_engine(plot, venue), self.timeline, latency)
        line.tell = self.tell
        return line

    def begin(self) -> None:
        """From now on it is decided."""
        self.has_begun = True
        self._account()
        for number, worker in enumerate(self.workers.values(), start=1):
            worker.start(number * PHASE_NS)
        self.timeline.after(ADVANCE_NS, self._advance)
        if self.telemetry is not None:
            self.telemetry.begin(self.workers)

    def follow(self, heard: Heard) -> None:
        """A message from before the beginning: it is known, and nothing is decided."""
        worker, told = self.workers.get(heard.market), heard.told
        if worker is None or isinstance(told, Page):
            return
        if isinstance(told, BookMessage):
            worker.watch_book(told)
        elif isinstance(told, IndexPrice):
            worker.watch_index(told)
        elif isinstance(told, FundingRate):
            worker.trader.view.hear(told)
        elif not told.topic:
            worker.trader.view.hear(FeedLost(heard.venue, told.why, told.at_ns))

    def hear(self, heard: Heard) -> None:
        """The tape's next message, at its time."""
        told, timeline = heard.told, self.timeline
        now_ns = told.at_ns
        if now_ns < timeline.now_ns:
            # a clock that was set back does not turn the line around
            now_ns = timeline.now_ns
            told = replace(told, at_ns=now_ns)
        timeline.reach(now_ns)
        worker = self.workers.get(heard.market)
        if isinstance(told, BookMessage):
            self.heard_ns[heard.venue] = now_ns
            if worker is not None:
                self.events += 1
                worker.hear_book(told)
        elif isinstance(told, Gap):
            if worker is not None and not told.topic:
                worker.hear(FeedLost(heard.venue, told.why, now_ns))
        else:
            self.heard_ns[heard.venue] = now_ns
            if worker is not None:
                self._figures(worker, told)

    def _figures(self, worker: Worker, told: IndexPrice | FundingRate | Page) -> None:
        if isinstance(told, IndexPrice):
            worker.hear_index(told)
        elif isinstance(told, FundingRate):
            worker.hear(told)

    def end(self) -> int:
        """The tape has ended: everything is closed at its last books, by the fleet's own way. When the tape ended."""
        ended_ns = self.timeline.now_ns
        self.ledger.halt(HaltLevel.FLATTEN, EVERY_MARKET, "the tape has ended", who=WHO, at_ns=ended_ns)
        until_ns = ended_ns + CLOSING_NS
        while self.timeline.now_ns < until_ns and not self._is_over():
            self.heard_ns.update(dict.fromkeys(Venue, self.timeline.now_ns))
            self.timeline.reach(self.timeline.now_ns + SECOND_NS)
        self._account()
        return ended_ns

    def close(self) -> None:
        """Let the ledger go."""
        if self.telemetry is not None:
            self.telemetry.end()
        self.ledger.close()

    def equity_uusd(self) -> int:
        """Both accounts, with every position at what closing it at the book would bring."""
        return uusd_down(sum((self._equity(line) for line in self.lines.values()), ZERO))

    def marked(self, market: str, venue: Venue, position: Decimal) -> Decimal:
        """USD that closing `position` would bring."""
        line = self.lines[venue]
        taker = line.engine.fee_rates(ACCOUNT)[1]
        return value(position, line.shown[market], taker, line.engine.index_price(market))

    def _equity(self, line: Line) -> Decimal:
        held = line.engine.held(ACCOUNT)
        worth = (self.marked(market, line.venue, size) for market, size in held.items())
        return line.engine.balance(ACCOUNT) + sum(worth, ZERO)

    def _is_over(self) -> bool:
        return not self.timeline.flying and not any(worker.trader.deals for worker in self.workers.values())

    # ---- what goes on ---------------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Time passes at the venues: once a minute all books are shown to them, once a second those that matter."""
        self.timeline.after(ADVANCE_NS, self._advance)
        is_minute = self.timeline.now_ns // SECOND_NS % 60 == 0
        for line in self.lines.values():
            line.advance(line.shown if is_minute else line.engine.held(ACCOUNT))
        self._account()

    def _account(self) -> None:
        """Both venues' equity and positions into the ledger, as workers do together."""
        now_ns = self.timeline.now_ns
        for venue, line in self.lines.items():
            age_ns = self.ledger.account_age(venue, now_ns)
            if age_ns is None or age_ns >= ACCOUNT_MIN_AGE_NS:
                self.ledger.write_account(facts_of(venue, line.engine, now_ns), min_age_ns=ACCOUNT_MIN_AGE_NS)
        self.curve.add(now_ns, self.equity_uusd())

    def tell(self, market: str, told: Told) -> None:
        """An event of an account stream reaches the market's worker."""
        self.workers[market].hear_told(told)


def _engine(plot: Plot, venue: Venue) -> PaperEngine:
    """The paper venue: its depth is what the tape shows, kept by `Shown`, so that nothing refills here."""
    paper, config = plot.config.paper, plot.config
    tiers = config.replay.fees == "tiers" and venue is Venue.DYDX
    engine = make_venue(
        venue,
        seed=plot.seed,
        maker_fee=paper.maker_fee,
        taker_fee=DYDX_TIERS.tier(ZERO).taker if tiers else paper.taker_fee,
        schedule=DYDX_TIERS if tiers else None,
        refill=ExponentialRefill(half_life_ns=0),
    )
    unknown = [market for market in config.markets if market not in engine.instruments]
    if unknown:
        raise ConfigError(f"the paper venues do not list {', '.join(unknown)}: leave them out with --market")
    engine.open_account(ACCOUNT, paper.balance_usd, plot.begin_ns)
    return engine


def _ledger(plot: Plot) -> Ledger:
    """A ledger of its own, with the limits of arb.toml."""
    if plot.ledger_file.exists():
        raise ConfigError(f"{plot.ledger_file} is there already: move it away, or name another file")
    config = plot.config
    ledger = Ledger.create(
        plot.ledger_file, created_ns=plot.begin_ns, config_hash=config.hash, code_version=code_version(), pid=PID
    )
    ledger.configure(wanted.of_all(config), WHO, plot.begin_ns)
    return ledger


def scratch_folder() -> str | None:
    """Where a ledger that nobody keeps is quickest."""
    return "/dev/shm" if os.path.isdir("/dev/shm") else None
