"""What the outside checker counts after a drill: deals by their end, time naked, unwinds, and what is not at rest.

Counts from the rows for itself; shares nothing with the ledger's code and writes nothing.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from scripts.audit import BUSY_TIMEOUT_S, AuditError, read_ledger
from scripts.audit_facts import ZERO, LedgerFacts, OneFill
from scripts.audit_story import unfinished

NS_PER_S = 1e9


@dataclass(frozen=True, slots=True)
class Tally:
    """A ledger counted. `opened` were hedged once; `missed` were closed without ever having been."""

    opened: int
    closed: int
    missed: int
    void: int
    stuck: tuple[str, ...]
    live: tuple[str, ...]
    #: closed deals that needed an evening order, and what they earned in all, micro-USD, fees included
    unwound: int
    unwound_uusd: int
    earned_uusd: int
    #: seconds each deal was uneven, by the venues' times of its fills
    naked_s: tuple[float, ...]
    #: orders whose fate is open, deals between two states: nothing of this may be left at rest
    restless: tuple[str, ...]
    halts: tuple[str, ...]


def tally(ledger_file: Path, now_ns: int, dust: Mapping[str, Decimal]) -> Tally:
    """Count the whole file. AuditError when it cannot be read."""
    ledger = read_ledger(ledger_file, now_ns)
    fills = _fills_of(ledger)
    evened = set(_column(ledger_file, "SELECT DISTINCT deal_id FROM orders WHERE purpose = 'EVEN'"))
    hedged = {step.deal_id for step in ledger.steps if step.after == "OPEN"}
    ended = {state: [d for d in ledger.deals.values() if d.state == state] for state in ("CLOSED", "VOID", "STUCK")}
    earned = {d.deal_id: int(sum((f.cash_uusd for f in fills.get(d.deal_id, [])), ZERO)) for d in ended["CLOSED"]}
    unwound = [deal_id for deal_id in earned if deal_id in evened]
    return Tally(
        opened=len(hedged),
        closed=sum(d.deal_id in hedged for d in ended["CLOSED"]),
        missed=sum(d.deal_id not in hedged for d in ended["CLOSED"]),
        void=len(ended["VOID"]),
        stuck=tuple(d.deal_id for d in ended["STUCK"]),
        live=tuple(d.deal_id for d in ledger.deals.values() if d.live),
        unwound=len(unwound),
        unwound_uusd=sum(earned[deal_id] for deal_id in unwound),
        earned_uusd=sum(earned.values()),
        naked_s=tuple(_naked_s(group, dust[group[0].market], now_ns) for group in fills.values()),
        restless=tuple(_restless(ledger)),
        halts=tuple(_column(ledger_file, "SELECT market || ' ' || level || ' by ' || who || ': ' || why FROM halt")),
    )


def _fills_of(ledger: LedgerFacts) -> dict[str, list[OneFill]]:
    fills: dict[str, list[OneFill]] = {}
    for fill in ledger.fills:
        fills.setdefault(ledger.orders[fill.client_id].deal_id, []).append(fill)
    return fills


def _naked_s(fills: list[OneFill], dust: Decimal, now_ns: int) -> float:
    """How long long and short sizes of one deal differed by an order's worth, up to now if they still do."""
    net, since_ns, naked_ns = ZERO, None, 0
    for fill in sorted(fills, key=lambda one: one.at_ns):
        net += fill.signed
        if since_ns is not None:
            naked_ns += fill.at_ns - since_ns
        since_ns = fill.at_ns if abs(net) >= dust else None
    return (naked_ns + (0 if since_ns is None else now_ns - since_ns)) / NS_PER_S


def _restless(ledger: LedgerFacts) -> list[str]:
    orders = [f"{client_id} ({ledger.orders[client_id].state})" for client_id in sorted(unfinished(ledger))]
    return orders + [f"{d.deal_id} ({d.state})" for d in ledger.deals.values() if d.state in ("OPENING", "CLOSING")]


def _column(path: Path, query: str) -> list[str]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)) as file:
            return [row[0] for row in file.execute(query)]
    except sqlite3.Error as error:
        raise AuditError(f"{path} cannot be read: {error}") from error
