"""Three circles and the names within them: where each row of text may stand, so that it is in its region whole.

Pure geometry. Text is of one width per letter, so that what is reckoned here is what is seen. y grows downwards.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias

#: rows of text: their height, and letters' width
ROW: Final = 20.0
LETTER: Final = 8.4
#: least distance of the text from any circle that it is not to touch, and the most that is sought
PAD, PAD_MAX = 6.0, 70.0
#: between two names of a row, in letters
GAP: Final = 2
#: rows are tried at every so many units of height; divides ROW
STEP: Final = 4.0
#: how full rows are tried, against rows of equal length
FILLINGS: Final = (1.0, 1.15, 1.3, 1.6)
#: how exactly the greatest distance is sought
EXACT: Final = 2.0

Span: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Circle:
    """One set."""

    x: float
    y: float
    radius: float

    def widest(self, top: float, bottom: float) -> Span | None:
        """Where the circle is anywhere between two heights."""
        return self._chord(0.0 if top <= self.y <= bottom else min(abs(top - self.y), abs(bottom - self.y)))

    def narrowest(self, top: float, bottom: float) -> Span | None:
        """Where it is at every height between two."""
        return self._chord(max(abs(top - self.y), abs(bottom - self.y)))

    def _chord(self, off: float) -> Span | None:
        if off >= self.radius:
            return None
        half = math.sqrt(self.radius**2 - off**2)
        return self.x - half, self.x + half


@dataclass(frozen=True, slots=True)
class Region:
    """What is in all circles of `inside` and in none of `outside`."""

    inside: tuple[Circle, ...]
    outside: tuple[Circle, ...]

    def span(self, top: float, bottom: float) -> Span | None:
        """The widest stretch that is in the region at every height from `top` to `bottom`."""
        chords = [chord for circle in self.inside if (chord := circle.narrowest(top, bottom))]
        if len(chords) < len(self.inside):
            return None
        spans = [(max(low for low, _ in chords), min(high for _, high in chords))]
        for circle in self.outside:
            taken = circle.widest(top, bottom)
            if taken is not None:
                left = [(low, min(high, taken[0])) for low, high in spans]
                spans = left + [(max(low, taken[1]), high) for low, high in spans]
        low, high = max(spans, key=lambda span: span[1] - span[0])
        return (low, high) if low < high else None


@dataclass(frozen=True, slots=True)
class Row:
    """Some names in a row; `x` is where they begin, `y` their middle."""

    x: float
    y: float
    names: tuple[str, ...]

    def places(self) -> list[tuple[str, float]]:
        """Each name with where it begins."""
        begins, found = self.x, []
        for name in self.names:
            found.append((name, begins))
            begins += (len(name) + GAP) * LETTER
        return found


def laid_out(names: Sequence[str], region: Region) -> tuple[Row, ...]:
    """The names as rows, as far from every circle as they can be; ValueError when the region cannot hold them."""
    best = _rows(names, region, PAD)
    if not best:
        raise ValueError(f"no room for {', '.join(names)}")
    near, far = PAD, PAD_MAX
    while far - near > EXACT:
        pad = (near + far) / 2
        better = _rows(names, region, pad)
        best, near, far = (better, pad, far) if better else (best, near, pad)
    return best


def _rows(names: Sequence[str], region: Region, pad: float) -> tuple[Row, ...]:
    """The most even rows at this distance from the circles; none when there is no room."""
    best, least = tuple[Row, ...](), math.inf
    for places in _blocks(region, pad, len(names)):
        for filling in FILLINGS:
            broken = _broken(names, [span for _, span in places], filling * _width(names) / len(places))
            if broken and (uneven := _unevenness(broken)) < least:
                best, least = _centred(broken, places), uneven
    return best


def _blocks(region: Region, pad: float, most: int) -> Iterator[list[tuple[float, Span]]]:
    """Every block of up to `most` rows, one below the other: where each begins, and the stretch it may take."""
    top = max(circle.y - circle.radius for circle in region.inside)
    bottom = min(circle.y + circle.radius for circle in region.inside)
    tops = [top + step * STEP for step in range(int((bottom - top) / STEP))]
    spans = [_less(region.span(y - pad, y + ROW + pad), pad) for y in tops]
    lines = int(ROW / STEP)
    for count, first in product(range(1, most + 1), range(len(tops))):
        chosen = slice(first, first + count * lines, lines)
        places = [(y, span) for y, span in zip(tops[chosen], spans[chosen], strict=True) if span]
        if len(places) == count:
            yield places


def _less(span: Span | None, pad: float) -> Span | None:
    return (span[0] + pad, span[1] - pad) if span and span[1] - span[0] > 2 * pad else None


def _broken(names: Sequence[str], spans: Sequence[Span], most: float) -> list[tuple[str, ...]]:
    """All names row by row; nothing when they do not fit."""
    broken, rest = [], list(names)
    for low, high in spans:
        taken: list[str] = []
        while rest and _width([*taken, rest[0]]) <= (high - low if not taken else min(most, high - low)):
            taken.append(rest.pop(0))
        broken.append(tuple(taken))
    return broken if all(broken) and not rest else []


def _unevenness(broken: Sequence[Sequence[str]]) -> float:
    """How ragged, and how far from a pleasant shape, a block of rows is."""
    widths = [_width(row) for row in broken]
    return max(widths) - min(widths) + abs(max(widths) - ROW * len(broken))


def _centred(broken: Sequence[tuple[str, ...]], places: Sequence[tuple[float, Span]]) -> tuple[Row, ...]:
    """Rows around one axis, each pushed off it as far as its own stretch demands."""
    axis = sum(low + high for _, (low, high) in places) / (2 * len(places))
    rows = []
    for row, (top, (low, high)) in zip(broken, places, strict=True):
        begins = min(max(axis - _width(row) / 2, low), high - _width(row))
        rows.append(Row(begins, top + ROW / 2, row))
    return tuple(rows)


def _width(names: Sequence[str]) -> float:
    return (sum(len(name) for name in names) + GAP * (len(names) - 1)) * LETTER
