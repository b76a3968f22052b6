"""The sweep itself: which replays are needed, which of them are kept already, the rest handed out, all of it judged."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from common.core.errors import ConfigError
from common.settings import Settings
from common.sweep import identity
from common.sweep.crew import Crew
from common.sweep.findings import AS_IT_IS, Findings, Part, found
from common.sweep.folds import Fold, Window, folds_of
from common.sweep.grid import Grid
from common.sweep.job import Job, Result, job_of
from common.sweep.kept import Kept


def _silent(done: float, of: int) -> None:
    """Nobody looks on."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `told` hears how many replays are done (those at work by their part), and of how many."""

    tapes: tuple[str, ...]
    base: Settings
    grid: Grid
    seed: int
    split: Fraction
    folds: int = 1
    told: Callable[[float, int], None] = field(default=_silent)


@dataclass(frozen=True, slots=True)
class Swept:
    """What was found, every single result by cell, fold and part, and how many were kept from before."""

    findings: Findings
    results: tuple[tuple[int, int, bool, Result], ...]
    kept: int
    identity: str


class Interrupted(Exception):
    """A person stopped it; so many replays are done and kept, of so many."""

    def __init__(self, done: int, of: int) -> None:
        super().__init__(f"{done} of {of} replays are done and kept")


def swept(wanted: Wanted, crew: Crew, kept: Kept) -> Swept:
    """Replay what is not kept, and judge; ConfigError where the tape is none or too short, Interrupted by Ctrl-C."""
    who = f"{identity.of_tapes(wanted.tapes)} {identity.of_program()}"
    count = len(wanted.grid.cells) + 1
    (whole,) = _Run(wanted, crew, kept, count).results([job_of(wanted.tapes, wanted.base, wanted.seed, None, who)])
    folds = _folds(wanted, whole.window)
    plan = list(_plan(wanted, folds, whole.window, who))
    run = _Run(wanted, crew, kept, len({job.key for _, _, _, job in plan}))
    by_key = {result.key: result for result in run.results([job for *_, job in plan])}
    results = tuple((cell, fold, is_judged, by_key[job.key]) for cell, fold, is_judged, job in plan)
    values = [cell.values for cell in wanted.grid.cells]
    return Swept(found(wanted.grid.axes, values, folds, _parts(len(folds), results)), results, run.kept_before, who)


def _folds(wanted: Wanted, window: Window) -> tuple[Fold, ...]:
    from_ns, to_ns = window
    if to_ns <= from_ns:
        raise ConfigError("the tape is one moment long: there is nothing to choose on")
    return folds_of(from_ns, to_ns, wanted.split, wanted.folds)


def _plan(wanted: Wanted, folds: Sequence[Fold], whole: Window, who: str) -> Iterator[tuple[int, int, bool, Job]]:
    """Cell, fold, whether it is the part to judge on, and the job; the settings as they are go along."""
    configs = [(AS_IT_IS, wanted.base), *enumerate(cell.config for cell in wanted.grid.cells)]
    for n, fold in enumerate(folds):
        for window, is_judged in ((fold.choose, False), (fold.judge, True)):
            part = None if window == whole else window
            for cell, config in configs if window else ():
                yield cell, n, is_judged, job_of(wanted.tapes, config, wanted.seed, part, who)


def _parts(folds: int, results: Sequence[tuple[int, int, bool, Result]]) -> list[tuple[Part, Part]]:
    parts: list[tuple[dict[int, Result], dict[int, Result]]] = [({}, {}) for _ in range(folds)]
    for cell, fold, is_judged, result in results:
        parts[fold][is_judged][cell] = result
    return [(choose, judge) for choose, judge in parts]


class _Run:
    """Jobs on their way to results: each key once, kept ones from the disk, new ones onto it at once."""

    def __init__(self, wanted: Wanted, crew: Crew, kept: Kept, of: int) -> None:
        self._crew, self._kept, self._tell, self._of = crew, kept, wanted.told, of
        self._at: dict[str, float] = {}
        self._done = self.kept_before = 0

    def results(self, jobs: Sequence[Job]) -> list[Result]:
        every = {job.key: job for job in jobs}
        there = [result for key in every if (result := self._kept.find(key)) is not None]
        self._done = self.kept_before = len(there)
        self._told("", 0.0)
        have = {result.key for result in there}
        missing = [job for key, job in every.items() if key not in have]
        try:
            for result in self._crew.run(missing, self._told):
                there.append(result)
                self._kept.keep(result)
                self._done += 1
                self._at.pop(result.key, None)
                self._told("", 0.0)
        except KeyboardInterrupt:
            raise Interrupted(self._saved(there), self._of) from None
        return there

    def _saved(self, there: Sequence[Result]) -> int:
        """How many are kept: a person may have stopped it while the last one was being written."""
        if there and self._kept.find(there[-1].key) is None:
            self._kept.keep(there[-1])
        return len(there)

    def _told(self, key: str, part: float) -> None:
        if key:
            self._at[key] = part
        self._tell(self._done + sum(self._at.values()), self._of)
