"""The past as a process has it: in memory, and in a small file beside the ledger for whoever looks next.

The file is a memory and no more: bound to the ledger by the hash of a journal row, to itself by its own. One that is
missing, damaged, unreadable or of another ledger is counted again from the rows; it may be deleted at any time.
"""

import hashlib
import json
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from common.core.market import Venue
from common.ledger import chain, store
from common.ledger.lock import FileLock
from common.ledger.past import STEP_ROWS, Day, MarketPast, Past, Sums

#: after so many new rows of the journal it is written anew: to read them again takes tens of milliseconds
SAVE_ROWS: Final = 1_000
#: to count a history of ten million rows takes minutes; one process does it, the others wait
COUNT_BOUND_S: Final = 1_800.0
PRIVATE: Final = 0o600
#: another number here is another content
FORM: Final = 2
#: the rows that a past ends with
ENDS: Final = ("seq", "hash", "fill_seq", "funding_seq")


def past_path(path: Path) -> Path:
    """The memory that belongs to the ledger at `path`."""
    return path.with_name(path.name + ".past")


class Remembered:
    """One process's knowledge of the past of the ledger at `path`."""

    def __init__(self, path: Path) -> None:
        self._file = past_path(path)
        self._past: Past | None = None
        self._unsaved = 0

    def now(self, connection: sqlite3.Connection) -> Past:
        """The past as of this view of the file; the first thing that is asked in it, so that no memory is newer."""
        past = self._past or load(self._file)
        if not past.fits(connection):
            past = Past()
        self._unsaved += past.advance(connection)
        self._past = past
        if self._unsaved >= SAVE_ROWS:
            self._unsaved = 0
            # Who may not write here counts again next time.
            with suppress(OSError):
                save(self._file, past)
        return past


def catch_up(path: Path) -> None:
    """Count what is far behind, before a process begins: once for all of them, however many start together."""
    with closing(store.connect(path, writer=False)) as connection, store.translated(path):
        behind = chain.head(connection)[0] - load(past_path(path)).seq
        if behind <= STEP_ROWS:
            return
        lock = FileLock(past_path(path).with_name(past_path(path).name + ".lock"), COUNT_BOUND_S)
        with lock.held():
            Remembered(path).now(connection)
        lock.close()


def load(file: Path) -> Past:
    """What was remembered; nothing where it cannot be used."""
    try:
        text, _, digest = file.read_text("ascii").rpartition("\n")
        known = json.loads(text)
    except (OSError, ValueError):
        return Past()
    if _digest(text) != digest or known["form"] != FORM:
        return Past()
    markets = {market: _market(kept) for market, kept in known["markets"].items()}
    return Past(**{name: known[name] for name in ENDS}, markets=markets)


def save(file: Path, past: Past) -> None:
    """Write it whole and give it its name; whoever writes last is right as well."""
    markets = {market: _kept(place) for market, place in past.markets.items()}
    known = {"form": FORM, **{name: getattr(past, name) for name in ENDS}, "markets": markets}
    text = json.dumps(known)
    part = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "w") as opened:
            opened.write(f"{text}\n{_digest(text)}")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _kept(place: MarketPast) -> dict[str, Any]:
    sums = {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(place.sums).items()}
    sizes = {name: {v.value: str(n) for v, n in getattr(place, name).items()} for name in ("filled", "off")}
    times = {venue.value: at_ns for venue, at_ns in place.filled_ns.items()}
    days = {number: list(asdict(day).values()) for number, day in place.days.items()}
    return {"sums": sums, "days": days, **sizes, "filled_ns": times, "loose": sorted(place.loose)}


def _market(kept: dict[str, Any]) -> MarketPast:
    sums: dict[str, Any] = {
        name: Decimal(value) if isinstance(value, str) else value for name, value in kept["sums"].items()
    }
    filled, off = ({Venue(v): Decimal(n) for v, n in kept[name].items()} for name in ("filled", "off"))
    times = {Venue(v): at_ns for v, at_ns in kept["filled_ns"].items()}
    days = {int(number): Day(*day) for number, day in kept["days"].items()}
    return MarketPast(Sums(**sums), days, filled, off, times, set(kept["loose"]))
