"""`arbctl sweep`: a tape replayed with many settings, ranked, judged, drawn, and written as tables."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from common import clock, settings
from common.core.errors import ConfigError
from common.settings import Change, Settings
from common.sweep import tables, words
from common.sweep.crew import Crew, Processes
from common.sweep.dask_crew import DaskCrew
from common.sweep.findings import Findings, Row
from common.sweep.grid import Grid, axes_of, make_grid, only
from common.sweep.kept import Kept
from common.sweep.sweep import Interrupted, Swept, Wanted, swept
from common.tape.places import REMOTE
from scripts import render
from scripts.render import Answer

_GRID_WORD: Final = re.compile(r"[a-z][a-z_.]*=.*")
_PNG_DPI: Final = 130


@dataclass(frozen=True, slots=True)
class Given:
    """The options of `arbctl sweep`; `words` are tapes and more of the grid."""

    words: tuple[str, ...]
    grid: tuple[str, ...]
    markets: tuple[str, ...]
    split: str
    folds: int
    seed: int
    jobs: int | None
    scheduler: str | None
    out: Path | None
    top: int
    fresh: bool


def sweep(config: Settings, path: Path | None, given: Given) -> tuple[Answer, bool]:
    """Replay, judge, write; and whether it came to its end."""
    out = _new(given.out or _named_by_time(config))
    base, grid = _grid(config, path, given)
    tapes = tuple(_absolute(word) for word in given.words if not _is_grid(word)) or (str(config.tape_folder),)
    crew: Crew = DaskCrew(given.scheduler) if given.scheduler else Processes(given.jobs)
    kept = Kept(config.var / "sweep" / "kept", is_fresh=given.fresh)
    with _bar() as told:
        wanted = Wanted(tapes, base, grid, given.seed, _split(given), given.folds, told)
        try:
            done = swept(wanted, crew, kept)
        except Interrupted as stopped:
            return Answer({"stopped": str(stopped)}, text=f"stopped: {stopped}. The same command goes on there."), False
    return _answer(done, grid, given, _written(done, grid, out)), True


def _is_grid(word: str) -> bool:
    return _GRID_WORD.fullmatch(word) is not None and not Path(word).exists()


def _absolute(place: str) -> str:
    """Paths hold for processes with another folder, too."""
    return place if REMOTE in place else str(Path(place).absolute())


def _split(given: Given) -> Fraction:
    try:
        split = Fraction(given.split)
    except (ValueError, ZeroDivisionError):
        split = Fraction(0)
    if not 0 < split <= 1:
        raise ConfigError(f"--split {given.split} must be above 0 and at most 1, for example 0.6")
    if split == 1 and given.folds > 1:
        raise ConfigError("--folds needs a --split below 1: nothing is kept to judge on, so nothing walks forward")
    return split


def _grid(config: Settings, path: Path | None, given: Given) -> tuple[Settings, Grid]:
    """What is tried, and what arb.toml has for the same markets."""
    markets = list(given.markets or config.markets)

    def load(change: Change) -> Settings:
        return settings.load(path, None, change)

    base = load(only(markets))
    return base, make_grid(axes_of([*given.grid, *filter(_is_grid, given.words)]), base, load, markets)


def _named_by_time(config: Settings) -> Path:
    return config.var / "sweep" / f"{datetime.fromtimestamp(clock.now_ns() // render.SECOND_NS, UTC):%Y%m%dT%H%M%SZ}"


def _new(folder: Path) -> Path:
    """Before hours of work, not after."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there already: move it, or name another one with --out")
    return folder


@contextmanager
def _bar() -> Iterator[Callable[[float, int], None]]:
    """A bar on stderr, where somebody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    parts: Any = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[done]} of {task.fields[of]} replays"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*parts, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("sweep", total=None, done=0, of="?")
        yield lambda done, of: progress.update(task, completed=done, total=of, done=int(done), of=of)


def _written(done: Swept, grid: Grid, out: Path) -> list[str]:
    from common.analysis.chart_parts import look
    from common.sweep.charts import heat
    from common.sweep.report import html

    out.mkdir(parents=True, exist_ok=True)
    tables.write(out, done)
    (out / "report.html").write_text(html(done.findings, grid))
    names = ["runs.parquet", "deals.parquet", "report.html"]
    with look():
        figure = heat(done.findings)
        if figure is not None:
            figure.savefig(out / "heat.png", dpi=_PNG_DPI)
            names.append("heat.png")
    return [f"written: {out}/ with {', '.join(names)}"]


def _answer(done: Swept, grid: Grid, given: Given, written: list[str]) -> Answer:
    found = done.findings
    rows = [words.row(found, place, row) for place, row in enumerate(found.rows[: given.top], start=1)]
    hidden = len(found.rows) - len(rows)
    notes = [
        *([f"{hidden:,} more cells are in runs.parquet, or shown with --top"] if hidden > 0 else []),
        f"{words.span(found.window)}; {words.counted(len(grid.cells), 'cell')}, {found.tries:,} different in what they "
        f"did; {words.counted(done.kept, 'replay')} kept from before",
        *words.choices(found),
        *(f"left out: {name}: {why}" for name, why in grid.impossible),
        *written,
    ]
    data = {**_data(found), "left_out": dict(grid.impossible), "kept": done.kept}
    return Answer(data, words.columns(found), [*rows, words.row(found, 0, found.as_it_is)], notes=notes)


def _data(found: Findings) -> dict[str, object]:
    return {
        "window": found.window,
        "events": found.events,
        "tries": found.tries,
        "rows": [_row(found, row) for row in found.rows],
        "as_it_is": _row(found, found.as_it_is),
        "choices": [
            {**render.plain(one), "values": next((r.values for r in found.rows if r.cell == one.cell), None)}
            for one in found.choices
        ],
    }


def _row(found: Findings, row: Row) -> dict[str, object]:
    grid = dict(zip((axis.key for axis in found.axes), row.values, strict=False))
    return {**grid, "chosen_on": row.chosen_on, "judged": row.judged, "times_chosen": row.times_chosen}
