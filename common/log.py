"""One event per line on stderr: `time level event key=value …`. Never a secret, never prose.

What was read from a key file is made known here, and no line, traceback included, goes out with it: a venue may say our
key in an error, and an error of ours may have a value in its text.
"""

import base64
import logging
import sys
from typing import Any

#: shorter values would be found in every second line, and are no secrets
_SECRET_MIN = 6
_CONCEALED = "[concealed]"
#: every form of a known secret, the longest first
_secrets: list[str] = []


class _Lines(logging.Formatter):
    """Events and tracebacks as they were, without known secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return concealed(super().format(record))


def setup(process: str) -> logging.Logger:
    """Configure the root logger of a process once and return its logger."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines("%(asctime)s.%(msecs)03d %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    return logging.getLogger(process)


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


def event(logger: logging.Logger, name: str, **fields: Any) -> None:
    """Log one event: a name and its fields in the order given."""
    logger.info("%s%s", name, "".join(f" {key}={_plain(value)}" for key, value in fields.items()))


def trouble(logger: logging.Logger, name: str, **fields: Any) -> None:
    """The same at warning level: somebody may have to look."""
    logger.warning("%s%s", name, "".join(f" {key}={_plain(value)}" for key, value in fields.items()))


def _plain(value: Any) -> str:
    """One word, or a quoted text; what a venue says cannot begin a line of its own."""
    text = str(value)
    return text if text and text.isprintable() and " " not in text else repr(text)
