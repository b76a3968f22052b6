"""The outbox: messages and what became of them, in a file of its own. None is lost, and none is put down twice.

A message, the condition it tells of and the place in the journal it comes from are one transaction. A delivery is
marked before it is sent and again when it arrived; what was cut off between the two is sent once more and says that it
may be a repeat: of the two promises, "never lost" is kept, and "never twice" but for a crash in that moment.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from common.alerts.shapes import Due, Kind, Message, Say, Severity, Standing
from common.core.errors import LedgerError
from common.core.terms import SECOND_NS

FILE: Final = "alerts.db"
SCHEMA: Final = Path(__file__).with_name("outbox.sql")
PRIVATE: Final = 0o600
BUSY_S: Final = 5.0
#: after a failure it waits twice as long as before it
RETRY_NS, RETRY_MAX_NS = 10 * SECOND_NS, 900 * SECOND_NS
#: so many messages are put into one
TOGETHER: Final = 20


class Outbox:
    """One connection; of one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file, made if it is not there; LedgerError with the remedy when it cannot serve."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE))
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S, check_same_thread=False)
            self._connection.execute("PRAGMA synchronous = FULL")
            self._begin_anew()
        except (OSError, sqlite3.Error) as error:
            raise LedgerError(f"{path} cannot be used ({error}): delete it, and the alerts begin anew") from error

    def _begin_anew(self) -> None:
        with self._writing() as connection:
            is_new = connection.execute("PRAGMA user_version").fetchone()[0] == 0
            for statement in SCHEMA.read_text().split(";") if is_new else ():
                connection.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:
            yield self._connection

    # ---- what is said ---------------------------------------------------------------------------------------------

    def standing(self) -> dict[str, Standing]:
        """What was told and is not over."""
        rows = self._connection.execute("SELECT key, severity, text, begun_ns, remind_ns, gap_ns FROM standing")
        return {row[0]: Standing(row[0], Severity(row[1]), *row[2:]) for row in rows}

    def put(
        self,
        says: Iterable[tuple[Say, Standing | None]],
        marks: Mapping[str, str],
        targets: Mapping[str, int],
        now_ns: int,
    ) -> int:
        """Put messages down, with what then stands and how far was read; how many were new.

        `targets`: who is to have them, and from when on what is not critical may be sent there.
        """
        count = 0
        with self._writing() as connection:
            for say, then in says:
                count += self._put_one(connection, say, then, targets, now_ns)
            for name, value in marks.items():
                connection.execute("INSERT OR REPLACE INTO mark (name, value) VALUES (?, ?)", (name, value))
        return count

    @staticmethod
    def _put_one(
        connection: sqlite3.Connection, say: Say, then: Standing | None, targets: Mapping[str, int], now_ns: int
    ) -> int:
        once = (Kind.ONCE, Kind.STATEMENT)
        query = "SELECT 1 FROM message WHERE key = ? AND kind = ?"
        if say.kind in once and connection.execute(query, (say.key, say.kind)).fetchone():
            return 0
        row = (now_ns, say.kind, say.key, say.severity, say.text)
        number = connection.execute(
            "INSERT INTO message (made_ns, kind, key, severity, text) VALUES (?, ?, ?, ?, ?)", row
        ).lastrowid
        for target, from_ns in targets.items():
            held_ns = now_ns if say.severity is Severity.CRITICAL else from_ns
            insert = "INSERT INTO delivery (number, target, state, not_before_ns) VALUES (?, ?, 'due', ?)"
            connection.execute(insert, (number, target, held_ns))
        if say.kind not in once:
            connection.execute("DELETE FROM standing WHERE key = ?", (say.key,))
        if then is not None:
            values = (then.key, then.severity, then.text, then.begun_ns, then.remind_ns, then.gap_ns)
            connection.execute("INSERT INTO standing VALUES (?, ?, ?, ?, ?, ?)", values)
        return 1

    def mark(self, name: str) -> str:
        """What was kept under that name; empty when nothing was."""
        row = self._connection.execute("SELECT value FROM mark WHERE name = ?", (name,)).fetchone()
        return "" if row is None else str(row[0])

    # ---- what is sent ---------------------------------------------------------------------------------------------

    def recover(self) -> int:
        """A process begins: what was being sent when the last one ended is due again, as a repeat."""
        with self._writing() as connection:
            return connection.execute("UPDATE delivery SET state = 'due', repeat = 1 WHERE state = 'sending'").rowcount

    def begin(self, target: str, now_ns: int) -> list[Due]:
        """What may be sent there now, the oldest first; marked as being sent."""
        query = (
            "SELECT number, severity, text, repeat, tries FROM delivery JOIN message USING (number) "
            "WHERE target = ? AND state = 'due' AND not_before_ns <= ? ORDER BY number LIMIT ?"
        )
        with self._writing() as connection:
            rows = connection.execute(query, (target, now_ns, TOGETHER)).fetchall()
            self._set(connection, target, [row[0] for row in rows], "state = 'sending', tries = tries + 1")
        return [Due(row[0], Severity(row[1]), row[2], bool(row[3]), row[4] + 1) for row in rows]

    def arrived(self, target: str, sent: Iterable[Due], now_ns: int) -> None:
        """They were taken in there."""
        with self._writing() as connection:
            self._set(connection, target, [one.number for one in sent], f"state = 'sent', sent_ns = {int(now_ns)}")

    def failed(self, target: str, sent: Iterable[Due], now_ns: int) -> int:
        """They surely were not: due again later; when."""
        dues = list(sent)
        tries = max(one.tries for one in dues)
        at_ns = now_ns + min(RETRY_NS << min(tries, 16), RETRY_MAX_NS)
        with self._writing() as connection:
            self._set(connection, target, [one.number for one in dues], f"state = 'due', not_before_ns = {at_ns}")
        return at_ns

    @staticmethod
    def _set(connection: sqlite3.Connection, target: str, numbers: list[int], what: str) -> None:
        query = f"UPDATE delivery SET {what} WHERE target = ? AND number = ?"
        connection.executemany(query, [(target, number) for number in numbers])

    # ---- what is shown --------------------------------------------------------------------------------------------

    def messages(self, limit: int, number: int | None = None) -> list[Message]:
        """The newest, oldest first; or one."""
        query = "SELECT * FROM message WHERE ?2 IS NULL OR number = ?2 ORDER BY number DESC LIMIT ?1"
        rows = self._connection.execute(query, (limit, number)).fetchall()
        return [self._message(row) for row in reversed(rows)]

    def _message(self, row: tuple[int, int, str, str, str, str]) -> Message:
        number, made_ns, kind, key, severity, text = row
        query = "SELECT target, sent_ns FROM delivery WHERE number = ? ORDER BY target"
        sent = dict(self._connection.execute(query, (number,)).fetchall())
        return Message(number, made_ns, Kind(kind), key, Severity(severity), text, sent)

    def sign(self, difference: str, who: str, why: str, at_ns: int) -> None:
        """A person answers for a difference."""
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO signed VALUES (?, ?, ?, ?)", (difference, who, why, at_ns))

    def signed(self) -> dict[str, tuple[str, str]]:
        """By difference who answers for it, and why."""
        rows = self._connection.execute("SELECT difference, who, why FROM signed")
        return {row[0]: (row[1], row[2]) for row in rows}
