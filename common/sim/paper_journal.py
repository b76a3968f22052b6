"""A paper venue's journal: one JSON line per step, in one write, before anybody hears of the step.

A kill leaves the last line whole or torn; a torn one is dropped and cut off, so that a step happened or did not.
The page cache outlives the process: there is no fsync, a power cut may forget the last steps. An over-long journal
is rewritten at start as one snapshot, atomically; finished orders beyond `KEPT` and their fills are then forgotten,
their money is not.
"""

import errno
import fcntl
import os
from pathlib import Path
from typing import Any

import orjson

from common.core.errors import ConfigError
from common.sim.paper_record import read_facts, read_snapshot, snapshot, written
from common.sim.store import Facts, Store

#: steps after which a journal is rewritten at the next start
COMPACT_ABOVE = 20_000
#: finished orders, fills and funding payments that a rewritten journal keeps
KEPT = 20_000


class PaperJournal:
    """The file of one venue; locked while it is open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._fd = _open(path)

    def load(self) -> Store:
        """The store as the last whole record left it; cuts off a torn record, compacts an over-long file."""
        raw = self._path.read_bytes()
        self._end = raw.rfind(b"\n") + 1
        if self._end < len(raw):
            os.ftruncate(self._fd, self._end)
        lines = raw[: self._end].splitlines()
        store = Store()
        for number, line in enumerate(lines, start=1):
            store = self._fold(store, line, number)
        return self._compact(store) if len(lines) > COMPACT_ABOVE else store

    def append(self, facts: Facts, store: Store) -> None:
        """Write one step's record; OSError when the disk does not take all of it (nothing is kept then)."""
        line = orjson.dumps(written(facts, store), default=str) + b"\n"
        count = os.write(self._fd, line)
        if count != len(line):
            os.ftruncate(self._fd, self._end)
            raise OSError(errno.ENOSPC, "the journal's disk is full", str(self._path))
        self._end += count

    def close(self) -> None:
        """Give the file free."""
        os.close(self._fd)

    def _fold(self, store: Store, line: bytes, number: int) -> Store:
        try:
            record = orjson.loads(line)
            if not isinstance(record, dict):
                raise ValueError("no object")
            if "snapshot" in record:
                return read_snapshot(record["snapshot"])
            store.fold(read_facts(record))
            balances = record["balances"]
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            raise ConfigError(f"{self._path} line {number} is damaged ({error}): move the file away") from error
        self._compare(store, balances, number)
        return store

    def _compare(self, store: Store, balances: dict[str, Any], number: int) -> None:
        """What was folded must give the balances that were written beside it."""
        for account_id, balance_uusd in balances.items():
            if store.accounts[account_id].balance_uusd != balance_uusd:
                why = f"balance of {account_id} does not follow from its fills: move the file away"
                raise ConfigError(f"{self._path} line {number}: {why}")

    def _compact(self, store: Store) -> Store:
        """Rewrite the file as one snapshot; the store that a later start would read from it."""
        draft = self._path.with_suffix(".new")
        line = orjson.dumps({"snapshot": snapshot(store, KEPT)}, default=str, option=orjson.OPT_NON_STR_KEYS) + b"\n"
        draft.write_bytes(line)
        draft.chmod(0o600)
        draft.replace(self._path)
        os.close(self._fd)
        self._fd, self._end = _open(self._path), len(line)
        return self._fold(Store(), line, 1)


def _open(path: Path) -> int:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise ConfigError(f"{path} is in use: the paper venues are running already") from None
    return fd
