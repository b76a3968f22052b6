"""`arbctl config diff --running`: which workers go by another arb.toml, or are another program, than what is here."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from common import clock, kept_settings, settings
from common.ledger.report import Report
from common.ledger.shapes import Beat
from common.rereading import MIXED
from common.settings import Settings
from common.version import code_version
from scripts import explained
from scripts.render import Answer

COLUMNS: Final = ("workers", "go by", "program", "what differs")
NOTHING: Final = "nothing"
UNKEPT: Final = "cannot be told: no copy of {} is kept"
NOT_THERE: Final = "(not in the file)"
WORKERS: Final = "'arb:*'"


@dataclass(frozen=True, slots=True)
class Running:
    """One worker: what its last sign of life named, and how that differs from what is here."""

    market: str
    age_ns: int
    config_hash: str
    code_version: str
    #: a sentence each; empty: it goes by what is here
    differs: tuple[str, ...]


def running(config: Settings, file: Path | None) -> tuple[Answer, bool]:
    """Every worker that gave a sign of life lately, and whether all of them go by what is here."""
    now_ns = clock.now_ns()
    with Report.open(config.ledger_file) as report:
        beats = [beat for beat in report.heartbeats() if now_ns - beat.at_ns <= config.warden.heartbeat_max_ns]
    found = [_found(config, settings.found(file), beat, now_ns) for beat in beats]
    here = {"hash": config.hash, "program": code_version(), "workers": [_data(row) for row in found]}
    text = "" if found else "no worker gave a sign of life lately: the file counts from their start"
    answer = Answer(here, COLUMNS, _rows(found), text, tuple(_notes(config, found)), wrapped=True)
    return answer, not any(row.differs for row in found)


def _found(config: Settings, file: Path, beat: Beat, now_ns: int) -> Running:
    differs = [*_settings(config, file, beat.config_hash)]
    if beat.code_version != code_version():
        differs.append(f"another program: {beat.code_version or 'one that names no version'}")
    return Running(beat.market, now_ns - beat.at_ns, beat.config_hash, beat.code_version, tuple(differs))


def _settings(config: Settings, file: Path, named: str) -> Iterator[str]:
    """`old+new`: what needs a restart is as in the first, all else as in the second."""
    begun, _, taken = named.rpartition(MIXED)
    if taken != config.hash:
        yield from _keys(config, file, taken, lambda key: not begun or not _waits(key))
    if begun:
        yield from _keys(config, file, begun, _waits)


def _keys(config: Settings, file: Path, digest: str, is_meant: Callable[[str], bool]) -> Iterator[str]:
    differing = kept_settings.differing(config, file, digest)
    if differing is None:
        yield UNKEPT.format(digest or "a file without a name")
        return
    told = {key: values for key, values in differing.items() if is_meant(key)}
    for key, (there, here) in told.items():
        yield f"{key}: goes by {there or NOT_THERE}, the file has {here or NOT_THERE}"
    if not differing:
        yield "comments, or what $ARB_PAPER_… overrides"


def _waits(key: str) -> bool:
    """Whether a worker takes a change up only when it starts."""
    known = explained.found(explained.keys(), key)
    return not known or any(WORKERS in one.counts_after or one.section == "paper" for one in known)


def _data(row: Running) -> dict[str, Any]:
    return {
        "market": row.market,
        "heard_ns_ago": row.age_ns,
        "hash": row.config_hash,
        "program": row.code_version,
        "differs": list(row.differs),
    }


def _rows(found: Iterable[Running]) -> list[tuple[str, ...]]:
    """One line for all workers of which the same is to be said."""
    alike = dict[tuple[str, ...], list[str]]()
    for row in found:
        said = (row.config_hash, row.code_version, "; ".join(row.differs) or NOTHING)
        alike.setdefault(said, []).append(row.market)
    return [(", ".join(markets), *said) for said, markets in alike.items()]


def _notes(config: Settings, found: Iterable[Running]) -> Iterator[str]:
    yield f"here: arb.toml {config.hash}, program {code_version()}"
    if any(row.differs for row in found):
        yield "arbctl config reload has the running workers take the file up; a restart takes up everything"
