"""`arbctl config reload`: SIGHUP to every running worker and the warden, and what each then says it goes by."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Final

from common import live_start, members
from common.core.errors import ConfigError
from common.ledger.report import Report
from common.rereading import MIXED
from common.settings import Settings
from common.supervisor_client import Places, Supervisor
from scripts.render import Answer

#: a worker takes it up within milliseconds, unless the machine is busy
WAIT_S: Final = 10.0
LOOK_S: Final = 0.05
TAKEN, PARTLY, SILENT = "taken up", "partly: the rest needs a restart", "said nothing"
OTHERS: Final = "paper venues and recorder read arb.toml when they start: supervisorctl restart sim"


def reload(config: Settings) -> tuple[Answer, bool]:
    """What workers and warden say, and whether all of them go by the file now. The file is sound: it was read."""
    if (why := live_start.doubt(config)) is not None:
        raise ConfigError(f"nothing was taken up: {why}")
    running = _running(config)
    if not running:
        return Answer(
            {"hash": config.hash, "workers": {}}, text="no worker runs: the file counts from their start"
        ), True
    supervisor = Supervisor(Places(config.var).socket)
    for program in running.values():
        supervisor.hang_up(program)
    said = asyncio.run(_heard(config, running))
    verdicts = {market: _verdict(said.get(market, ""), config.hash) for market in running}
    data = {m: {"hash": said.get(m, ""), "verdict": verdict} for m, verdict in verdicts.items()}
    rows = [(market, said.get(market, ""), verdict) for market, verdict in verdicts.items()]
    answer = Answer(
        {"hash": config.hash, "workers": data}, ("market", "goes by", ""), rows, notes=_notes(verdicts, running)
    )
    return answer, SILENT not in verdicts.values()


def _running(config: Settings) -> dict[str, str]:
    """Of each worker that runs, and of the warden, the name that it beats under, and its program's."""
    running = {p.full_name for p in Supervisor(Places(config.var).socket).processes() if p.state == "RUNNING"}
    known = {market: f"{members.GROUP}:{members.program(market)}" for market in config.markets}
    return {name: program for name, program in (known | {members.WARDEN: members.WARDEN}).items() if program in running}


async def _heard(config: Settings, running: Iterable[str]) -> dict[str, str]:
    """By market the settings that its worker says it goes by, once all name this file or the time is over."""
    said = dict[str, str]()
    with Report.open(config.ledger_file) as report, suppress(TimeoutError):
        async with asyncio.timeout(WAIT_S):
            while not said or any(_verdict(said.get(market, ""), config.hash) == SILENT for market in running):
                await asyncio.sleep(LOOK_S if said else 0)
                said = {beat.market: beat.config_hash for beat in report.heartbeats()}
    return said


def _verdict(said: str, wanted: str) -> str:
    """A hash alone: all of it; after a `+`: that part which holds without a restart."""
    if said == wanted:
        return TAKEN
    return PARTLY if said.endswith(f"{MIXED}{wanted}") else SILENT


def _notes(verdicts: Mapping[str, str], running: Mapping[str, str]) -> list[str]:
    notes = [OTHERS]
    if waiting := [running[name] for name, verdict in verdicts.items() if verdict == PARTLY]:
        notes.append(f"`waits` in its log names what needs: supervisorctl restart {' '.join(waiting)}")
    if silent := [market for market, verdict in verdicts.items() if verdict == SILENT]:
        notes.append(f"not taken up: {', '.join(silent)}; `not_reloaded` in its log says why, if it heard of it")
    return notes
