"""The chain through the journal: the hash of a row covers what it says and the hash of the row before it.

Whoever changes, removes or slips in a row behind the triggers' back breaks the chain there; verify.py walks it. A chain
cannot tell that its end was cut off, or that all of it was made anew: note its head elsewhere, as every backup does.
"""

import hashlib
import json
import sqlite3
from typing import TypeAlias

#: what a hash covers, in this order. A later schema may add columns behind these, never among them
CONTENT = "seq, at_ns, verb, market, deal_id, from_state, to_state, why, pid, code_version, config_hash"

Content: TypeAlias = tuple[str | int | None, ...]


def link(prev: str, content: Content) -> str:
    """The hash of a row with this content behind the row whose hash is `prev`; 64 hexadecimal digits."""
    text = json.dumps([prev, *content], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def genesis(connection: sqlite3.Connection) -> str:
    """What the first row is linked to: name and time of the file's first incarnation."""
    row = connection.execute("SELECT name || ':' || created_ns FROM incarnation WHERE id = 1").fetchone()
    return "" if row is None else str(row[0])


def head(connection: sqlite3.Connection) -> tuple[int, str]:
    """Number and hash of the newest row; 0 and the genesis while there is none."""
    row = connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return (0, genesis(connection)) if row is None else (int(row[0]), str(row[1]))
