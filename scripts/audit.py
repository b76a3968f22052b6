"""The outside checker: reads the ledger file and the venues' own journals, and judges whether they tell the same story.

It opens the file with its own sqlite3, with its own words for what stands in it, and uses nothing of common.ledger:
a mistake there must not be repeated here. It writes nothing.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from common.core.errors import ArbError
from scripts import audit_checks
from scripts.audit_facts import (
    AddingFact,
    CapFact,
    DealFact,
    EquityFact,
    LedgerFacts,
    Limits,
    OneFill,
    OrderFact,
    StepFact,
    VenueFacts,
    Verdict,
)
from scripts.audit_venues import read_venues

BUSY_TIMEOUT_S = 5.0
_MILLI = Decimal(1000)
#: both venues were asked for all that the file did not know
_RECONCILED = "SELECT COALESCE(MAX(at_ns), 0) FROM journal WHERE verb IN ('reconcile', 'dispel')"
#: how often the level may have become another
_LEVEL_SET = (
    "SELECT COUNT(*) FROM journal "
    "WHERE verb = 'set_cap' OR (verb IN ('configure', 'set_limit') AND why LIKE '%* level %')"
)
_ADDING = "SELECT deal_id, venue, created_ns, purpose = 'OPEN' FROM orders WHERE state <> 'DONE' AND NOT reduce_only"


class AuditError(ArbError):
    """The files cannot be read; the text says which and why."""


def judge(ledger_file: Path, paper: Path, now_ns: int, dust: dict[str, Decimal]) -> Verdict:
    """Read everything once and judge it. The ledger is read first: whatever it knows, the venues must know.

    `dust` is the smallest order per market: less than that may be left uneven. AuditError when a file cannot be read.
    """
    ledger = read_ledger(ledger_file, now_ns)
    return audit_checks.judge(ledger, read_venues(paper), dust)


def read_ledger(path: Path, now_ns: int) -> LedgerFacts:
    """The whole ledger in one read transaction."""
    with _reading(path) as connection:
        deals = {deal.deal_id: deal for deal in _deals(connection, "")}
        return LedgerFacts(
            limits=_limits(connection, now_ns, (deal for deal in deals.values() if deal.live or deal.held_uusd)),
            deals=deals,
            orders=_orders(connection),
            fills=_fills(connection),
            steps=_steps(connection),
            funding=_funding(connection),
            caps_set=_number(connection, _LEVEL_SET),
            reconciled_ns=_number(connection, _RECONCILED),
        )


def read_limits(path: Path, now_ns: int) -> Limits:
    """Only what has to hold at every moment: cheap enough to be read five times a second."""
    with _reading(path) as connection:
        where = "WHERE held_uusd > 0 OR state IN ('OPENING', 'OPEN', 'CLOSING', 'STUCK')"
        return _limits(connection, now_ns, _deals(connection, where))


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise AuditError(f"no ledger at {path}: ./scripts/run makes one")
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            yield connection
    except sqlite3.Error as error:
        raise AuditError(f"{path} cannot be read: {error}") from error


def _limits(connection: sqlite3.Connection, now_ns: int, deals: Iterable[DealFact]) -> Limits:
    cap = connection.execute("SELECT leverage_entry, leverage_max, level FROM cap").fetchone()
    equities = connection.execute("SELECT venue, equity_uusd, gross_uusd, at_ns FROM equity")
    return Limits(
        at_ns=now_ns,
        deals=tuple(deals),
        cap=None if cap is None else CapFact(cap[0] / _MILLI, cap[1] / _MILLI, cap[2]),
        equities={row[0]: EquityFact(*row[1:]) for row in equities},
        places=frozenset(connection.execute("SELECT venue, market FROM venue_position")),
        adding=tuple(AddingFact(deal, venue, at, bool(o)) for deal, venue, at, o in connection.execute(_ADDING)),
    )


def _deals(connection: sqlite3.Connection, where: str) -> list[DealFact]:
    rebuilt = "EXISTS (SELECT 1 FROM journal AS j WHERE j.deal_id = deal.deal_id AND j.verb = 'rebuild')"
    query = f"SELECT deal_id, market, direction, state, held_uusd, opened_ns, changed_ns, {rebuilt} FROM deal {where}"
    return [DealFact(*row) for row in connection.execute(query)]


def _number(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])


def _orders(connection: sqlite3.Connection) -> dict[str, OrderFact]:
    query = "SELECT client_id, deal_id, venue, market, state, reported_size, created_ns FROM orders"
    return {row[0]: _order(*row) for row in connection.execute(query)}


def _fills(connection: sqlite3.Connection) -> tuple[OneFill, ...]:
    query = (
        "SELECT fill.venue, fill_id, client_id, market, fill.side, price, fill.size, fee_uusd, venue_ns "
        "FROM fill JOIN orders USING (client_id) ORDER BY fill.seq"
    )
    return tuple(_fill(list(row)) for row in connection.execute(query))


def _steps(connection: sqlite3.Connection) -> tuple[StepFact, ...]:
    query = "SELECT seq, deal_id, from_state, to_state FROM journal WHERE deal_id IS NOT NULL ORDER BY seq"
    return tuple(StepFact(*row) for row in connection.execute(query))


def _funding(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    rows = connection.execute("SELECT venue, payment_id, payment_uusd FROM funding")
    return {(venue, payment_id): payment for venue, payment_id, payment in rows}


def _order(*row: Any) -> OrderFact:
    client_id, deal_id, venue, market, state, reported, created_ns = row
    size = None if reported is None else Decimal(reported)
    return OrderFact(client_id, deal_id, venue, market, state, size, created_ns)


def _fill(row: list[Any]) -> OneFill:
    row[5], row[6] = Decimal(row[5]), Decimal(row[6])
    return OneFill(*row)


__all__ = ["AuditError", "VenueFacts", "judge", "read_ledger", "read_limits"]
