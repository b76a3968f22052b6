"""The verbs of the ledger that allow or forbid new deals: cap, limits, halts. Each one transaction, one journal row."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from common.core.events import HaltLevel
from common.ledger import bounds, limits, rows
from common.ledger.bounds import Bound
from common.ledger.limits import EVERY_MARKET, CapTerms
from common.ledger.rows import Author, Entry
from common.ledger.shapes import Refusal
from common.ledger.store import Store


@dataclass(frozen=True, slots=True)
class Moved:
    """A limit was set; `before` None: there was none."""

    bound: Bound
    before: int | None


class LimitVerbs:
    """The part of `Ledger` that writes limits."""

    def __init__(self, store: Store, author: Author) -> None:
        self._store, self._author = store, author

    def set_cap(self, terms: CapTerms, why: str, at_ns: int) -> bool:
        """Put the fleet's cap into force, whatever it was; False when it is already."""
        with self._store.transaction() as connection:
            changed = limits.put_cap(connection, terms)
            if changed:
                self._journal(connection, Entry(at_ns, "set_cap", f"{why}: {_spoken(terms)}"))
            return changed

    def configure(self, wanted: Iterable[Bound], why: str, at_ns: int) -> tuple[str, ...]:
        """Take in what arb.toml says at a start: new limits are set, lowered ones lowered, none is raised."""
        with self._store.transaction() as connection:
            said = bounds.follow(connection, wanted)
            if said:
                self._journal(connection, Entry(at_ns, "configure", f"{why}: {'; '.join(said)}"))
            return tuple(said)

    def set_limit(self, bound: Bound, why: str, *, who: str, confirmed: bool, at_ns: int) -> Moved | Refusal:
        """A person sets one limit. A lower value is taken at once; a higher one only `confirmed`, and with a reason."""
        with self._store.transaction() as connection:
            rows_now = bounds.standing(connection)
            before = rows_now.get(bound.place)
            if before is not None and bound.value > before and not (confirmed and why.strip()):
                return Refusal("unconfirmed")
            if reason := _crossed(rows_now | {bound.place: bound.value}):
                return Refusal(reason)
            if before != bound.value:
                bounds.put(connection, bound)
                old = "none" if before is None else bound.key.spoken(before)
                text = f"{bound.name} {old} → {bound.key.spoken(bound.value)} by {who}: {why}"
                market = None if bound.market == EVERY_MARKET else bound.market
                self._journal(connection, Entry(at_ns, "set_limit", text, market=market))
            return Moved(bound, before)

    def halt(self, level: HaltLevel, market: str, why: str, *, who: str, at_ns: int) -> bool:
        """Halt a market ('*': all) or make its halt stricter; False when it is as strict already."""
        with self._store.transaction() as connection:
            changed = limits.put_halt(connection, level, market, why, who=who, at_ns=at_ns)
            if changed:
                self._journal(connection, Entry(at_ns, "halt", f"{level} by {who}: {why}", market=market))
            return changed

    def resume(self, market: str, why: str, *, who: str, at_ns: int) -> bool:
        """Clear the halt of exactly this market, or of '*'; False when there is none."""
        with self._store.transaction() as connection:
            changed = limits.clear_halt(connection, market)
            if changed:
                self._journal(connection, Entry(at_ns, "resume", f"by {who}: {why}", market=market))
            return changed

    def halt_level(self, market: str) -> HaltLevel:
        """The stricter of the market's own halt and the one for every market."""
        with self._store.reading() as connection:
            return limits.strictest_halt(connection, market)

    def _journal(self, connection: sqlite3.Connection, entry: Entry) -> None:
        rows.insert_entry(connection, self._author, entry)


def _crossed(rows_then: dict[bounds.Place, int]) -> str:
    """What two limits must never say against each other; empty when they do not."""
    entry, most = (rows_then.get((EVERY_MARKET, name)) for name in ("leverage_entry", "leverage_max"))
    if entry is None or most is None:
        return "the ledger has no cap yet: start the fleet once"
    return "" if 0 < entry <= most else "leverage_entry must be above 0 and not above leverage_max"


def _spoken(terms: CapTerms) -> str:
    return f"leverage {terms.leverage_entry} up to {terms.leverage_max}, level {terms.level}"
