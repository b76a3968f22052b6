"""A copy of each arb.toml that a worker goes by, under its hash: so that it can be said later what was different then.

Only to be read by people. A copy that cannot be made, or is gone, costs an answer and nothing else.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from common import settings
from common.settings import Settings

FOLDER: Final = "settings"
#: the copies written last are kept, so many
MOST: Final = 50
PRIVATE: Final = 0o600


def keep(config: Settings) -> None:
    """Keep the file that these settings were read from, unless it was edited since or no disk takes it."""
    with suppress(OSError):
        raw = settings.found().read_bytes()
        copy = _place(config.var, config.hash)
        if settings.digest(raw) == config.hash and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            _write(copy, raw)
            for old in sorted(copy.parent.glob("*.toml"), key=lambda file: file.stat().st_mtime_ns)[:-MOST]:
                old.unlink(missing_ok=True)


def differing(config: Settings, file: Path, digest: str) -> dict[str, tuple[str, str]] | None:
    """By key what stood in the settings of that hash, and what stands in `file`; None: no copy of them is there."""
    try:
        old, new = (_flat(place.read_bytes()) for place in (_place(config.var, digest), file))
    except (OSError, ValueError, ArithmeticError):
        return None
    keys = [*new, *(key for key in old if key not in new)]
    return {key: (old.get(key, ""), new.get(key, "")) for key in keys if old.get(key) != new.get(key)}


def _place(var: Path, digest: str) -> Path:
    return var / FOLDER / f"{digest}.toml"


def _write(copy: Path, raw: bytes) -> None:
    """Ten workers may do it at once: each writes a draft of its own, and any of them will do."""
    draft = copy.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb") as file:
        file.write(raw)
    draft.replace(copy)


def _flat(raw: bytes) -> Mapping[str, str]:
    """Dotted key → its value, as text; a number is the same in quotes and without."""
    return dict(_leaves("", tomllib.loads(raw.decode(), parse_float=Decimal)))


def _leaves(prefix: str, table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", str(value)
