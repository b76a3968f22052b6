"""`arbctl config show` and `config check`: the settings in force, one line each, or all that is wrong with them."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from common import settings
from common.core.errors import ConfigError
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
        "limits": _table(config.limits),
        "venues": {venue.value: _table(endpoint) for venue, endpoint in config.endpoints.items()}
        | {"gmx": {"rest": config.gmx}},
        "paper": _table(config.paper),
        "warden": _table(config.warden),
        "recorder": _table(config.recorder),
        "web": _table(config.web),
        "metrics": _table(config.metrics),
        "markets": {name: _table(terms) for name, terms in config.markets.items()},
    }
    return Answer(data, ("setting", "value"), [(name, str(value)) for name, value in _flat("", data)])


def config_sound(file: Path | None) -> Answer:
    """That nothing is wrong with one file; ConfigError says what is."""
    config = settings.load(file)
    data = {"sound": True, "wrong": [], "hash": config.hash, "markets": list(config.markets)}
    return Answer(data, text=f'nothing is wrong: mode = "{config.mode}", markets {", ".join(config.markets)}')


def config_check(file: Path | None) -> tuple[Answer, bool]:
    """The verdict on one file as data, and whether it is sound."""
    try:
        return config_sound(file), True
    except ConfigError as error:
        return Answer({"sound": False, "wrong": list(error.args)}), False


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
