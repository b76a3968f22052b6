"""What a sweep found: every cell by its score, and what was chosen on each fold and how it did. Pure.

The choice is the cell that earned most on the part it is chosen on, marked to close; of equals the one with fewer
deals, then the first in the grid. Cells that did exactly the same deals are one try and not several.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from common.sweep.deflation import DEALS_MIN, Deflated, deflate
from common.sweep.folds import Fold, Window
from common.sweep.grid import Axis
from common.sweep.job import Result
from common.sweep.scores import Score, score

#: cell → its result, on one part
Part: TypeAlias = Mapping[int, Result]
#: the row of the settings as they are
AS_IT_IS: Final = -1


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choice on one fold. `deflated` is None where too few deals were made to say anything; `rank` is where the
    choice came among all `cells` when judged (1: first, equals share the better one).
    """

    fold: Fold
    cell: int | None
    chosen: Score | None
    deflated: Deflated | None
    judged: Score | None
    rank: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One cell over all folds; `judged` is None where nothing was kept to judge on."""

    cell: int
    values: tuple[str, ...]
    chosen_on: Score
    judged: Score | None
    times_chosen: int


@dataclass(frozen=True, slots=True)
class Findings:
    """All of it. `rows` are in the order of the first part's pnl, `as_it_is` is what arb.toml has without a change."""

    axes: tuple[Axis, ...]
    rows: tuple[Row, ...]
    as_it_is: Row
    choices: tuple[Chosen, ...]
    tries: int
    window: Window
    events: int


def found(
    axes: Sequence[Axis], values: Sequence[tuple[str, ...]], folds: Sequence[Fold], parts: Sequence[tuple[Part, Part]]
) -> Findings:
    """`parts` are the results to choose by and to judge by, fold by fold; each has AS_IT_IS beside the cells."""
    choices = tuple(_choice(fold, *part) for fold, part in zip(folds, parts, strict=True))
    cells = range(len(values))
    rows = [_row(cell, values[cell], parts, choices) for cell in cells]
    results = [result for part in parts for side in part for result in side.values()]
    return Findings(
        axes=tuple(axes),
        rows=tuple(sorted(rows, key=lambda row: (-row.chosen_on.pnl_uusd, row.chosen_on.deals, row.cell))),
        as_it_is=_row(AS_IT_IS, (), parts, choices),
        choices=choices,
        tries=max(len(_tries(choose)) for choose, _ in parts),
        window=(min(result.window[0] for result in results), max(result.window[1] for result in results)),
        events=sum(result.events for result in results),
    )


def _row(cell: int, values: tuple[str, ...], parts: Sequence[tuple[Part, Part]], choices: Sequence[Chosen]) -> Row:
    judged = [judge[cell] for _, judge in parts if judge]
    return Row(
        cell=cell,
        values=values,
        chosen_on=score([choose[cell] for choose, _ in parts]),
        judged=score(judged) if judged else None,
        times_chosen=sum(choice.cell == cell for choice in choices),
    )


def _choice(fold: Fold, choose: Part, judge: Part) -> Chosen:
    scores = {cell: score([result]) for cell, result in choose.items() if cell != AS_IT_IS}
    traded = {cell: one for cell, one in scores.items() if one.deals}
    if not traded:
        return Chosen(fold, None, None, None, None, None)
    best = min(traded, key=lambda cell: (-traded[cell].pnl_uusd, traded[cell].deals, cell))
    judged = score([judge[best]]) if judge else None
    return Chosen(fold, best, traded[best], _deflated(traded[best], choose), judged, _rank(best, judge))


def _deflated(best: Score, choose: Part) -> Deflated | None:
    if best.deals < DEALS_MIN:
        return None
    return deflate(best.moments, [score([result]).moments.sharpe for result in _tries(choose)])


def _tries(choose: Part) -> list[Result]:
    """The cells that traded, each way of doing so once: what did the same deals was not tried twice."""
    ways = {_way(result): result for cell, result in choose.items() if cell != AS_IT_IS and _way(result)}
    return list(ways.values())


def _way(result: Result) -> tuple[tuple[object, ...], ...]:
    deals = (deal for deal in result.deals if deal.notional_uusd)
    return tuple((d.market, d.direction, d.opened_ns, d.closed_ns, d.notional_uusd, d.pnl_uusd) for d in deals)


def _rank(best: int, judge: Part) -> int | None:
    if not judge:
        return None
    pnl = {cell: score([result]).pnl_uusd for cell, result in judge.items() if cell != AS_IT_IS}
    return 1 + sum(other > pnl[best] for other in pnl.values())
