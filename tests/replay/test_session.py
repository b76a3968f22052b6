"""A paper session is recorded and replayed: the same decisions and the same deals, to the nanosecond.

In the session the paper engines are alive: the synthetic source moves them, our orders take from them, what was taken
comes back by itself, and all of it is published and heard a feed latency later. The tape has what was heard. With the
session's own latencies the replay must then do the same; with drawn ones it could only do something alike.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from common.core.events import BookMessage, IndexPrice
from common.core.market import Venue
from common.fleet.speech import ACCOUNT
from common.fleet.timeline import BEGIN_NS
from common.ledger.report import Report
from common.ledger.shapes import JournalRow
from common.replay.forge import Forge
from common.replay.latency import Latency
from common.replay.line import Line
from common.replay.run import Replay, play
from common.replay.stage import Plot, Stage
from common.replay.worker import Worker
from common.settings import Settings
from common.sim.engine import make_venue
from common.sim.synthetic import SyntheticSource
from common.sim.types import BookChange, Publication, SourceBook

SECOND_NS = 1_000_000_000
SECONDS = 60
ADVANCE_NS = SECOND_NS // 10
MARKETS = ("BTC", "ETH", "MATIC", "LTC", "DOGE")


class Session(Stage):
    """Both paper venues alive, recorded."""

    def __init__(self, plot: Plot, folder: Path) -> None:
        self.feed_ns = int(plot.config.replay.dydx_feed_ms) * 1_000_000
        super().__init__(plot)
        listed = [i for line in self.lines.values() for i in line.engine.instruments.values()]
        self.forge = Forge(folder, listed, plot.begin_ns)
        instruments = {venue: line.engine.instruments for venue, line in self.lines.items()}
        self.source = SyntheticSource(tuple(self.workers), instruments, seed=5, jumps=Decimal(2))
        self.known: set[tuple[Venue, str]] = set()
        # workers begin when the first books are heard
        self.timeline.now_ns -= self.feed_ns

    def make_line(self, plot: Plot, venue: Venue) -> Line:
        """An engine that is met when an order is there, not when the tape shows it."""
        ways = replace(plot.config.replay.ways(venue), feed_ms=Decimal(0))
        engine = make_venue(venue, seed=plot.seed)
        engine.open_account(ACCOUNT, plot.config.paper.balance_usd, plot.begin_ns)
        line = Line(engine, self.timeline, Latency(ways, venue, plot.seed))
        line.tell = self.tell
        account = engine.on_publish

        def publish(news: Publication) -> None:
            account(news)
            if isinstance(news, BookChange):
                self._published(venue, news)

        engine.on_publish = publish
        return line

    def show(self) -> None:
        """Orders meet the engines' own books."""

    def equity_uusd(self) -> int:
        return 0

    def run(self, seconds: int) -> None:
        begun_ns = self.timeline.now_ns
        self.timeline.after(self.feed_ns, self.begin)
        self.timeline.after(ADVANCE_NS, self._advancing)
        self._shown()
        end_ns = begun_ns + seconds * SECOND_NS
        while (at_ns := self.source.next_at_ns()) is not None and begun_ns + at_ns + 1 < end_ns:
            # the source's own times are never those of anything else here
            self.timeline.reach(begun_ns + at_ns + 1)
            self._shown()
        self.timeline.reach(end_ns)
        self.forge.close()

    def _shown(self) -> None:
        books: list[SourceBook] = list(self.source.pop())
        for book in books:
            self.lines[book.venue].engine.apply(book, self.timeline.now_ns)

    def _advancing(self) -> None:
        self.timeline.after(ADVANCE_NS, self._advancing)
        for line in self.lines.values():
            line.engine.advance(self.timeline.now_ns)

    def _published(self, venue: Venue, news: BookChange) -> None:
        engine, market = self.lines[venue].engine, news.market
        is_first = (venue, market) not in self.known
        self.known.add((venue, market))
        rows = engine.book(market) if is_first else (news.bids, news.asks, news.sequence)
        price = engine.index_price(market)
        self.timeline.after(self.feed_ns, lambda: self._reaches(venue, market, (is_first, rows, news, price)))

    def _reaches(self, venue: Venue, market: str, what: tuple) -> None:  # type: ignore[type-arg]
        """What was published is heard, and recorded at that moment."""
        is_first, rows, news, price = what
        now_ns = self.timeline.now_ns
        self.heard_ns[venue] = now_ns
        worker: Worker = self.workers[market]
        if worker.shown[venue].index != price:
            self.forge.index(venue, market, price, now_ns)
            worker.hear_index(IndexPrice(venue, price, now_ns))
        if is_first:
            self.forge.book(venue, market, rows, now_ns)
        else:
            self.forge.change(venue, news, now_ns)
        worker.hear_book(BookMessage(venue, is_first, rows[0], rows[1], rows[2], now_ns))


def journal(ledger: Path, before_ns: int) -> list[JournalRow]:
    with Report.open(ledger) as report:
        rows = report.journal(1_000_000)
    # the first rows set the limits, when the file was made
    return [replace(r, seq=0, pid=0) for r in rows if r.deal_id and r.at_ns < before_ns]


@pytest.fixture
def config(make_config: Callable[..., Settings]) -> Settings:
    # never both legs at one nanosecond: which of two books is then heard first is not on the tape
    table = {"order": (100, 103), "report": (40, 40), "feed": (20, 20)}
    keys = [
        f"{venue}_{way}{ending}_ms = {lasts[number]}"
        for way, lasts in table.items()
        for number, venue in enumerate(("dydx", "apex"))
        for ending in (("",) if way == "feed" else ("", "_p99"))
    ]
    more = "\n".join(["[replay]", *keys])
    return make_config(*MARKETS, more=more, strategy="median_warmup_s = 4")


def test_a_recorded_session_replays_to_the_same_decisions_and_deals(tmp_path: Path, config: Settings) -> None:
    session = Session(Plot(config, 1, 1.0, tmp_path / "session.db", BEGIN_NS), tmp_path / "tape")
    session.run(SECONDS)
    ended_ns = session.timeline.now_ns
    session.close()
    outcome = play(Replay((tmp_path / "tape",), config, 1, tmp_path / "replay.db"))
    assert outcome.from_ns == BEGIN_NS
    until_ns = outcome.to_ns
    theirs, ours = journal(tmp_path / "session.db", until_ns), journal(tmp_path / "replay.db", until_ns)
    assert until_ns > ended_ns - SECOND_NS
    assert sum(row.verb == "reserve" for row in theirs) > 8
    assert ours == theirs
