"""`arbctl config show`: the settings in force, one line each."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from common.settings import Settings
from scripts import render
from scripts.render import Answer


def config_show(config: Settings) -> Answer:
    """All settings, nested for JSON, by dotted name for people."""
    data = {
        "root": str(config.root),
        "mode": config.mode,
        "var": str(config.var),
        "hash": config.hash,
        "cap": _table(config.cap),
        "venues": {venue.value: _table(endpoint) for venue, endpoint in config.endpoints.items()},
        "paper": _table(config.paper),
        "markets": {name: _table(terms) for name, terms in config.markets.items()},
    }
    return Answer(data, ("setting", "value"), [(name, str(value)) for name, value in _flat("", data)])


def _table(value: Any) -> dict[str, Any]:
    """One section; nothing in it is a secret: key files are named, not read."""
    return {field.name: _cell(getattr(value, field.name)) for field in fields(value)}


def _cell(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else render.plain(value)


def _flat(prefix: str, table: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value
