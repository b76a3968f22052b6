"""Is the file what the ledger's verbs made of it? Reads all of it, changes nothing, and names what is wrong.

SQLite's own checks, the laws and tables against schema.sql, every link of the journal's chain, every deal's state and
held against what explains them. What venues say is the audit's business, not asked here.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from common.core.errors import LedgerError
from common.core.money import uusd_up
from common.core.order import REVERSED
from common.ledger import chain, store
from common.ledger.rows import LIVE_SQL

#: of each kind of finding so many are named, the rest is counted
FINDINGS_MAX = 20
#: after so many journal rows the caller hears how far we are
PROGRESS_ROWS = 50_000

#: at every start of a worker: the newest rows of the chain, and all pages of a file up to this size (40 ms, measured)
GLANCE_ROWS, GLANCE_BYTES = 100, 16 * 1024 * 1024

PUT_BACK = "stop the fleet and put back a sound backup: `arbctl ledger restore FILE`"
PAST_LAWS = (
    "somebody wrote past the laws of the file: halt the fleet, compare it with the venues (`arbctl audit`), "
    "then put back a backup made before: `arbctl ledger restore FILE`"
)
MEND = "stop the fleet and run `arbctl ledger mend`, then verify again"

Tell: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and what a person can do about it."""

    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at the whole file found; `head` is the hash of the newest journal row, worth noting elsewhere."""

    file: Path
    deals: int
    journal_rows: int
    head: str
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Nothing was found."""
        return not self.findings


@dataclass(slots=True)
class _Walk:
    """How far the journal was walked: the last row, and where it left each deal."""

    seq: int
    hash: str
    noted: str | None
    states: dict[str, str] = field(default_factory=dict)


def silent(done: int, total: int) -> None:
    """Nobody wants to hear how far it is."""


def verify(path: Path, *, noted: str | None = None, tell: Tell = silent) -> Verdict:
    """Check the file; `noted` is the hash of a row that must be in the chain. LedgerError when it is not ours.

    A fleet may be at work meanwhile: it is one consistent look. `tell` hears journal rows walked, and of how many.
    """
    with closing(store.connect(path, writer=False)) as connection, store.translated(path):
        store.check_version(connection, path)
        connection.execute("BEGIN")
        walk = _Walk(0, chain.genesis(connection), noted)
        findings = [finding for part in _parts(connection, walk, tell) for finding in _found(part)]
        deals = connection.execute("SELECT COUNT(*) FROM deal").fetchone()[0]
        return Verdict(path, deals, walk.seq, walk.hash, tuple(findings))


def glance(path: Path) -> None:
    """What is cheap enough for every start: the journal's end, and SQLite's quick check of a file that is not large.

    LedgerError naming the first finding.
    """
    with closing(store.connect(path, writer=False)) as connection, store.translated(path):
        store.check_version(connection, path)
        parts = [_end(connection)]
        if path.stat().st_size <= GLANCE_BYTES:
            parts.append(_pages(connection, "quick_check"))
        _refuse(path, [finding for part in parts for finding in _found(part)])


def must_be_sound(path: Path, tell: Tell = silent) -> Verdict:
    """The verdict on a sound file; LedgerError naming the first finding otherwise."""
    verdict = verify(path, tell=tell)
    _refuse(path, verdict.findings)
    return verdict


def _refuse(path: Path, findings: Sequence[Finding]) -> None:
    if findings:
        raise LedgerError(f"{path} is not sound: {findings[0].what}: {findings[0].remedy}")


def _parts(connection: sqlite3.Connection, walk: _Walk, tell: Tell) -> Iterator[Iterator[Finding]]:
    """All checks, in the order in which they are worth reading; the states need the walk to be over."""
    yield _pages(connection)
    yield _foreign_keys(connection)
    yield _laws(connection)
    yield _journal(connection, walk, tell)
    yield _states(connection, walk)
    yield _held(connection)
    yield _worst(connection)
    yield _sides(connection)


def _found(part: Iterator[Finding]) -> list[Finding]:
    """The part's first findings; a page that cannot be read is one, and ends it."""
    found: list[Finding] = []
    try:
        found += islice(part, FINDINGS_MAX)
        if more := sum(1 for _ in part):
            found.append(Finding(f"… and {more} more like the last one", found[-1].remedy))
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        found.append(Finding(f"the file cannot be read to its end: {error}", PUT_BACK))
    return found


def _pages(connection: sqlite3.Connection, pragma: str = "integrity_check") -> Iterator[Finding]:
    for (said,) in connection.execute(f"PRAGMA {pragma}({FINDINGS_MAX})"):
        if said != "ok":
            yield Finding(f"SQLite's {pragma} says: {said}", PUT_BACK)


def _foreign_keys(connection: sqlite3.Connection) -> Iterator[Finding]:
    for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield Finding(f"a row of {table} belongs to a row of {parent} that is not there", PAST_LAWS)


def _laws(connection: sqlite3.Connection) -> Iterator[Finding]:
    if names := store.differing(store.laws(connection), store.expected_laws()):
        yield Finding(f"the laws were altered: {', '.join(names)}", MEND)
    if names := store.differing(store.tables(connection), store.expected_tables()):
        yield Finding(f"tables are not as this program makes them: {', '.join(names)}", PUT_BACK)


def _journal(connection: sqlite3.Connection, walk: _Walk, tell: Tell) -> Iterator[Finding]:
    """Walk the chain. A broken link is named once: what follows is judged by the hashes that stand there."""
    total = connection.execute("SELECT COUNT(*) FROM journal").fetchone()[0]
    rows = connection.execute(f"SELECT {chain.CONTENT}, prev, hash FROM journal ORDER BY seq")
    for done, (*content, prev, hash_) in enumerate(rows, 1):
        yield from _link(walk, content, prev, hash_)
        yield from _story(walk, content)
        walk.seq, walk.hash = content[0], hash_
        if hash_ == walk.noted:
            walk.noted = None
        if done % PROGRESS_ROWS == 0:
            tell(done, total)
    if walk.noted is not None:
        yield Finding("the noted hash is not in the journal: its end was cut off, or all of it made anew", PAST_LAWS)


def _end(connection: sqlite3.Connection) -> Iterator[Finding]:
    """The newest links of the chain, among themselves."""
    query = f"SELECT {chain.CONTENT}, prev, hash FROM journal ORDER BY seq DESC LIMIT {GLANCE_ROWS}"
    walk: _Walk | None = None
    for *content, prev, hash_ in reversed(connection.execute(query).fetchall()):
        walk = walk or _Walk(content[0] - 1, prev, None)
        yield from _link(walk, content, prev, hash_)
        walk.seq, walk.hash = content[0], hash_


def _link(walk: _Walk, content: list[Any], prev: str, hash_: str) -> Iterator[Finding]:
    seq = content[0]
    if seq != walk.seq + 1:
        yield Finding(f"journal rows {walk.seq + 1} to {seq - 1} are missing", PAST_LAWS)
    if prev != walk.hash:
        yield Finding(f"journal row {seq} does not follow from the row before it: one of them was replaced", PAST_LAWS)
    if chain.link(prev, tuple(content)) != hash_:
        yield Finding(f"journal row {seq} ({content[2]}) was altered: its hash is not that of its content", PAST_LAWS)


def _story(walk: _Walk, content: list[Any]) -> Iterator[Finding]:
    """Each row that is about a deal finds it in the state in which the row before left it."""
    seq, _, verb, _, deal_id, before, after, *_ = content
    if deal_id is None:
        return
    if walk.states.get(deal_id) != before:
        left = walk.states.get(deal_id, "unknown")
        yield Finding(f"journal row {seq} ({verb}) finds {deal_id} {before}, the row before left it {left}", PAST_LAWS)
    walk.states[deal_id] = after


def _states(connection: sqlite3.Connection, walk: _Walk) -> Iterator[Finding]:
    told = dict(walk.states)
    for deal_id, state in connection.execute("SELECT deal_id, state FROM deal ORDER BY market, number"):
        explained = told.pop(deal_id, None)
        if explained is None:
            yield Finding(f"deal {deal_id} is {state}, and the journal knows nothing of it", PAST_LAWS)
        elif explained != state:
            yield Finding(f"deal {deal_id} is {state}, the journal left it {explained}", PAST_LAWS)
    yield from (Finding(f"the journal tells of deal {gone}, which is not there", PAST_LAWS) for gone in sorted(told))


def _held(connection: sqlite3.Connection) -> Iterator[Finding]:
    query = (
        "SELECT deal_id, state, held_uusd FROM deal WHERE typeof(held_uusd) <> 'integer' OR held_uusd < 0 "
        f"OR ({LIVE_SQL} AND held_uusd = 0) OR (state IN ('CLOSED', 'VOID') AND held_uusd <> 0) ORDER BY market, number"
    )
    for deal_id, state, held in connection.execute(query):
        yield Finding(f"deal {deal_id} is {state} and holds {held} µUSD", PAST_LAWS)
    query = (
        "SELECT DISTINCT d.deal_id FROM deal AS d JOIN orders USING (deal_id) JOIN fill USING (client_id) "
        "WHERE d.state = 'VOID'"
    )
    for (deal_id,) in connection.execute(query):
        yield Finding(f"deal {deal_id} is VOID and has fills", PAST_LAWS)


def _worst(connection: sqlite3.Connection) -> Iterator[Finding]:
    """While an opening order may still fill, its deal holds what it may fill for."""
    query = (
        "SELECT d.deal_id, d.held_uusd, o.size, o.limit_price FROM deal AS d JOIN orders AS o USING (deal_id) "
        "WHERE d.state = 'OPENING' AND o.purpose = 'OPEN' "
        "AND EXISTS (SELECT 1 FROM orders AS n WHERE n.deal_id = d.deal_id AND n.state <> 'DONE')"
    )
    for deal_id, held, worst in _worst_cases(connection.execute(query)):
        if held < worst:
            yield Finding(f"deal {deal_id} holds {held} µUSD, its orders may fill for {worst}", PAST_LAWS)


def _sides(connection: sqlite3.Connection) -> Iterator[Finding]:
    """A fill on the other side than its order takes back exactly one fill of that order."""
    query = (
        "SELECT f.venue, f.fill_id FROM fill AS f JOIN orders AS o USING (client_id) WHERE f.side <> o.side "
        "AND NOT EXISTS (SELECT 1 FROM fill AS t WHERE t.client_id = f.client_id AND t.fill_id || ? = f.fill_id "
        "AND t.side = o.side AND (t.price, t.size, t.fee_uusd) = (f.price, f.size, -f.fee_uusd))"
    )
    for venue, fill_id in connection.execute(query, (REVERSED,)):
        yield Finding(f"fill {fill_id} at {venue} is on the wrong side and takes none back", PAST_LAWS)


def _worst_cases(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str, int, int]]:
    for deal_id, held, size, limit in rows:
        yield deal_id, held, uusd_up(Decimal(size) * Decimal(limit))
