"""Putting a fleet's memory aside: the ledger and the paper venues' accounts, together, never deleted."""

from datetime import UTC, datetime
from pathlib import Path

from common import clock, live_start
from common.core.errors import ConfigError
from common.core.terms import SECOND_NS
from common.settings import Settings

#: by mode, what `--fresh` puts aside
WHAT = {"paper": "ledger and paper accounts", "live": "the ledger"}


def put_aside(config: Settings) -> Path | None:
    """Move the ledger's files, and the paper accounts with them, into var/archive/<UTC time>; None without any.

    The caller has made sure that nobody uses them. ConfigError when a file cannot be moved, or real money is out.
    """
    if config.mode == "live" and live_start.has_live_deals(config):
        raise ConfigError("the ledger has open deals with real money: `arbctl flatten`, then --fresh")
    paper = [config.var / "paper"] if config.mode == "paper" else []
    found = [*sorted(config.var.glob(f"{config.ledger_file.name}*")), *(path for path in paper if path.exists())]
    if not found:
        return None
    try:
        folder = new_folder(config.var / "archive")
        for path in found:
            path.rename(folder / path.name)
    except OSError as error:
        raise ConfigError(f"cannot move {error.filename} away: {error.strerror}") from error
    return folder


def new_folder(parent: Path) -> Path:
    """Make a folder named by the present moment, UTC."""
    folder = parent / moment_name()
    folder.mkdir(parents=True)
    return folder


def moment_name() -> str:
    """The present moment to the millisecond, UTC, as a file's name."""
    now_ns = clock.now_ns()
    moment = datetime.fromtimestamp(now_ns // SECOND_NS, UTC)
    return f"{moment:%Y%m%dT%H%M%S}.{now_ns % SECOND_NS // 1_000_000:03d}Z"
