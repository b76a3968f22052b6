"""What the shell offers at the tab key: names of markets, ids of deals, keys of arb.toml.

Asked between two keystrokes: it reads arb.toml, of the ledger only the newest deals, and where anything is amiss it
offers nothing and says nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from common.settings import Settings

#: deals that are offered beside the live ones
NEWEST: Final = 20
#: live deals that are offered at most; the level keeps them far below
LIVE_MOST: Final = 100


def markets(context: typer.Context, incomplete: str) -> list[str]:
    """Markets of arb.toml that begin so; in small letters for who types them small."""
    settings = _settings(context)
    names = [] if settings is None else _beginning(settings.markets, incomplete.upper())
    return [name.lower() for name in names] if incomplete.islower() else names


def some_markets(context: typer.Context, incomplete: str) -> list[str]:
    """The same for the last one of several, with a comma between them; none is offered twice."""
    given, comma, last = incomplete.rpartition(",")
    named = given.upper().split(",")
    return [f"{given}{comma}{name}" for name in markets(context, last) if name.upper() not in named]


def deals(context: typer.Context, incomplete: str) -> list[str]:
    """Every live deal and the newest others that begin so."""
    return _deals(context, incomplete, NEWEST)


def live_deals(context: typer.Context, incomplete: str) -> list[str]:
    """Only those that something can still be done about."""
    return _deals(context, incomplete, 0)


def keys(incomplete: str) -> list[str]:
    """Keys of arb.toml, with their tables once a table is begun."""
    from scripts import explained

    known = explained.keys()
    names = [key.dotted for key in known] if "." in incomplete else [key.name for key in known]
    return _beginning(dict.fromkeys(names), incomplete)


def limits(incomplete: str) -> list[str]:
    """Limits of the ledger."""
    from common.ledger.bounds import BY_NAME

    return _beginning(BY_NAME, incomplete)


def _deals(context: typer.Context, incomplete: str, newest: int) -> list[str]:
    settings = _settings(context)
    if settings is None:
        return []
    from common.core.deal import LIVE
    from common.core.errors import ArbError
    from common.ledger.report import Report

    try:
        with Report.open(settings.ledger_file) as report:
            found = [row.deal.deal_id for row in report.newest(LIVE_MOST, states=tuple(LIVE))]
            found += [row.deal.deal_id for row in report.newest(newest)]
    except (ArbError, OSError):
        return []
    return _beginning(dict.fromkeys(found), incomplete)


def _settings(context: typer.Context) -> Settings | None:
    """Those of --config, which stands before the command; None when they are not sound."""
    from common import settings
    from common.core.errors import ArbError

    given = context.find_root().params.get("config")
    try:
        return settings.load(Path(given) if given else None)
    except (ArbError, OSError):
        return None


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
