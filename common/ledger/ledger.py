"""The ledger's verbs: each one transaction, one journal row, and the deal as the file then has it.

A verb that changes nothing writes nothing. Expected refusals are values. It never decides what a deal needs
(core does) and never speaks to a venue.
"""

import sqlite3
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

from common.core.account import AccountFacts, ForcedFill, FundingPaid
from common.core.deal import Deal, DealState, check_move
from common.core.errors import IllegalMove, LocalError
from common.core.events import HaltLevel
from common.core.market import Venue
from common.core.money import ZERO, uusd_up
from common.core.order import Order
from common.ledger import account, forced, limits, migrate, remembered, rows, sums, verify, writeoff
from common.ledger.boot_verbs import LEDGER, BootVerbs
from common.ledger.facts import Fact, client_id_of, described, fills_in, heard
from common.ledger.limit_verbs import LimitVerbs
from common.ledger.person_verbs import PersonVerbs
from common.ledger.remembered import Remembered
from common.ledger.rows import Author, Entry
from common.ledger.shapes import Refusal as Refusal
from common.ledger.shrinking import Shrinking
from common.ledger.store import Store
from common.ledger.unheard import Unheard

#: what the triggers say to a reservation that has no room; every other complaint is a bug
REFUSALS = frozenset({"halted", "doubt", "equity", "direction", "level", "deals", "notional", "rate", "cap", "version"})
#: heartbeats of one process are not written more often than this
HEARTBEAT_MIN_NS = 2_000_000_000


class Ledger(PersonVerbs, LimitVerbs, BootVerbs):
    """One process's way to write the ledger; for reading only, see report.py."""

    def __init__(self, store: Store, author: Author) -> None:
        super().__init__(store, author)
        self._past = Remembered(store.path)
        self.unheard = Unheard(store, self._past)
        #: what workers and warden tell each other while the fleet shrinks
        self.shrinking = Shrinking(store)
        self._beats: dict[str, int] = {}
        self._begun = set()

    @classmethod
    def create(cls, path: Path, *, created_ns: int, config_hash: str, code_version: str, pid: int) -> Self:
        """Make or migrate the file if needed, from any number of processes at once, look it over, and open it."""
        migrate.ensure(path, at_ns=created_ns, code_version=code_version)
        verify.glance(path)
        remembered.catch_up(path)
        return cls.open(path, config_hash=config_hash, code_version=code_version, pid=pid)

    @classmethod
    def open(cls, path: Path, *, config_hash: str, code_version: str, pid: int) -> Self:
        """Open an existing, checked file for writing; LedgerError with a remedy when it cannot serve."""
        return cls(Store(path, writer=True), Author(pid, code_version, config_hash))

    def close(self) -> None:
        """Let the file go."""
        self._store.close()

    def goes_by(self, config_hash: str) -> None:
        """Settings were taken in while at work: what is written from now on names them, and a sign of life is due."""
        self._author = replace(self._author, config_hash=config_hash)
        self._beats.clear()

    def tidy(self) -> None:
        """Take a long log into the file: for a process that the disk may keep waiting."""
        self._store.tidy()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # ---- deals ----------------------------------------------------------------------------------------------

    def reserve(self, deal: Deal, why: str) -> Deal | Refusal:
        """Insert an OPENING deal with its orders if halt, equity, direction, level and cap leave room.

        Of a market that has begun it is not durable yet (`is_ahead`): send, then make it so.
        LocalError when `held_uusd` is less than an order's size × limit.
        """
        worst = max((uusd_up(o.size * o.limit) for o in deal.orders), default=0)
        if deal.held_uusd < worst or not deal.orders:
            raise LocalError(f"deal {deal.deal_id} holds {deal.held_uusd} µUSD, its orders may fill for {worst}")
        with self._store.transaction(durable=deal.market not in self._begun) as connection:
            reason = _insert_judged(connection, deal, self._author)
            if reason is not None:
                return Refusal(reason)
            rows.put_orders(connection, deal.deal_id, enumerate(deal.orders, 1), self._author)
            self._journal(connection, _entry("reserve", deal, None, deal.state, why, at_ns=deal.opened_ns))
        # What was inserted is what the file has: reading it back would take as long again as writing it.
        return deal

    def write(self, deal_id: str, orders: tuple[Order, ...], to: DealState | None, why: str, at_ns: int) -> Deal:
        """Add exit or evening orders to a deal and move it (None: it stays): never refused for cap, level or halt."""
        with self._store.transaction() as connection:
            deal = rows.must_get(connection, deal_id)
            state = to or deal.state
            if state is not deal.state:
                check_move(deal_id, deal.state, state)
                rows.update_deal(connection, deal, state, deal.held_uusd, at_ns)
            rows.insert_orders(connection, deal_id, orders, self._author)
            self._journal(connection, _entry("write", deal, deal.state, state, why, at_ns=at_ns))
            return rows.must_get(connection, deal_id)

    def record(self, fact: Fact) -> Deal | None:
        """Write down what was heard about an order; None when the client id is not ours.

        A fill on a finished deal, or one that takes another back, is accepted and halts the market in the same
        transaction.
        """
        with self._store.transaction() as connection:
            order = rows.get_order(connection, client_id_of(fact))
            if order is None:
                return None
            known = rows.fills_of(connection, order.client_id)
            added = [fill for fill in fills_in(fact) if rows.insert_fill(connection, fill, fact.at_ns)]
            new = heard(order, sum((f.size for f in known if f.side is order.side), ZERO), fact)
            deal = rows.must_get(connection, order.deal_id)
            if new == order and not added:
                return deal
            rows.update_order(connection, order, new)
            why = described(order, new, len(added), fact)
            unforeseen = "taken back" if any(f.is_reversal for f in added) else "late" if not deal.live else ""
            if added and unforeseen:
                why += f", {unforeseen}: market halted"
                limits.put_halt(connection, HaltLevel.HALT, deal.market, why, who=LEDGER, at_ns=fact.at_ns)
            self._journal(connection, _entry("record", deal, deal.state, deal.state, why, at_ns=fact.at_ns))
            return rows.must_get(connection, order.deal_id)

    def move(self, deal_id: str, to: DealState, held_uusd: int, why: str, at_ns: int) -> Deal:
        """Move a deal and lower what it holds (settle, release, stuck); IllegalMove when the table forbids it."""
        with self._store.transaction() as connection:
            deal = rows.must_get(connection, deal_id)
            if (to, held_uusd) == (deal.state, deal.held_uusd):
                return deal
            if to is not deal.state:
                check_move(deal_id, deal.state, to)
            if to is DealState.WRITTEN_OFF or held_uusd > deal.held_uusd:
                raise IllegalMove(f"deal {deal_id}: no move from {deal.held_uusd} µUSD held to {to} with {held_uusd}")
            rows.update_deal(connection, deal, to, held_uusd, at_ns)
            self._journal(connection, _entry("move", deal, deal.state, to, why, at_ns=at_ns))
            return rows.must_get(connection, deal_id)

    def deal(self, deal_id: str) -> Deal | None:
        """One deal with all its rows, or None."""
        with self._store.reading() as connection:
            return rows.get_deal(connection, deal_id)

    def live_deals(self, market: str | None = None) -> tuple[Deal, ...]:
        """Live deals of one market, or of all, oldest first."""
        with self._store.reading() as connection:
            return rows.get_live(connection, market)

    def unfinished_deals(self, market: str, dust: Decimal = ZERO) -> tuple[Deal, ...]:
        """What recovery starts from: live deals, and finished ones with something open.

        Open is an order that is not accounted for, or fills that are uneven by `dust` (the smallest order) or more.
        """
        with self._store.reading() as connection:
            loose = self._past.now(connection).of(market).loose
            return rows.get_live(connection, market) + writeoff.get_loose(connection, loose, dust)

    def dust(self, market: str) -> dict[Venue, Decimal]:
        """What finished deals of the market left at each venue, signed base size; written-off ones are not ours."""
        with self._store.reading() as connection:
            return sums.left_behind(connection, self._past.now(connection), market)

    def next_number(self, market: str) -> int:
        """The number of the market's next deal, from 1."""
        with self._store.reading() as connection:
            row = connection.execute("SELECT COALESCE(MAX(number), 0) + 1 FROM deal WHERE market = ?", (market,))
            return int(row.fetchone()[0])

    @property
    def incarnation(self) -> str:
        """The part of every new client id that tells this file, and what was put back into it, from all others."""
        with self._store.reading() as connection:
            return str(connection.execute("SELECT name FROM incarnation ORDER BY id DESC").fetchone()[0])

    # ---- accounts and telemetry -----------------------------------------------------------------------------

    def write_account(self, facts: AccountFacts, *, min_age_ns: int = 0) -> bool:
        """Equity and positions of a venue, not journalled; False when the row there is newer or younger than that."""
        known_ns = self._equity_at(facts.venue)
        if known_ns is not None and facts.at_ns - known_ns < max(min_age_ns, 1):
            return False
        with self._store.transaction(durable=False) as connection:
            known_ns = account.equity_at(connection, facts.venue)
            if known_ns is not None and facts.at_ns - known_ns < max(min_age_ns, 1):
                return False
            account.put_account(connection, facts)
            return True

    def account_age(self, venue: Venue, now_ns: int) -> int | None:
        """Nanoseconds since the venue's equity was heard; None while it never was."""
        known_ns = self._equity_at(venue)
        return None if known_ns is None else now_ns - known_ns

    def heartbeat(self, market: str, state: str, *, decided_ns: int, at_ns: int) -> bool:
        """One row per worker, not journalled; False when this process wrote the last one a moment ago."""
        if at_ns - self._beats.get(market, 0) < HEARTBEAT_MIN_NS:
            return False
        with self._store.transaction(durable=False) as connection:
            account.put_beat(connection, (market, at_ns, state, decided_ns), self._author)
        self._beats[market] = at_ns
        return True

    def book_funding(self, paid: FundingPaid, at_ns: int) -> bool:
        """Append a funding payment, once; False when the file has it already."""
        with self._store.transaction() as connection:
            new = account.put_funding(connection, paid)
            if new:
                why = f"{paid.venue} {paid.payment_id}: {paid.payment_uusd} µUSD"
                self._journal(connection, Entry(at_ns, "book_funding", why, market=paid.market))
            return new

    def book_forced(self, fill: ForcedFill) -> tuple[Deal, ...]:
        """Book a fill that no order of ours asked for (or its reversal) to the market's deals, and halt the market.

        The deals as they are then; empty when the file has it already or no deal ever was.
        """
        with self._store.transaction() as connection:
            loose = self._past.now(connection).of(fill.market).loose
            why, deal_ids = forced.book(connection, fill, loose, self._author)
            if why:
                limits.put_halt(connection, HaltLevel.HALT, fill.market, why, who=LEDGER, at_ns=fill.at_ns)
                self._journal(connection, Entry(fill.at_ns, "book_forced", why, market=fill.market))
            return tuple(rows.must_get(connection, deal_id) for deal_id in deal_ids)

    def _equity_at(self, venue: Venue) -> int | None:
        with self._store.reading() as connection:
            return account.equity_at(connection, venue)


def _insert_judged(connection: sqlite3.Connection, deal: Deal, author: Author) -> str | None:
    """Insert the deal's row; the reason when the triggers refuse it."""
    try:
        rows.insert_deal(connection, deal, author)
    except sqlite3.IntegrityError as error:
        if str(error) in REFUSALS:
            return str(error)
        raise
    return None


def _entry(verb: str, deal: Deal, from_: DealState | None, to: DealState, why: str, *, at_ns: int) -> Entry:
    return Entry(at_ns, verb, why, market=deal.market, deal_id=deal.deal_id, from_state=from_, to_state=to)
