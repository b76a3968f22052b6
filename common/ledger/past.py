"""What all of a ledger's history adds up to, up to one row of the journal; and how it is brought up to date.

Fills and journal only grow, so what they added up to once stays true: whoever remembers it reads on from there, and a
look costs what has happened since, however long the history. The rows stay the only truth: everything here can be
counted again from nothing, with the same result. What is live is not in here but read from its own rows.
"""

import itertools
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from common.core.deal import LIVE, Deal, DealState
from common.core.market import Side, Venue
from common.core.money import ZERO, uusd_down
from common.core.order import Fill, standing
from common.ledger import chain, pnl, rows, writeoff

#: rows of the journal that are taken in at once
STEP_ROWS: Final = 50_000
DAY_NS: Final = 86_400_000_000_000


@dataclass(slots=True)
class Sums:
    """One market, or all of them: finished deals counted, and what they earned."""

    closed: int = 0
    void: int = 0
    written_off: int = 0
    #: moved to OPEN at some time; closed without that
    opened: int = 0
    missed: int = 0
    fees_uusd: int = 0
    #: each deal's realised rounded down, fees taken off
    pnl_uusd: int = 0
    traded: Decimal = ZERO
    realised: Decimal = ZERO

    @property
    def ended(self) -> int:
        """Deals that are finished."""
        return self.closed + self.void + self.written_off

    def add(self, other: "Sums", sign: int = 1) -> None:
        """Take in (or out again) what another one has."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + sign * getattr(other, name))


@dataclass(slots=True)
class Day:
    """One day, UTC, of one market: the deals that ended in it, and all that these earned, whenever it came.

    Funding is of the day in which it was paid; `pnl_uusd` has none of it, and fees taken off.
    """

    closed: int = 0
    void: int = 0
    written_off: int = 0
    fees_uusd: int = 0
    pnl_uusd: int = 0
    funding_uusd: int = 0

    def add(self, other: "Day", sign: int = 1) -> None:
        """Take in (or out again) what another one has."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + sign * getattr(other, name))


@dataclass(slots=True)
class MarketPast:
    """Sums of finished deals; signed sizes of all fills, and of those of deals that were written off, by venue."""

    sums: Sums = field(default_factory=Sums)
    #: by number of the day since 1970; only days with something in them
    days: dict[int, Day] = field(default_factory=dict)
    filled: dict[Venue, Decimal] = field(default_factory=lambda: dict.fromkeys(Venue, ZERO))
    off: dict[Venue, Decimal] = field(default_factory=lambda: dict.fromkeys(Venue, ZERO))
    #: when the last fill was written down, by venue; 0 before the first
    filled_ns: dict[Venue, int] = field(default_factory=lambda: dict.fromkeys(Venue, 0))
    #: finished deals with an order not accounted for, or not exactly even
    loose: set[str] = field(default_factory=set)

    def add_day(self, at_ns: int, part: Day, sign: int = 1) -> None:
        """What belongs to the day of this moment, into it, or out of it again."""
        day = self.days.setdefault(at_ns // DAY_NS, Day())
        day.add(part, sign)
        if day == Day():
            del self.days[at_ns // DAY_NS]


@dataclass(slots=True)
class Past:
    """Everything up to journal row `seq` (whose hash is `hash`), fill `fill_seq` and funding `funding_seq`."""

    seq: int = 0
    hash: str = ""
    fill_seq: int = 0
    funding_seq: int = 0
    markets: dict[str, MarketPast] = field(default_factory=dict)

    def of(self, market: str) -> MarketPast:
        """A market's; nothing where there was never a deal."""
        if market not in self.markets:
            self.markets[market] = MarketPast()
        return self.markets[market]

    def fits(self, connection: sqlite3.Connection) -> bool:
        """Whether it was taken from this very file: the row it ends with is there."""
        if self.seq == 0:
            return self.fill_seq == self.funding_seq == 0
        row = connection.execute("SELECT hash FROM journal WHERE seq = ?", (self.seq,)).fetchone()
        return row is not None and bool(row[0] == self.hash)

    def advance(self, connection: sqlite3.Connection) -> int:
        """Take in what came since, within one view of the file; how many rows of the journal that were."""
        last, hash_ = chain.head(connection)
        fill_seq = int(connection.execute("SELECT COALESCE(MAX(seq), 0) FROM fill").fetchone()[0])
        told = last - self.seq
        self._take_fills(connection, fill_seq)
        self._take_funding(connection)
        while self.seq < last:
            step = min(self.seq + STEP_ROWS, last)
            for deal_id, is_new in _changed(connection, self.seq, step):
                old = None if is_new else _share(connection, deal_id, self.seq, fill_seq)
                self._swap(connection, old, _share(connection, deal_id, step, fill_seq), deal_id)
            self.seq = step
        self.hash = hash_
        return told

    def _take_fills(self, connection: sqlite3.Connection, fill_seq: int) -> None:
        """New fills; those of deals that were finished already change what these had earned."""
        late: dict[str, None] = {}
        for deal_id, state, market, venue, side, size, at_ns in _fills_between(connection, self.fill_seq, fill_seq):
            place, at = self.of(market), Venue(venue)
            place.filled[at] += Side(side).sign * Decimal(size)
            place.filled_ns[at] = max(place.filled_ns[at], at_ns)
            if self.seq and state not in LIVE:
                late[deal_id] = None
        for deal_id in late:
            old = _share(connection, deal_id, self.seq, self.fill_seq)
            self._swap(connection, old, _share(connection, deal_id, self.seq, fill_seq), deal_id)
        self.fill_seq = fill_seq

    def _take_funding(self, connection: sqlite3.Connection) -> None:
        query = "SELECT seq, market, venue_ns, payment_uusd FROM funding WHERE seq > ? ORDER BY seq"
        for seq, market, at_ns, uusd in connection.execute(query, (self.funding_seq,)):
            self.of(market).add_day(at_ns, Day(funding_uusd=uusd))
            self.funding_seq = seq

    def _swap(self, connection: sqlite3.Connection, old: "_Share | None", new: "_Share | None", deal_id: str) -> None:
        for share, sign in ((old, -1), (new, 1)):
            if share is None:
                continue
            place = self.of(share.market)
            place.sums.add(share.sums, sign)
            place.add_day(share.ended_ns, share.day, sign)
            for venue, size in share.off.items():
                place.off[venue] += sign * size
        if new is not None:
            loose = writeoff.is_loose(connection, deal_id)
            (self.of(new.market).loose.add if loose else self.of(new.market).loose.discard)(deal_id)


@dataclass(frozen=True, slots=True)
class _Share:
    """What one finished deal adds to the sums, and when it came to its end."""

    market: str
    ended_ns: int
    sums: Sums
    off: dict[Venue, Decimal]

    @property
    def day(self) -> Day:
        """The same for the day in which it ended."""
        one = self.sums
        return Day(one.closed, one.void, one.written_off, one.fees_uusd, one.pnl_uusd)


def _changed(connection: sqlite3.Connection, after: int, until: int) -> list[tuple[str, bool]]:
    """Deals that the journal tells something of in these rows, and whether it is their first."""
    query = (
        "SELECT deal_id, MAX(from_state IS NULL) FROM journal NOT INDEXED "
        "WHERE seq > ? AND seq <= ? AND deal_id IS NOT NULL GROUP BY deal_id"
    )
    return [(deal_id, bool(is_new)) for deal_id, is_new in connection.execute(query, (after, until))]


def _fills_between(connection: sqlite3.Connection, after: int, until: int) -> Iterator[tuple[Any, ...]]:
    return connection.execute(
        "SELECT deal_id, d.state, o.market, f.venue, f.side, f.size, f.at_ns FROM fill AS f "
        "CROSS JOIN orders AS o USING (client_id) CROSS JOIN deal AS d USING (deal_id) WHERE f.seq > ? AND f.seq <= ?",
        (after, until),
    )


def _share(connection: sqlite3.Connection, deal_id: str, seq: int, fill_seq: int) -> _Share | None:
    """The deal as it was at that row of the journal, with the fills up to that one; None while it was not finished."""
    query = "SELECT market, to_state, at_ns FROM journal WHERE deal_id = ? AND seq <= ? ORDER BY seq"
    story = connection.execute(query, (deal_id, seq)).fetchall()
    if not story or story[-1][1] in LIVE:
        return None
    market, state, _ = story[-1]
    was_open = any(to == DealState.OPEN for _, to, _ in story)
    ended_ns = _ended_ns(story)
    fills = rows.fills_of_deal(connection, deal_id, fill_seq)
    sums = _earned(standing(fills))
    sums.closed, sums.void = int(state == DealState.CLOSED), int(state == DealState.VOID)
    sums.opened, sums.missed = int(was_open), int(state == DealState.CLOSED and not was_open)
    if state != DealState.WRITTEN_OFF:
        return _Share(market, ended_ns, sums, {})
    sums.written_off = 1
    return _Share(market, ended_ns, sums, {venue: _signed(fills, venue) for venue in Venue})


def _ended_ns(story: list[tuple[str, str, int]]) -> int:
    """When it was finished, and since then was nothing else: what is written down of it later does not move it."""
    ended = itertools.takewhile(lambda row: row[1] not in LIVE, reversed(story))
    return min(at_ns for _, _, at_ns in ended)


def _earned(fills: tuple[Fill, ...]) -> Sums:
    turnovers = [pnl.turnover(f for f in fills if f.venue is venue) for venue in Venue]
    realised, fees = sum((t.realised for t in turnovers), ZERO), sum(fill.fee_uusd for fill in fills)
    return Sums(
        fees_uusd=fees,
        pnl_uusd=uusd_down(realised) - fees,
        traded=sum((t.paid + t.received for t in turnovers), ZERO),
        realised=realised,
    )


def so_far(connection: sqlite3.Connection, deal: Deal) -> Sums:
    """What a live deal would add if it ended as it is."""
    sums = _earned(standing(deal.fills))
    query = "SELECT EXISTS (SELECT 1 FROM journal WHERE deal_id = ? AND to_state = 'OPEN')"
    sums.opened = int(connection.execute(query, (deal.deal_id,)).fetchone()[0])
    return sums


def _signed(fills: tuple[Fill, ...], venue: Venue) -> Decimal:
    return sum((f.side.sign * f.size for f in fills if f.venue is venue), ZERO)
