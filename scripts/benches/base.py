"""The words of a measure: samples in rows, the goals they are held against, and what a measure is given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from scripts.benches import figures

Stat = Literal["median", "p99", "max"]
#: has its turn in a round and returns its sample; None: it brought nothing
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
class Rounds:
    """What contenders brought, by name and number of the round; None where one had its turn and brought nothing."""

    samples: dict[str, dict[int, float | None]]

    def of(self, name: str) -> list[float]:
        """All samples of one."""
        return [value for value in self.samples[name].values() if value is not None]

    def ratio(self, above: str, below: str) -> list[float]:
        """How many times the one is the other, in each round that has both."""
        both = ((value, self.samples[below].get(number)) for number, value in self.samples[above].items())
        return [a / b for a, b in both if a is not None and b is not None]

    def missed(self, name: str) -> int:
        """In how many of its turns it brought nothing."""
        return sum(value is None for value in self.samples[name].values())


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

    def rounds(
        self, contenders: Mapping[str, Contender], *, quick: int, full: int, every: Mapping[str, int] | None = None
    ) -> Rounds:
        """Every contender's samples, taken in turns; who begins goes round. `every`: who has a turn each n rounds."""
        count, names, sparse = self.count(quick=quick, full=full), list(contenders), every or {}
        rounds = Rounds({name: {} for name in names})
        for number in range(count):
            begin = number % len(names)
            for name in names[begin:] + names[:begin]:
                if number % sparse.get(name, 1) == 0:
                    rounds.samples[name][number] = contenders[name]()
            self.tell(number + 1, count)
        return rounds
