"""One event per line on stderr: `time level event key=value …`. Never a secret, never prose."""

import logging
import sys
from typing import Any


def setup(process: str) -> logging.Logger:
    """Configure the root logger of a process once and return its logger."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s.%(msecs)03d %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    return logging.getLogger(process)


def event(logger: logging.Logger, name: str, **fields: Any) -> None:
    """Log one event: a name and its fields in the order given."""
    logger.info("%s%s", name, "".join(f" {key}={_plain(value)}" for key, value in fields.items()))


def trouble(logger: logging.Logger, name: str, **fields: Any) -> None:
    """The same at warning level: somebody may have to look."""
    logger.warning("%s%s", name, "".join(f" {key}={_plain(value)}" for key, value in fields.items()))


def _plain(value: Any) -> str:
    text = str(value)
    return repr(text) if " " in text or not text else text
