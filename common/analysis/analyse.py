"""From named places to findings: reads every source, pairs what can be paired, measures each pair."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Final

from common.analysis.base import MEMORY, opened
from common.analysis.findings import PairFound
from common.analysis.measure import measured
from common.analysis.series import SECOND_NS
from common.analysis.sources import gathered
from common.analysis.terms import Asked, Side, pair, side
from common.analysis.timeline import lay, span_of
from common.core.errors import ConfigError

DEFAULT_SILENCE_NS: Final = 2 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asked for: markets and places (all of them when empty), sizes in base, fees in basis points."""

    size_of: Callable[[str], float]
    fee_bps_of: Callable[[str], float]
    markets: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    silence_ns: int = DEFAULT_SILENCE_NS
    memory: str = MEMORY
    #: told the name of each pair before it is measured
    begins: Callable[[str], None] = field(default=lambda name: None)


def analysed(places: Sequence[str], wanted: Wanted, folder: Path) -> list[PairFound]:
    """Every pair of places with books of one market at one time; ConfigError when there is none.

    `folder` takes what is put away meanwhile; it may grow as large as the sources.
    """
    with opened(folder, wanted.memory) as base:
        found = gathered(base, folder, places, wanted.markets, wanted.silence_ns)
        sides = [
            side(series, span, wanted.silence_ns)
            for series in found.series
            if (not wanted.places or series.place in wanted.places) and (span := span_of(base, series)) is not None
        ]
        pairs = [pair(one, other) for one, other in _pairs(sides)]
        _refuse_none(pairs, sides)
        findings = []
        for each in sorted(pairs, key=lambda p: (p.market, p.first.series.place, p.second.series.place)):
            first, second = each.first.series.place, each.second.series.place
            wanted.begins(f"{each.market} {first} {second}")
            asked = Asked(wanted.size_of(each.market), wanted.fee_bps_of(first), wanted.fee_bps_of(second))
            lay(base, each, asked)
            findings.append(measured(base, each, asked, found.rates))
    return findings


def _pairs(sides: Iterable[Side]) -> list[tuple[Side, Side]]:
    return [
        (one, other)
        for one, other in combinations(sides, 2)
        if one.series.market == other.series.market
        and one.series.place != other.series.place
        and max(one.span.first_ns, other.span.first_ns) < min(one.span.last_ns, other.span.last_ns)
    ]


def _refuse_none(pairs: Sequence[object], sides: Sequence[Side]) -> None:
    if not pairs:
        heard = ", ".join(sorted(f"{one.series.market} at {one.series.place}" for one in sides)) or "no books"
        raise ConfigError(
            f"nothing to compare: two places must have books of one market at the same time; found {heard}"
        )
