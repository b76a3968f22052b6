"""The judge of a simulated run: reads the ledger's file with its own SQL and the venues' own books, adds for itself.

Shares no sums with the ledger. A violation names the law, so that seed and sentence are a bug report.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from common.core.market import Venue
from common.core.order import Order
from common.fleet.wire import ACCOUNT
from common.sim.engine import PaperEngine

LIVE = "('OPENING', 'OPEN', 'CLOSING', 'STUCK')"
LEVERAGE_MILLI, LEVEL = 2500, 4


class Violation(AssertionError):
    """A law was broken; the text says which and where."""


class Judge:
    """Looks after every step; `close` looks at the whole once everything is at rest."""

    def __init__(self, ledger_file: Path, engines: Mapping[Venue, PaperEngine]) -> None:
        self._db = sqlite3.connect(f"file:{ledger_file}?mode=ro", uri=True, isolation_level=None)
        self._engines = engines
        self._version = -1
        self._held: dict[str, int] = {}
        self.looks = 0

    def look(self) -> None:
        """Judge what can be judged at any moment; does nothing while the file has not changed."""
        version = self._one("PRAGMA data_version")
        if version == self._version:
            return
        self._version, self.looks = version, self.looks + 1
        self._admissions()
        self._levels()

    def close(self) -> None:
        """Everything is at rest: both books must tell the same story to the micro-dollar."""
        self._fills()
        self._evenness()
        self._money()
        self._journal()
        self._db.close()

    # ---- at any moment --------------------------------------------------------------------------------------------

    def _admissions(self) -> None:
        """Exposure under the cap whenever a deal was let in; held never grows, and falls only when all is done."""
        rows = self._all("SELECT deal_id, held_uusd FROM deal")
        total = sum(held for _, held in rows)
        for deal_id, held in rows:
            before = self._held.get(deal_id)
            if before is None:
                self._under_cap(deal_id, held, total)
            elif held > before:
                raise Violation(f"held of {deal_id} was raised from {before} to {held}")
            elif held < before:
                self._proven(deal_id)
            self._held[deal_id] = held

    def _under_cap(self, deal_id: str, held: int, total: int) -> None:
        equities = self._all("SELECT equity_uusd, gross_uusd FROM equity")
        cap = LEVERAGE_MILLI * min(e for e, _ in equities) // 1000
        cap -= max(0, max(g for _, g in equities) - (total - held))
        if total > cap:
            raise Violation(f"cap: {deal_id} was let in with {total} µUSD exposed of {cap}")
        halts = "SELECT COUNT(*) FROM halt JOIN deal ON halt.market IN (deal.market, '*') WHERE deal_id = ?"
        if self._one(halts, deal_id):
            raise Violation(f"halt: {deal_id} was let in while a halt stood")

    def _proven(self, deal_id: str) -> None:
        for client_id, venue, state in self._all(
            "SELECT client_id, venue, state FROM orders WHERE deal_id = ?", deal_id
        ):
            known = self._engines[Venue(venue)].order_by_client_id(ACCOUNT, client_id)
            alive = known is not None and known.status not in ("FILLED", "CANCELED")
            if state != "DONE" or alive:
                raise Violation(f"held of {deal_id} fell while {client_id} may still fill")

    def _levels(self) -> None:
        for direction, count in self._all(f"SELECT direction, COUNT(*) FROM deal WHERE state IN {LIVE} GROUP BY 1"):
            if count > LEVEL:
                raise Violation(f"level: {count} live deals in direction {direction:+d}")
        both = f"SELECT market FROM deal WHERE state IN {LIVE} GROUP BY 1 HAVING COUNT(DISTINCT direction) > 1"
        for (market,) in self._all(both):
            raise Violation(f"direction: {market} is live in both directions")

    def arrived(self, order: Order) -> None:
        """An order was taken in by a venue: its row must be there, and nobody may have called it dead."""
        rows = self._all("SELECT state FROM orders WHERE client_id = ?", order.client_id)
        if not rows:
            raise Violation(f"order {order.client_id} reached {order.venue} without a row")
        if rows[0][0] == "DONE":
            raise Violation(f"order {order.client_id} reached {order.venue} after it was called dead")

    # ---- at rest --------------------------------------------------------------------------------------------------

    def _fills(self) -> None:
        for venue, engine in self._engines.items():
            ours = {
                fill_id: (side, Decimal(price), Decimal(size), fee)
                for fill_id, side, price, size, fee in self._all(
                    "SELECT fill_id, side, price, size, fee_uusd FROM fill WHERE venue = ?", venue.value
                )
            }
            theirs = {f.fill_id: (f.side.value, f.price, f.size, int(f.fee * 1_000_000)) for f in engine.fills(ACCOUNT)}
            if ours != theirs:
                odd = sorted(set(ours.items()) ^ set(theirs.items()))[:3]
                raise Violation(f"fills at {venue} differ: {odd}")

    def _evenness(self) -> None:
        unfinished = self._all("SELECT client_id FROM orders WHERE state <> 'DONE'")
        if unfinished:
            raise Violation(f"orders without proof at rest: {unfinished[:3]}")
        for deal_id, state, net, smallest in self._nets():
            halted = self._one("SELECT COUNT(*) FROM halt")
            if abs(net) >= smallest and not (state == "STUCK" and halted):
                raise Violation(f"naked at rest: {deal_id} ({state}) by {net}")

    def _nets(self) -> Iterator[tuple[str, str, Decimal, Decimal]]:
        for deal_id, market, state in self._all("SELECT deal_id, market, state FROM deal"):
            fills = self._all(
                "SELECT f.side, f.size FROM fill f JOIN orders o ON o.client_id = f.client_id WHERE o.deal_id = ?",
                deal_id,
            )
            net = sum((Decimal(size) * (1 if side == "BUY" else -1) for side, size in fills), Decimal(0))
            yield deal_id, state, net, max(e.instruments[market].min_size for e in self._engines.values())

    def _money(self) -> None:
        """What the venues' balances moved by is what the ledger's fills, fees and funding add up to."""
        for venue, engine in self._engines.items():
            cash = Decimal(100)
            for side, price, size, fee in self._all(
                "SELECT side, price, size, fee_uusd FROM fill WHERE venue = ?", venue.value
            ):
                cash += Decimal(price) * Decimal(size) * (1 if side == "SELL" else -1) - Decimal(fee) / 1_000_000
            cash += sum((p.payment for p in engine.funding(ACCOUNT)), Decimal(0))
            balance = engine.account(ACCOUNT).balance
            if cash != balance:
                raise Violation(f"money at {venue}: the ledger's rows make {cash}, the venue has {balance}")

    def _journal(self) -> None:
        """The journal's last word on each deal is the state it has."""
        for deal_id, state in self._all("SELECT deal_id, state FROM deal"):
            last = self._one(
                "SELECT to_state FROM journal WHERE deal_id = ? AND to_state IS NOT NULL ORDER BY seq DESC LIMIT 1",
                deal_id,
            )
            if last != state:
                raise Violation(f"journal: {deal_id} is {state}, the journal ends with {last}")

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self._db.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: Any) -> Any:
        return self._db.execute(sql, values).fetchone()[0]
