"""The judge of a race of processes: reads the file from outside, with its own connection and its own sums.

Shares no code with the ledger: its own SQL, its own idea of what counts.
"""

import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

from common.fleet.violation import Violation

LIVE = frozenset({"OPENING", "OPEN", "CLOSING", "STUCK"})
BUSY_TIMEOUT_S = 10.0
#: (what is asked, the answer that a sound file gives, what it means otherwise)
BOOKS: tuple[tuple[str, list[Any], str], ...] = (
    ("PRAGMA integrity_check", [("ok",)], "the file is not sound"),
    ("PRAGMA foreign_key_check", [], "a row belongs to none"),
    ("SELECT COUNT(*) = MAX(seq) AND MIN(seq) = 1 FROM journal", [(1,)], "the journal has a gap"),
    (
        "SELECT deal_id FROM deal EXCEPT SELECT deal_id FROM journal WHERE verb = 'reserve'",
        [],
        "a deal was never reserved",
    ),
    (
        "SELECT deal_id FROM orders WHERE purpose = 'OPEN' GROUP BY deal_id HAVING COUNT(*) <> 2",
        [],
        "half a reservation stands",
    ),
    (
        "SELECT f.fill_id FROM fill f WHERE f.fill_id LIKE '%!reversed' AND NOT EXISTS "
        "(SELECT 1 FROM fill t WHERE t.fill_id || '!reversed' = f.fill_id AND t.side <> f.side)",
        [],
        "what was taken back is not there",
    ),
)


class RaceJudge:
    """Looks as often as it likes while others write; `most_uusd` is the highest exposure it saw."""

    def __init__(self, file: Path, cap_uusd: int, level: int) -> None:
        self._db = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
        self._cap_uusd, self._level = cap_uusd, level
        self.looks = self.most_uusd = 0

    def look(self) -> None:
        """Exposure under the cap, no direction above the level, no market in both directions: row by row."""
        exposed, counts, directions = 0, {1: 0, -1: 0}, dict[str, int]()
        for market, direction, state, held in self._all("SELECT market, direction, state, held_uusd FROM deal"):
            exposed += held
            if state in LIVE:
                counts[direction] += 1
                if directions.setdefault(market, direction) != direction:
                    raise Violation(f"direction: {market} is live in both directions")
        self.looks, self.most_uusd = self.looks + 1, max(self.most_uusd, exposed)
        if exposed > self._cap_uusd:
            raise Violation(f"cap: {exposed} µUSD are exposed of {self._cap_uusd}")
        if max(counts.values()) > self._level:
            raise Violation(f"level: {counts} live deals by direction, {self._level} are allowed")

    def live(self, market: str) -> list[str]:
        """What a market's next process must find."""
        query = "SELECT deal_id, state, held_uusd FROM deal WHERE market = ? ORDER BY opened_ns, number"
        rows = self._all(query, market)
        return [f"{deal_id}={state}={held}" for deal_id, state, held in rows if state in LIVE]

    def books(self) -> None:
        """What must be true of the file at any time, however its writers ended."""
        for query, sound, why in BOOKS:
            if (found := self._all(query)) != sound:
                raise Violation(f"{why}: {found[:3]}")
        states: dict[str, str] = {}
        query = "SELECT deal_id, from_state, to_state FROM journal WHERE deal_id IS NOT NULL ORDER BY seq"
        for deal_id, before, after in self._all(query):
            if states.get(deal_id) != before:
                raise Violation(f"journal: {deal_id} was {states.get(deal_id)}, the next row finds it {before}")
            states[deal_id] = after
        if states != dict(self._all("SELECT deal_id, state FROM deal")):
            raise Violation("journal: it ends otherwise than the deals")

    def rest(self) -> None:
        """Everybody recovered and ended: each deal is flat or hedged, each order's fate known, nothing naked."""
        self.books()
        for (state,) in self._all("SELECT DISTINCT state FROM deal WHERE held_uusd > 0"):
            if state != "OPEN":
                raise Violation(f"a deal is {state} after all were brought to rest")
        for (client_id,) in self._all("SELECT client_id FROM orders WHERE state <> 'DONE'"):
            raise Violation(f"nobody knows the fate of {client_id}")
        net: dict[str, Decimal] = {}
        for deal_id, side, size in self._all(
            "SELECT deal_id, f.side, f.size FROM fill f JOIN orders USING (client_id)"
        ):
            net[deal_id] = net.get(deal_id, Decimal(0)) + (Decimal(size) if side == "BUY" else -Decimal(size))
        for deal_id, size in net.items():
            if size:
                raise Violation(f"naked: {deal_id} by {size}")

    def counts(self) -> dict[str, int]:
        """What came of it, for a summary line."""
        return {
            "deals": self._all("SELECT COUNT(*) FROM deal")[0][0],
            "reversed": self._all("SELECT COUNT(*) FROM fill WHERE fill_id LIKE '%!reversed'")[0][0],
            "looks": self.looks,
        }

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def _all(self, query: str, *values: str) -> list[Any]:
        return self._db.execute(query, values).fetchall()
