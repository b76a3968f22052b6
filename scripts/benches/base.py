"""The words of a measure: samples in rows, the goals they are held against, and what a measure is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from scripts.benches import figures

Stat = Literal["median", "p99", "max"]
#: a contender of a round; None: this round has no sample of it
Contender = Callable[[], float | None]


@dataclass(frozen=True, slots=True)
class Goal:
    """What one figure of a row has to be."""

    stat: Stat
    bound: float
    is_least: bool = False

    def met_by(self, samples: Sequence[float]) -> bool:
        """Whether the samples reach it; nothing measured reaches no goal."""
        if not samples:
            return False
        value = figures.stat(self.stat, samples)
        return value >= self.bound if self.is_least else value <= self.bound


def at_most(stat: Stat, bound: float) -> Goal:
    """The figure must not be above `bound`."""
    return Goal(stat, bound)


def at_least(stat: Stat, bound: float) -> Goal:
    """The figure must not be below `bound`."""
    return Goal(stat, bound, is_least=True)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report."""

    name: str
    unit: str
    samples: Sequence[float]
    goals: tuple[Goal, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a measure is given: how long it may take, where its files go, and somebody who hears how far it is."""

    folder: Path
    quick: bool = False
    #: overrides the number of rounds of every measure
    rounds_given: int | None = None
    tell: Callable[[int, int], None] = field(default=lambda done, count: None)

    def count(self, *, quick: int, full: int) -> int:
        """How many rounds this run takes."""
        return self.rounds_given or (quick if self.quick else full)

    def rounds(self, contenders: Mapping[str, Contender], *, quick: int, full: int) -> dict[str, list[float]]:
        """The samples of each contender, taken in turns; who begins goes round. Rounds stay aligned.

        A round in which one of them has no sample counts for none, so that samples of one index are of one round.
        """
        count, names = self.count(quick=quick, full=full), list(contenders)
        samples: dict[str, list[float]] = {name: [] for name in names}
        for number in range(count):
            begin = number % len(names)
            found = {name: contenders[name]() for name in names[begin:] + names[:begin]}
            for name, value in found.items():
                if value is not None and None not in found.values():
                    samples[name].append(value)
            self.tell(number + 1, count)
        return samples


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Round by round, how many times the one is the other."""
    return [a / b for a, b in zip(above, below, strict=True)]
