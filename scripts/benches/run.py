"""Runs measures one after the other, tells how far they are, and gathers their rows into one report."""

import importlib
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from common import clock
from scripts import render
from scripts.benches import MEASURES, machine
from scripts.benches.base import Bench, Row

#: how often a line says how far it is where nobody watches
TELL_NS = 10_000_000_000


@dataclass(frozen=True, slots=True)
class Report:
    """Every row under the name of its measure, with the machine and the code they are of."""

    rows: tuple[tuple[str, Row], ...]
    machine: str
    code: str
    begun: str
    seconds: float
    quick: bool


def run(names: Sequence[str], folder: Path, *, quick: bool, rounds: int | None = None) -> Report:
    """Take the measures of these names; their files lie in a new folder below `folder` meanwhile."""
    begun_ns, begun = clock.monotonic_ns(), datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    # the load is that of others: asked before we burn anything ourselves
    on = machine.machine()
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, Row]] = []
    for name in names:
        rows += [(name, row) for row in _measured(name, folder, Bench(folder, quick, rounds))]
    seconds = (clock.monotonic_ns() - begun_ns) / 1e9
    return Report(tuple(rows), on, machine.code(), begun, seconds, quick)


def _measured(name: str, folder: Path, bench: Bench) -> list[Row]:
    progress = Progress(name)
    own = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder))
    try:
        return list(importlib.import_module(MEASURES[name]).measure(replace(bench, folder=own, tell=progress.tell)))
    finally:
        progress.end()
        shutil.rmtree(own, ignore_errors=True)


class Progress:
    """On a terminal one line that changes, elsewhere a line now and then; always on stderr."""

    def __init__(self, name: str) -> None:
        self._name, self._told_ns, self._draws = name, clock.monotonic_ns(), sys.stderr.isatty()
        if self._draws:
            print(f"bench: {name} …", end="", file=sys.stderr, flush=True)
        else:
            render.say(f"bench: {name}")

    def tell(self, done: int, count: int) -> None:
        """So many of so many rounds are done."""
        if self._draws:
            print(f"\r\033[Kbench: {self._name} {done}/{count}", end="", file=sys.stderr, flush=True)
        elif clock.monotonic_ns() - self._told_ns > TELL_NS:
            self._told_ns = clock.monotonic_ns()
            render.say(f"bench: {self._name} {done}/{count}")

    def end(self) -> None:
        """Leave no half line behind."""
        if self._draws:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
