"""Reading the ledger: what arbctl shows and a summary counts. Opens the file query-only, prints nothing.

Times are the `at_ns` of the rows; whoever shows them subtracts from his clock. Sums of price × size are exact.
"""

from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from common.core.deal import Deal, DealState
from common.core.events import HaltLevel, Way
from common.core.market import Direction, Venue
from common.ledger import bounds, earnings, overview, rows, story, sums, writeoff
from common.ledger.account import BEAT
from common.ledger.bounds import Bound
from common.ledger.earnings import Earned
from common.ledger.remembered import Remembered
from common.ledger.shapes import (
    Beat,
    CapRow,
    Choice,
    Counts,
    DealRow,
    Doubt,
    Dust,
    Equity,
    Halt,
    JournalRow,
    MarketRow,
    SpreadRow,
    Tally,
    Totals,
    TradeRow,
    Usage,
)
from common.ledger.store import Store
from common.ledger.story import Story

#: rows of the journal that are shown unless asked for more
TAIL = 50
#: the columns of a JournalRow
_TOLD = (
    "SELECT seq, at_ns, verb, market, deal_id, from_state, to_state, why, pid, code_version, config_hash FROM journal"
)
ANY_STATE = tuple(state.value for state in DealState)


class Report:
    """A reader of the ledger file; every method is one consistent look at it."""

    def __init__(self, store: Store) -> None:
        self._store, self._past = store, Remembered(store.path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a checked file for reading only; LedgerError with a remedy when there is none or it cannot serve."""
        return cls(Store(path, writer=False))

    def close(self) -> None:
        """Let the file go."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def markets(self) -> tuple[MarketRow, ...]:
        """One row per market that has live deals, a position at a venue, or fills that do not cancel out."""
        with self._store.reading() as connection:
            return overview.market_rows(connection, self._past.now(connection))

    def counts(self) -> Counts:
        """Live deals per direction, over the whole fleet."""
        with self._store.reading() as connection:
            query = f"SELECT COUNT(*) FROM deal WHERE direction = ? AND {rows.LIVE_SQL}"
            plus, minus = (connection.execute(query, (int(d),)).fetchone()[0] for d in Direction)
            row = connection.execute("SELECT level FROM cap").fetchone()
            return Counts(plus, minus, None if row is None else row[0])

    def cap(self) -> CapRow:
        """Exposure and the cap as the triggers see them now; None where rows are missing."""
        with self._store.reading() as connection:
            held, cap = connection.execute("SELECT held_uusd, cap_uusd FROM room").fetchone()
            query = "SELECT leverage_entry, leverage_max, level, equity_max_age_ns FROM cap"
            row = connection.execute(query).fetchone()
            if row is None:
                return CapRow(held, cap)
            return CapRow(held, cap, Decimal(row[0]) / 1000, Decimal(row[1]) / 1000, row[2], row[3])

    def limits(self) -> tuple[Bound, ...]:
        """Every limit in force: the fleet's first, then by market."""
        with self._store.reading() as connection:
            return bounds.in_order(bounds.standing(connection))

    def usage(self, now_ns: int) -> dict[str, Usage]:
        """By market, and for '*', what the limits count."""
        with self._store.reading() as connection:
            return {used.market: used for used in bounds.used(connection, now_ns)}

    def equities(self) -> tuple[Equity, ...]:
        """What each venue last said the account is worth."""
        query = "SELECT venue, equity_uusd, gross_uusd, at_ns FROM equity ORDER BY venue DESC"
        return tuple(Equity(Venue(row[0]), *row[1:]) for row in self._all(query))

    def halts(self) -> tuple[Halt, ...]:
        """All halts in force."""
        found = self._all("SELECT market, level, why, who, at_ns FROM halt ORDER BY market")
        return tuple(Halt(row[0], HaltLevel(row[1]), *row[2:]) for row in found)

    def doubts(self) -> tuple[Doubt, ...]:
        """Markets of which a power cut may have taken the newest deal from the file: nobody enters meanwhile."""
        found = self._all("SELECT market, since_ns, at_ns FROM doubt ORDER BY market")
        return tuple(Doubt(*row) for row in found)

    def heartbeats(self) -> tuple[Beat, ...]:
        """The last sign of life of each worker."""
        found = self._all(f"SELECT {BEAT} FROM heartbeat ORDER BY market")
        return tuple(Beat(*row) for row in found)

    def deals(self, market: str | None = None, *, live: bool = False) -> tuple[DealRow, ...]:
        """All deals (of one market; the live ones only), oldest first, with what they earned."""
        with self._store.reading() as connection:
            found = rows.get_live(connection, market) if live else rows.get_all(connection, market)
            return tuple(overview.deal_row(d) for d in sorted(found, key=lambda d: (d.market, d.number)))

    def newest(self, limit: int, *, market: str | None = None, states: Collection[str] = ANY_STATE) -> list[DealRow]:
        """The `limit` deals opened last (of one market, in one of these states), oldest first."""
        with self._store.reading() as connection:
            return [overview.deal_row(deal) for deal in rows.get_newest(connection, market, states, limit)]

    def deal(self, deal_id: str) -> DealRow | None:
        """One deal, or None."""
        with self._store.reading() as connection:
            found = rows.get_deal(connection, deal_id)
            return None if found is None else overview.deal_row(found)

    def choice(self, deal_id: str) -> Choice | None:
        """What a person chose last for the deal; None when nobody did."""
        row = self._all("SELECT deal_id, way, who, why, at_ns FROM wish WHERE deal_id = ?", (deal_id,))
        return Choice(row[0][0], Way(row[0][1]), *row[0][2:]) if row else None

    def proven_flat(self, deal: Deal, at_ns: int) -> bool:
        """Whether a write-off of this deal would need no force: both venues seen flat there, lately and for good."""
        with self._store.reading() as connection:
            return writeoff.proven_flat(connection, deal, at_ns)

    def totals(self, market: str | None = None) -> Totals:
        """Counts and sums over all deals (of one market); money rounded once, against ourselves."""
        with self._store.reading() as connection:
            return overview.totals(connection, self._past.now(connection), market)

    def dust(self) -> tuple[Dust, ...]:
        """What finished deals left behind in each market, where it is not nothing."""
        with self._store.reading() as connection:
            past = self._past.now(connection)
            left = {market: sums.left_behind(connection, past, market) for market in sorted(past.markets)}
            return tuple(Dust(market, sizes) for market, sizes in left.items() if any(sizes.values()))

    def tallies(self) -> tuple[Tally, ...]:
        """Per market that ever had a deal: how many are finished, and what all of them earned, each rounded down."""
        with self._store.reading() as connection:
            return overview.tallies(connection, self._past.now(connection))

    def earned(self, from_day: int) -> tuple[Earned, ...]:
        """By day from that one on (its number since 1970) and market: what ended in it, and was paid for it."""
        with self._store.reading() as connection:
            return tuple(earnings.days(self._past.now(connection), from_day))

    def filled_ns(self) -> dict[str, int]:
        """By market, when the last fill was written down."""
        with self._store.reading() as connection:
            past = self._past.now(connection)
            return {market: max(place.filled_ns.values()) for market, place in past.markets.items()}

    def journal(self, limit: int = TAIL, *, market: str | None = None, deal_id: str | None = None) -> list[JournalRow]:
        """The newest `limit` rows (of a market, of a deal), oldest first."""
        # a deal's rows by their index; a market's from the end on
        of = "(?1 IS NULL OR market = ?1)" + ("" if deal_id is None else " AND deal_id = ?2")
        query = f"{_TOLD} WHERE {of} ORDER BY seq DESC LIMIT ?3"
        return [JournalRow(*row) for row in reversed(self._all(query, (market, deal_id, limit)))]

    def told_after(self, seq: int, limit: int) -> list[JournalRow]:
        """The first `limit` rows of the journal behind that one, oldest first."""
        return [JournalRow(*row) for row in self._all(f"{_TOLD} WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit))]

    def spreads(self, market: str | None = None) -> list[SpreadRow]:
        """One row per reservation: what the original kept in spread.txt, with its signed count of that moment."""
        query = (
            "SELECT j.at_ns, d.market, d.deal_id, d.direction, j.from_state, j.to_state, d.edge_uusd, d.size, j.why "
            "FROM journal AS j JOIN deal AS d USING (deal_id) ORDER BY j.seq"
        )
        return [row for row in overview.spread_rows(self._all(query)) if market in (None, row.market)]

    def trades(self, market: str | None = None, *, deal_id: str | None = None) -> list[TradeRow]:
        """One row per fill (of a market, of a deal): what the original kept in trades.txt."""
        of = "(?1 IS NULL OR o.market = ?1)" + ("" if deal_id is None else " AND o.deal_id = ?2")
        query = (
            "SELECT f.at_ns, o.market, o.deal_id, o.purpose, f.venue, f.side, f.size, f.price, f.fee_uusd, "
            "f.client_id, o.venue_order_id, f.fill_id, f.venue_ns FROM fill AS f JOIN orders AS o USING (client_id) "
            f"WHERE {of} ORDER BY f.seq"
        )
        return [overview.trade_row(row) for row in self._all(query, (market, deal_id)[: 1 + (deal_id is not None)])]

    def story(self, since_ns: int | None = None, market: str | None = None) -> Story:
        """What happened to the deals that were reserved since (None: to all), of one market."""
        with self._store.reading() as connection:
            return story.tell(connection, since_ns, market)

    def since(self, most: int, since_ns: int) -> int:
        """From when on at most so many deals were reserved, and not before `since_ns`."""
        found = self._all("SELECT opened_ns FROM deal ORDER BY opened_ns DESC LIMIT 1 OFFSET ?", (most,))
        return max([since_ns, *(int(opened_ns) + 1 for (opened_ns,) in found)])

    def incarnation(self) -> tuple[str, int]:
        """The name of this file in new client ids, and since when."""
        name, created_ns = self._all("SELECT name, created_ns FROM incarnation ORDER BY id DESC LIMIT 1")[0]
        return name, created_ns

    def _all(self, query: str, values: tuple[str | int | None, ...] = ()) -> list[tuple[Any, ...]]:
        with self._store.reading() as connection:
            return connection.execute(query, values).fetchall()
