"""`arbctl bench`: the rows of a report as lines, each goal beside its figure, met or not met."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer

from scripts.benches import MEASURES, SLOW, figures
from scripts.benches.base import Goal, Row
from scripts.benches.run import Report, run
from scripts.render import NOTHING, Answer

COLUMNS = ("measure", "rounds", "median", "p99", "max", "", "goal", "")
#: below so many samples a 99th percentile is only another name of the largest
PERCENTILE_MIN = 20
ROOT = Path(__file__).resolve().parent.parent


def bench(only: Sequence[str], *, quick: bool, rounds: int | None) -> Answer:
    """Take the measures (all, or only some) and say what they found."""
    unknown = [name for name in only if name not in MEASURES]
    if unknown:
        raise typer.BadParameter(f"no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    usual = [name for name in MEASURES if not (quick and name in SLOW)]
    answer = told(run(only or usual, ROOT / "var" / "bench", quick=quick, rounds=rounds))
    left_out = [name for name in MEASURES if not only and name not in usual]
    return replace(answer, notes=(*answer.notes, *(f"left out: {', '.join(left_out)}" for _ in left_out[:1])))


def told(report: Report) -> Answer:
    """The report as an answer."""
    goals = [(goal, row) for _, row in report.rows for goal in row.goals]
    missed = [f"{row.name}: {_bound(goal)} {row.unit}" for goal, row in goals if not goal.met_by(row.samples)]
    head = f"{report.code}, {report.begun}, {report.seconds:.0f} s{', quick' if report.quick else ''}"
    footer = f"{report.machine}\n{head}"
    notes = [f"{len(goals) - len(missed)} of {len(goals)} goals met"] + [f"not met: {one}" for one in missed]
    notes += [f"{row.name}: {row.note}" for _, row in report.rows if row.note]
    return Answer(_data(report), COLUMNS, [_line(row) for _, row in report.rows], notes=notes, footer=footer)


def _line(row: Row) -> list[str]:
    if not row.samples:
        return [row.name, "0", NOTHING, NOTHING, NOTHING, row.unit, _goals(row), "not measured"]
    count = len(row.samples)
    found = [figures.written(figures.stat(name, row.samples)) for name in ("median", "p99", "max")]
    found[1] = found[1] if count >= PERCENTILE_MIN else NOTHING
    met = all(goal.met_by(row.samples) for goal in row.goals)
    return [row.name, str(count), *found, row.unit, _goals(row), ("met" if met else "not met") if row.goals else ""]


def _goals(row: Row) -> str:
    return ", ".join(_bound(goal) for goal in row.goals)


def _bound(goal: Goal) -> str:
    stat = "" if goal.stat == "median" else f"{goal.stat} "
    return f"{stat}{'≥' if goal.is_least else '≤'} {goal.bound:g}"


def _data(report: Report) -> dict[str, Any]:
    return {
        "machine": report.machine,
        "code": report.code,
        "begun": report.begun,
        "seconds": round(report.seconds, 1),
        "quick": report.quick,
        "rows": [_row(measure, row) for measure, row in report.rows],
    }


def _row(measure: str, row: Row) -> dict[str, Any]:
    stats = ("median", "p99", "max")
    found = {name: figures.stat(name, row.samples) if row.samples else None for name in stats}
    goals = [
        {"stat": goal.stat, "bound": goal.bound, "least": goal.is_least, "met": goal.met_by(row.samples)}
        for goal in row.goals
    ]
    named = {"measure": measure, "row": row.name, "unit": row.unit, "rounds": len(row.samples)}
    return named | found | {"goals": goals, "note": row.note}
