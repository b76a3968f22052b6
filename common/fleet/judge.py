"""The judge of a simulated run: reads the ledger's file with its own SQL and the venues' own books, adds for itself.

Shares no sums with the ledger. Here is what must hold at any moment; `rest.py` has what must hold at rest.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from common.core.market import Venue
from common.core.order import Order
from common.fleet.by_hand import OwnView
from common.fleet.losses import Losses, Lost
from common.fleet.rest import Rest
from common.fleet.violation import Violation
from common.fleet.wire import ACCOUNT
from common.ledger.report import Report
from common.sim.engine import PaperEngine

LIVE = "('OPENING', 'OPEN', 'CLOSING', 'STUCK')"
ALIVE = ("PENDING", "OPEN")
MICRO = 1_000_000
EQUITY_MAX_AGE_NS = 5_000_000_000
MINUTE_NS = 60_000_000_000
#: of fill f: neither taken back, nor what takes another back
STANDS = (
    "f.fill_id NOT LIKE '%!reversed' AND NOT EXISTS "
    "(SELECT 1 FROM fill r WHERE r.venue = f.venue AND r.fill_id = f.fill_id || '!reversed')"
)


class Judge:
    """Looks after every verb of the ledger; `close` looks at the whole once everything is at rest.

    `terms` are the leverage of the cap, the level, and what each account began with in USD.
    """

    def __init__(
        self, ledger_file: Path, engines: Mapping[Venue, PaperEngine], terms: tuple[Decimal, int, Decimal]
    ) -> None:
        self._engines = engines
        self._leverage, self._level, self._balance = terms
        #: deal → what it held when it was let in, and what it holds now
        self._reserved: dict[str, int] = {}
        self._held: dict[str, int] = {}
        self.losses = Losses(engines)
        self.looks = 0
        #: told each time a deal was let in
        self.on_admission: Callable[[], None] = lambda: None
        self.reopen(ledger_file)

    def cut(self, ledger_file: Path, now_ns: int) -> None:
        """The power failed, and this is the file now: only what was sent a moment before may be gone."""
        before = self._db
        self.reopen(ledger_file)
        gone = self.losses.cut(lambda sql, *values: before.execute(sql, values).fetchall(), self.all_rows, now_ns)
        before.close()
        for deal_id in gone:
            del self._held[deal_id]

    def reopen(self, ledger_file: Path) -> None:
        """Look at this file from now on: what was seen before must still be in it."""
        self.file = ledger_file
        self._db = sqlite3.connect(f"file:{ledger_file}?mode=ro", uri=True, isolation_level=None)
        self._version = -1

    def look(self) -> None:
        """Judge what can be judged at any moment; does nothing while the file has not changed."""
        version = self._one("PRAGMA data_version")
        if version == self._version:
            return
        self._version, self.looks = version, self.looks + 1
        self._deals()
        self._levels()

    def close(self) -> None:
        """Everything is at rest: both books must tell the same story to the micro-dollar."""
        self._version = -1
        self.look()
        with Report.open(self.file) as report:
            reported = {row.deal.deal_id: row.pnl_uusd for row in report.deals()}
        self._rest(reported).judge()

    def misses(self) -> bool:
        """A venue did something that is not in the file yet: it may still be found out."""
        rest = self._rest({})
        return any(rest.unheard(venue) for venue in self._engines)

    def _rest(self, reported: Mapping[str, int]) -> Rest:
        """The whole, seen without what a person did by hand."""
        own = {venue: OwnView(engine) for venue, engine in self._engines.items()}
        return Rest(self.all_rows, own, self._balance, reported, frozenset(self.losses.deals))

    # ---- deals come in and let go ---------------------------------------------------------------------------------

    def _deals(self) -> None:
        """Whatever came in had room; what is held never grows, and falls only when all is done."""
        rows = self.all_rows("SELECT deal_id, held_uusd, state FROM deal")
        total = sum(held for _, held, _ in rows)
        for deal_id, held, state in rows:
            before = self._held.get(deal_id)
            if before is None and deal_id in self.losses.deals:
                self._reserved[deal_id] = held
            elif before is None:
                self._admitted(deal_id, held, total)
            elif held > before:
                raise Violation(f"held of {deal_id} was raised from {before} to {held}")
            elif held < before:
                self._released(deal_id, held, state)
            self._held[deal_id] = held
        gone = self._held.keys() - {deal_id for deal_id, _, _ in rows}
        if gone:
            raise Violation(f"deals are gone from the file: {sorted(gone)[:3]}")

    def _admitted(self, deal_id: str, held: int, total: int) -> None:
        self._reserved[deal_id] = held
        equities = self.all_rows("SELECT equity_uusd, gross_uusd, at_ns, venue FROM equity")
        if len(equities) != len(self._engines):
            raise Violation(f"equity: {deal_id} was let in with {len(equities)} venues heard")
        cap = int(self._leverage * min(e for e, *_ in equities))
        cap -= max(0, *(gross - self._answered(venue, deal_id) for _, gross, _, venue in equities))
        opened_ns = self._one("SELECT opened_ns FROM deal WHERE deal_id = ?", deal_id)
        total += sum(lost.held for lost in self._lost(opened_ns))
        if total > cap:
            raise Violation(f"cap: {deal_id} was let in with {total} µUSD exposed of {cap}")
        if any(abs(opened_ns - at_ns) > EQUITY_MAX_AGE_NS for _, _, at_ns, _ in equities):
            raise Violation(f"equity: {deal_id} was let in on an equity that was too old")
        halts = "SELECT COUNT(*) FROM halt JOIN deal ON halt.market IN (deal.market, '*') WHERE deal_id = ?"
        if self._one(halts, deal_id):
            raise Violation(f"halt: {deal_id} was let in while a halt stood")
        self._covers(deal_id, held)
        self._levels(self._lost(opened_ns))
        self._limited(deal_id, opened_ns)
        self.on_admission()

    def _answered(self, venue: str, new: str) -> int:
        """What deals but the new one hold that the venue has a position for, and no order that may add to it."""
        there = {market for (market,) in self.all_rows("SELECT market FROM venue_position WHERE venue = ?", venue)}
        orders = self.all_rows("SELECT deal_id, state, reduce_only FROM orders WHERE venue = ?", venue)
        adding = {deal_id for deal_id, state, reduces in orders if state != "DONE" and not reduces}
        deals = self.all_rows("SELECT deal_id, market, held_uusd FROM deal")
        return sum(held for deal_id, market, held in deals if market in there and deal_id not in adding | {new})

    def _limited(self, deal_id: str, opened_ns: int) -> None:
        """The limits of the deal's market and of all, counted with the deal in it, by the rows as they are."""
        (market,) = self.all_rows("SELECT market FROM deal WHERE deal_id = ?", deal_id)[0]
        live = [m for (m,) in self.all_rows(f"SELECT market FROM deal WHERE state IN {LIVE}")]
        held = self.all_rows("SELECT market, held_uusd FROM deal")
        begun = self.all_rows("SELECT market, opened_ns FROM deal")
        for scope, key, most in self.all_rows("SELECT market, key, value FROM entry_limit"):
            if scope not in (market, "*"):
                continue
            within = {"deals_per_minute": MINUTE_NS, "deals_per_hour": 60 * MINUTE_NS}
            if key in within:
                there = _within(begun, scope, opened_ns - within[key], opened_ns)
            elif key == "deals":
                there = sum(scope in (m, "*") for m in live)
            else:
                there = sum(uusd for m, uusd in held if scope in (m, "*"))
            if there > most:
                raise Violation(f"limit: {deal_id} was let in as {there} of {most} {key} of {scope}")

    def _covers(self, deal_id: str, held: int) -> None:
        """A reservation holds the worst that its orders may come to."""
        orders = self.all_rows("SELECT size, limit_price FROM orders WHERE deal_id = ?", deal_id)
        worst = max((Decimal(size) * Decimal(limit) * MICRO for size, limit in orders), default=Decimal(0))
        if len(orders) != 2 or held < worst:
            raise Violation(f"{deal_id} holds {held} µUSD, its {len(orders)} orders may fill for {worst}")

    def _released(self, deal_id: str, held: int, state: str) -> None:
        """Every order is done by our word and by the venue's; what is still open is still held."""
        query = "SELECT client_id, venue, state FROM orders WHERE deal_id = ? AND client_id NOT LIKE 'forced:%'"
        for client_id, venue, order_state in self.all_rows(query, deal_id):
            known = self._engines[Venue(venue)].order_by_client_id(ACCOUNT, client_id)
            if order_state != "DONE" or (known is not None and known.status in ALIVE):
                raise Violation(f"held of {deal_id} fell while {client_id} may still fill")
        if f"'{state}'" not in LIVE:
            return
        owed = min(self._reserved[deal_id], self._open_notional(deal_id))
        if held < owed:
            raise Violation(f"{deal_id} is open for {owed} µUSD and holds {held}")

    def _open_notional(self, deal_id: str) -> int:
        """The larger leg that is still open, at the average price it was opened at, micro-USD rounded down."""
        legs: dict[str, list[Decimal]] = {}
        query = (
            "SELECT f.venue, f.side, f.price, f.size, (f.side = 'SELL') = ((f.venue = 'apex') = (d.direction = 1)) "
            f"FROM fill f JOIN orders o USING (client_id) JOIN deal d USING (deal_id) WHERE d.deal_id = ? AND {STANDS}"
        )
        for venue, side, price, size, opening in self.all_rows(query, deal_id):
            leg = legs.setdefault(venue, [Decimal(0)] * 3)
            leg[0] += Decimal(size) if side == "BUY" else -Decimal(size)
            if opening:
                leg[1] += Decimal(price) * Decimal(size)
                leg[2] += Decimal(size)
        return max((int(abs(net) * paid / size * MICRO) for net, paid, size in legs.values() if size), default=0)

    def _lost(self, now_ns: int) -> list[Lost]:
        """What a power cut took from the file, and may still fill."""
        return self.losses.counting(lambda deal_id: deal_id in self._held, now_ns)

    def _levels(self, lost: Sequence[Lost] = ()) -> None:
        for direction, count in self.all_rows(f"SELECT direction, COUNT(*) FROM deal WHERE state IN {LIVE} GROUP BY 1"):
            missing = sum(one.direction == direction for one in lost)
            if count + missing > self._level:
                raise Violation(f"level: {count} live deals in direction {direction:+d}, {missing} more are forgotten")
        both = f"SELECT market FROM deal WHERE state IN {LIVE} GROUP BY 1 HAVING COUNT(DISTINCT direction) > 1"
        for (market,) in self.all_rows(both):
            raise Violation(f"direction: {market} is live in both directions")

    # ---- orders arrive --------------------------------------------------------------------------------------------

    def departed(self, order: Order, now_ns: int) -> None:
        """An order leaves: its row must be there."""
        if not self.all_rows("SELECT 1 FROM orders WHERE client_id = ? AND state = 'NEW'", order.client_id):
            raise Violation(f"order {order.client_id} was sent to {order.venue} without a row")
        self.losses.sent(order, now_ns)

    def arrived(self, order: Order) -> None:
        """An order was newly taken in by a venue: its row must be there, and nobody may have called it dead."""
        rows = self.all_rows("SELECT state FROM orders WHERE client_id = ?", order.client_id)
        lost = None if rows else self.losses.of_order(order.client_id)
        if not rows and lost is None:
            raise Violation(f"order {order.client_id} reached {order.venue} without a row")
        if (rows and rows[0][0] == "DONE") or (lost is not None and self._given_up(lost)):
            raise Violation(f"order {order.client_id} reached {order.venue} after it was called dead")

    def _given_up(self, lost: Lost) -> bool:
        """The file does not wait for what was lost any more."""
        query = "SELECT 1 FROM journal WHERE verb = 'dispel' AND market = ? AND seq > ?"
        return bool(self.all_rows(query, lost.market, lost.seq))

    # ---- looking --------------------------------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """What is in the file, for a summary line."""
        queries = {
            "deals": "SELECT COUNT(*) FROM deal",
            "closed": "SELECT COUNT(*) FROM deal WHERE state = 'CLOSED'",
            "stuck": "SELECT COUNT(*) FROM deal WHERE state = 'STUCK'",
            "fills": "SELECT COUNT(*) FROM fill",
            "forced": "SELECT COUNT(*) FROM fill WHERE client_id LIKE 'forced:%' AND fill_id NOT LIKE '%!reversed'",
            "reversed": "SELECT COUNT(*) FROM fill WHERE fill_id LIKE '%!reversed'",
            "payments": "SELECT COUNT(*) FROM funding",
            "halts": "SELECT COUNT(*) FROM halt",
            "shrunk": "SELECT COUNT(*) FROM journal WHERE verb = 'write' AND why IN ('reduce', 'its turn to shrink')",
        }
        return {name: self._one(query) for name, query in queries.items()}

    def shut(self) -> None:
        """Let the file go."""
        self._db.close()

    def all_rows(self, sql: str, *values: Any) -> list[Any]:
        return self._db.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: Any) -> Any:
        return self._db.execute(sql, values).fetchone()[0]


def _within(begun: list[Any], scope: str, after_ns: int, until_ns: int) -> int:
    """Deals of a market ('*': of any) that were begun in this time."""
    return sum(scope in (market, "*") and after_ns < at_ns <= until_ns for market, at_ns in begun)
