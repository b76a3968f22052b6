"""A ledger file with a long history, built fast: lawful rows, written in bulk while triggers and indexes are put aside.

What comes out is what the verbs would have written – `arbctl ledger verify` finds nothing – with four orders, four
fills and ten journal rows to a deal: reserved, filled, opened, closed. All deals are over and even.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeAlias

from common.core.account import AccountFacts
from common.core.market import Venue
from common.ledger.ledger import Ledger
from common.ledger.limits import CapTerms

MARKETS: Final = ("BTC", "ETH", "SOL", "LTC", "LINK", "AVAX", "ATOM", "DOGE", "BCH", "MATIC")
START_NS: Final = 1_700_000_000_000_000_000
#: one deal every half minute: a million take a year
DEAL_NS: Final = 31_500_000_000
JOURNAL_ROWS_OF_A_DEAL: Final = 10
EQUITY_UUSD: Final = 1_000_000_000
#: of these a deal has one each, in this order: venue's initial, purpose, side of a deal in direction +1
_LEGS: Final = (("d", "OPEN", "BUY"), ("a", "OPEN", "SELL"), ("d", "CLOSE", "SELL"), ("a", "CLOSE", "BUY"))
_VENUES: Final = {"d": Venue.DYDX.value, "a": Venue.APEX.value}
_OTHER: Final = {"BUY": "SELL", "SELL": "BUY"}
#: verb, from, to, text of the ten rows
_STORY: Final = (
    ("reserve", None, "OPENING", "direction +1, edge 0.0213 USD, spread 21.30 against 18.02"),
    ("record", "OPENING", "OPENING", "{0}-d0: answered ack, NEW → WORKING"),
    ("record", "OPENING", "OPENING", "{0}-a1: answered ack, NEW → WORKING"),
    ("record", "OPENING", "OPENING", "{0}-d0: found, WORKING → DONE, reported 0.001, 1 new fill"),
    ("record", "OPENING", "OPENING", "{0}-a1: found, WORKING → DONE, reported 0.001, 1 new fill"),
    ("move", "OPENING", "OPEN", "even"),
    ("write", "OPEN", "CLOSING", "close edge 0.0101 USD"),
    ("record", "CLOSING", "CLOSING", "{0}-d2: found, NEW → DONE, reported 0.001, 1 new fill"),
    ("record", "CLOSING", "CLOSING", "{0}-a3: found, NEW → DONE, reported 0.001, 1 new fill"),
    ("move", "CLOSING", "CLOSED", "flat"),
)
_PUT_ASIDE: Final = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"

Row: TypeAlias = tuple[Any, ...]


def build(path: Path, deals: int) -> None:
    """Make the file, with `deals` finished deals, room for new ones, and equity as of `end_ns`."""
    with Ledger.create(path, created_ns=START_NS, config_hash="bench", code_version="bench", pid=1) as ledger:
        name = ledger.incarnation
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # without a log, which would be as long as the file
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000")
        laws = connection.execute(_PUT_ASIDE).fetchall()
        connection.execute("BEGIN")
        for kind, law, _ in laws:
            connection.execute(f"DROP {kind} {law}")
        _fill(connection, name, deals)
        for _, _, sql in laws:
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = wal")
    make_room(path, end_ns(deals))


def end_ns(deals: int) -> int:
    """When the history of so many deals ends."""
    return START_NS + (deals + 1) * DEAL_NS


def make_room(path: Path, at_ns: int) -> None:
    """A cap that many deals fit under, and both venues heard at `at_ns`."""
    with Ledger.open(path, config_hash="bench", code_version="bench", pid=1) as ledger:
        ledger.set_cap(CapTerms(Decimal("2.5"), Decimal(3), 1_000_000, 10**18), "bench", at_ns)
        hear_accounts(ledger, at_ns)


def hear_accounts(ledger: Ledger, at_ns: int) -> None:
    """Both venues speak, as they do to a warden every second."""
    for venue in Venue:
        ledger.write_account(AccountFacts(venue, EQUITY_UUSD, 0, (), at_ns))


def _fill(connection: sqlite3.Connection, name: str, deals: int) -> None:
    # Rows of a table without rowid go in by key, or every page is written many times.
    order = sorted(range(deals), key=lambda n: deal_id(name, n))
    connection.executemany(f"INSERT INTO deal VALUES ({_marks(12)})", (_deal(name, n) for n in order))
    connection.executemany(f"INSERT INTO orders VALUES ({_marks(18)})", (o for n in order for o in _orders(name, n)))
    connection.executemany(
        f"INSERT INTO fill VALUES ({_marks(10)})", (f for n in range(deals) for f in _fills(name, n))
    )
    connection.executemany(f"INSERT INTO journal VALUES ({_marks(13)})", _journal(connection, name, deals))


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def deal_id(name: str, n: int) -> str:
    """The n-th deal's id; markets take turns."""
    return f"{name}-{MARKETS[n % len(MARKETS)]}-{n // len(MARKETS) + 1}"


def _market(n: int) -> str:
    return MARKETS[n % len(MARKETS)]


def _direction(n: int) -> int:
    return 1 if n // len(MARKETS) % 2 else -1


def _opened_ns(n: int) -> int:
    return START_NS + (n + 1) * DEAL_NS


def _deal(name: str, n: int) -> Row:
    at_ns = _opened_ns(n)
    market, number = _market(n), n // len(MARKETS) + 1
    return (
        deal_id(name, n), market, number, _direction(n), "0.001", "CLOSED", 0, 21_300, at_ns, at_ns + DEAL_NS // 2, 0,
        "bench",
    )  # fmt: skip


def _orders(name: str, n: int) -> Iterator[Row]:
    deal, market, at_ns = deal_id(name, n), _market(n), _opened_ns(n)
    # by key: the venue's initial comes before the running number
    for leg in (1, 3, 0, 2):
        initial, purpose, side = _LEGS[leg]
        if _direction(n) < 0:
            side = _OTHER[side]
        created_ns = at_ns + leg // 2 * DEAL_NS // 4
        yield (
            f"{deal}-{initial}{leg}", deal, leg + 1, _VENUES[initial], market, side, purpose, "0.001", "40000", "FOK",
            leg // 2, created_ns, "DONE", f"v{4 * n + leg}", "0.001", "", "bench", "bench",
        )  # fmt: skip


def _fills(name: str, n: int) -> Iterator[Row]:
    deal, at_ns = deal_id(name, n), _opened_ns(n)
    for leg, (initial, _, side) in enumerate(_LEGS):
        if _direction(n) < 0:
            side = _OTHER[side]
        heard_ns = at_ns + leg // 2 * DEAL_NS // 4 + 1_000_000
        seq, price = 4 * n + leg + 1, str(40_000 + (n * 7 + leg * 13) % 40)
        yield (
            seq, _VENUES[initial], f"f{seq:09}", f"{deal}-{initial}{leg}", side, price, "0.001", 20_000,
            heard_ns - 500_000, heard_ns,
        )  # fmt: skip


def _journal(connection: sqlite3.Connection, name: str, deals: int) -> Iterator[Row]:
    """Behind the rows that are there, each linked to the one before; the text of chain.py, put together by hand."""
    query = "SELECT name || ':' || created_ns FROM incarnation WHERE id = 1"
    (prev,) = connection.execute(query).fetchone()
    assert connection.execute("SELECT 1 FROM journal").fetchone() is None
    seq, sha256 = 0, hashlib.sha256
    for n in range(deals):
        deal, market, at_ns = deal_id(name, n), _market(n), _opened_ns(n)
        for step, (verb, before, after, words) in enumerate(_STORY):
            seq += 1
            told_ns, why = at_ns + step * DEAL_NS // 20, words.format(deal)
            came = "null" if before is None else f'"{before}"'
            told = why.replace("→", "\\u2192")
            text = (
                f'["{prev}",{seq},{told_ns},"{verb}","{market}","{deal}",{came},"{after}","{told}",1,"bench","bench"]'
            )
            digest = sha256(text.encode("ascii")).hexdigest()
            yield (seq, told_ns, verb, market, deal, before, after, why, 1, "bench", "bench", prev, digest)
            prev = digest
