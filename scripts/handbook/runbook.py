"""The runbook by symptom: what a person sees, what it means, what to do. Words and remedies come from the program."""

from collections.abc import Iterable, Iterator

from common.result.meanings import MEANS
from scripts.handbook.advice import ALERTS, SAYS
from scripts.handbook.source import HOLE, doctor_lines
from scripts.handbook.symptoms import FILE, HALTS, RUNS, STARTS, Symptom
from scripts.handbook.table import table

#: what the doctor says where another of its lines has the remedy
_ELSEWHERE = "see above"


def page() -> str:
    """docs/runbook.md."""
    seen = ("what you see", "what it means", "what to do")
    alerts = ((f"`what={what}`", advice.means, advice.do) for what, advice in ALERTS.items())
    says = ((f"`{word}`", means, SAYS[word]) for word, means in MEANS.items())
    return "\n\n".join(
        (
            "# Runbook",
            "By what you see. `arbctl doctor` looks at everything at once; `arbctl halt` stops new deals while you\n"
            "think, and is never wrong: closing and evening out go on.",
            "## It does not start",
            table(seen, _rows(STARTS)),
            "## It runs, and something looks wrong",
            table(seen, _rows(RUNS)),
            "## A market is halted",
            "`arbctl status` names who halted it and why.",
            table(("the reason", *seen[1:]), _rows(HALTS)),
            '<a id="says"></a>\n## A worker opens nothing',
            "The word in the column `says` of `arbctl status`. Why the last entry was refused: the newest line\n"
            "`refused … reason=` in the worker's log; `arbctl report --since 1h` counts them, with the edge that went\n"
            "by.",
            table(("`says`", *seen[1:]), says),
            '<a id="alerts"></a>\n## An alert came',
            "A line `alert … what=…` in `var/log`.",
            table(("the alert", *seen[1:]), alerts),
            "## The ledger file",
            table(seen, _rows(FILE)),
            "## A line of the doctor",
            "`…` stands for what it names.",
            table(("line", "grade", "says", "what to do"), doctor()),
        )
    )


def _rows(symptoms: Iterable[Symptom]) -> Iterator[tuple[str, str, str]]:
    return ((one.see, one.means, one.do) for one in symptoms)


def doctor() -> list[tuple[str, ...]]:
    """One row for each remedy; what differs in its grade only is one row."""
    found = dict[tuple[str, str, str], str]()
    for line in doctor_lines():
        if line.remedy not in (HOLE, _ELSEWHERE):
            key = (line.check, line.says, line.remedy)
            grade = found.get(key)
            found[key] = f"{grade} or {line.grade}" if grade else line.grade
    return [(f"`{check}`", grade, says, remedy) for (check, says, remedy), grade in sorted(found.items())]
