"""The page of refusals: each word, sentence and exit code with which the program says no, as its source has them."""

from itertools import groupby
from typing import Final

from common.result.meanings import MEANS
from scripts.handbook.advice import EXITS
from scripts.handbook.source import Sentence, exit_codes, sentences
from scripts.handbook.table import table

#: where a file of the source stands in the catalogue
ROOMS: Final = {
    "common/ledger": "The ledger file",
    "common/reconcile": "Reconciling",
    "common/venues": "Venues, accounts and keys",
    "common/sim": "Paper venues",
    "common/tape": "Tapes",
    "common/recorder": "Tapes",
    "common/replay": "Replays and sweeps",
    "common/sweep": "Replays and sweeps",
    "common/analysis": "Analysis and report",
    "common/result": "Analysis and report",
    "scripts": "Commands",
}
OTHER: Final = "Settings, start and processes"
OUR_OWN: Final = ("scripts/fuzz", "scripts/mutant", "scripts/benches", "scripts/simulate", "common/fleet")
PROGRAMS: Final = {
    "scripts/arbctl.py": "`arbctl`",
    "scripts/fleet_run.py": "`./scripts/run`",
    "scripts/run_sum.py": "`./scripts/run`, by its summary",
    "scripts/drill.py": "`./scripts/drill`",
    "scripts/simulate.py": "`./scripts/simulate`",
    "scripts/fuzz.py": "`./scripts/fuzz`",
    "scripts/mutants.py": "`./scripts/mutate`",
    "common/process_main.py": "workers, `warden`, `recorder`, `sim`",
}


def page() -> str:
    """docs/refusals.md."""
    parts = [
        "# Refusals and exit codes",
        "Every way in which the program says no, taken from its source; `…` stands for what is only known\n"
        "when it is said. "
        "What to do about it: the sentence says so itself, or the [runbook](runbook.md) does.",
        "## Exit codes",
        "0 is done, always. 2 is also what any program answers that was given an option it does not know.",
        table(("program", "code", "means"), exits()),
        "## New deals",
        "One word each, in the column `says` of `arbctl status`, in the worker's log and in `arbctl report`.\n"
        "Exits are refused for none.",
        table(("word", "means"), ((f"`{word}`", means) for word, means in sorted(MEANS.items()))),
    ]
    for title, said in by_room():
        parts += [f"## {title}", table(("sentence", "exit code"), said)]
    return "\n\n".join(parts)


def exits() -> list[tuple[str, ...]]:
    """One row for each program and code."""
    return [(PROGRAMS.get(file, f"`{file}`"), str(code), EXITS[name]) for file, code, name in exit_codes()]


def by_room() -> list[tuple[str, list[tuple[str, str]]]]:
    """What each part of the program refuses; what only its own tests can be told is left out."""
    said = [one for one in sentences() if not one.file.startswith(OUR_OWN)]
    said.sort(key=lambda one: (room(one), one.text.lower()))
    return [(title, [(_as_text(one.text), str(one.code)) for one in ones]) for title, ones in groupby(said, room)]


def room(sentence: Sentence) -> str:
    """The title under which it stands."""
    return next((title for place, title in ROOMS.items() if sentence.file.startswith(place)), OTHER)


def _as_text(sentence: str) -> str:
    return " ".join(sentence.split())
