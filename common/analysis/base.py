"""The query engine, set to work on the disk: a file beside the data, little memory, a core left to others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

from common.core.errors import ConfigError

MEMORY: Final = "1GB"
Base = duckdb.DuckDBPyConnection


@contextmanager
def opened(folder: Path, memory: str = MEMORY) -> Iterator[Base]:
    """A new database in `folder`; what does not fit into `memory` goes to the disk there."""
    limits: dict[str, Any] = {
        "memory_limit": memory,
        "threads": max(1, (os.cpu_count() or 1) - 1),
        "temp_directory": str(folder),
    }
    try:
        with duckdb.connect(folder / "analysis.duckdb", config=limits) as base:
            base.execute("set enable_progress_bar = false")
            yield base
    except duckdb.Error as error:
        raise ConfigError(f"these books cannot be analysed: {error}") from error


def quoted(path: str | Path) -> str:
    """A path as SQL text."""
    return "'" + str(path).replace("'", "''") + "'"
