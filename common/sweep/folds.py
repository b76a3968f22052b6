"""The walk forward: on which part of the tape is chosen, and on which one the choice is judged. Pure arithmetic.

All folds are equally long and go forward by what is judged, so that the judged parts lie end to end and no moment is
judged twice. Each part is a replay of its own: it begins flat, with nothing seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

Window: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fold:
    """Two parts of the tape's time, each from its first nanosecond up to its last; `judge` is None: nothing is kept."""

    choose: Window
    judge: Window | None


def folds_of(from_ns: int, to_ns: int, split: Fraction, count: int) -> tuple[Fold, ...]:
    """`count` folds over the whole time, each chosen on its first `split`; a split of 1 keeps nothing to judge on."""
    if not 0 < split <= 1 or count < 1 or to_ns <= from_ns:
        raise ValueError(f"no folds: {split=} {count=} {from_ns=} {to_ns=}")
    if split == 1:
        return (Fold((from_ns, to_ns), None),)
    return tuple(_folds(from_ns, to_ns, split, count))


def _folds(from_ns: int, to_ns: int, split: Fraction, count: int) -> Iterator[Fold]:
    rest = 1 - split
    length = Fraction(to_ns - from_ns) / (1 + (count - 1) * rest)
    for n in range(count):
        begin = from_ns + n * rest * length
        cut, end = begin + split * length, begin + length
        yield Fold((int(begin), int(cut)), (int(cut) + 1, int(end)))
