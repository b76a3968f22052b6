"""One event per line on stderr: `time level event key=value …`. Never a secret, never prose.

What was read from a key file is made known here, and no line, traceback included, goes out with it: a venue may say our
key in an error, and an error of ours may have a value in its text.
"""

import base64
import logging
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from common import clock

#: shorter values would be found in every second line, and are no secrets
_SECRET_MIN = 6
_CONCEALED = "[concealed]"
#: every form of a known secret, the longest first
_secrets: list[str] = []


#: events that wait to be written: when they were, whose, and what
_waiting: Final[deque[tuple[int, logging.Logger, str, dict[str, Any]]]] = deque()
#: asks for a moment in which to write them; None: events are written at once
_ask: list[Callable[[Callable[[], None]], object]] = []


class _Lines(logging.Formatter):
    """Events and tracebacks as they were, without known secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return concealed(super().format(record))


def setup(process: str) -> logging.Logger:
    """Configure the root logger of a process once and return its logger."""
    logging.basicConfig(level=logging.INFO, handlers=[_lines(logging.StreamHandler(sys.stderr))], force=True)
    return logging.getLogger(process)


@contextmanager
def into(file: Path) -> Iterator[logging.Logger]:
    """A logger of its own that appends such lines to `file`: for who has something to tell and is no member."""
    logger, handler = logging.getLogger(str(file)), _lines(logging.FileHandler(file))
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        handler.close()


def _lines(handler: logging.Handler) -> logging.Handler:
    handler.setFormatter(_Lines("%(asctime)s.%(msecs)03d %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
    return handler


def conceal(*secrets: str) -> None:
    """From now on these are left out of every line, plain, in base64 and in hex."""
    for secret in secrets:
        if len(secret) < _SECRET_MIN:
            continue
        raw = secret.encode()
        forms = {secret, base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(), raw.hex()}
        _secrets[:] = sorted(forms.union(_secrets), key=len, reverse=True)


def concealed(text: str) -> str:
    """A text without the secrets that are known."""
    for secret in _secrets:
        text = text.replace(secret, _CONCEALED)
    return text


@contextmanager
def deferred(ask: Callable[[Callable[[], None]], object]) -> Iterator[None]:
    """Events wait until `ask` calls back: a line is never written between a decision and what is done about it.

    A process that is killed in between loses them; what must not be lost is in the ledger's journal.
    """
    _ask.append(ask)
    try:
        yield
    finally:
        _ask.remove(ask)
        write_waiting()


def write_waiting() -> None:
    """Write what waits, each line with the time at which it was."""
    while _waiting:
        at_ns, logger, name, fields = _waiting.popleft()
        record = logger.makeRecord(logger.name, logging.INFO, "", 0, "%s%s", (name, _told(fields)), None)
        record.created, record.msecs = at_ns / 1e9, at_ns // 1_000_000 % 1000
        logger.handle(record)


def event(logger: logging.Logger, name: str, **fields: Any) -> None:
    """Log one event: a name and its fields in the order given; values that do not change any more."""
    if not _ask:
        logger.info("%s%s", name, _told(fields))
        return
    if not _waiting:
        _ask[-1](write_waiting)
    _waiting.append((clock.now_ns(), logger, name, fields))


def trouble(logger: logging.Logger, name: str, **fields: Any) -> None:
    """The same at warning level, and at once: somebody may have to look."""
    write_waiting()
    logger.warning("%s%s", name, _told(fields))


def _told(fields: dict[str, Any]) -> str:
    return "".join(f" {key}={_plain(value)}" for key, value in fields.items())


def _plain(value: Any) -> str:
    """One word, or a quoted text; what a venue says cannot begin a line of its own."""
    text = str(value)
    return text if text and text.isprintable() and " " not in text else repr(text)
