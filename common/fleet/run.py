"""One simulated run, from a seed to a verdict."""

import tempfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random

from common.core.events import StopRequested
from common.core.terms import Terms
from common.fleet.faults import SECOND, Faults, drawn
from common.fleet.fleet import Fleet, Tally
from common.fleet.judge import Judge, Violation
from common.fleet.timeline import BEGIN_NS

SIZES = {
    "BTC": "0.001", "ETH": "0.01", "LINK": "1", "LTC": "0.5", "AVAX": "1",
    "ATOM": "1", "DOGE": "300", "BCH": "0.2", "MATIC": "30", "SOL": "1",
}  # fmt: skip
#: how long faults rage, and how long a calm world is given to come to rest
RAGE_NS, CALM_NS = 60 * SECOND, 180 * SECOND


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one seed; `violation` is empty when every law held."""

    seed: int
    faults: Faults
    tally: Tally
    violation: str


def run(seed: int, folder: Path | None = None, rage_ns: int = RAGE_NS) -> Outcome:
    """Simulate the whole fleet for one seed, in a throw-away folder unless one is given."""
    faults = drawn(Random(f"faults-{seed}"))
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as scratch:
        return _run(seed, faults, folder or Path(scratch), rage_ns)


def _run(seed: int, faults: Faults, folder: Path, rage_ns: int) -> Outcome:
    fleet = Fleet(seed, faults, [_terms(m, s) for m, s in SIZES.items()], folder)
    judge = Judge(fleet.ledger_file, fleet.engines)
    for wire in fleet.wires.values():
        wire.on_arrival = judge.arrived
    violation = ""
    try:
        fleet.keep_going()
        fleet.run_until(BEGIN_NS + rage_ns, judge)
        fleet.calm()
        fleet.run_until(BEGIN_NS + rage_ns + CALM_NS // 3, judge)
        for member in fleet.members.values():
            member.hear(StopRequested(fleet.timeline.now_ns))
        fleet.run_until(BEGIN_NS + rage_ns + CALM_NS, judge)
        judge.close()
    except Violation as found:
        violation = str(found)
    tally = fleet.tally()
    fleet.ledger.close()
    return Outcome(seed, faults, tally, violation)


def _terms(market: str, size: str) -> Terms:
    return Terms(market=market, size=Decimal(size), median_window_ns=20 * SECOND, median_warmup_ns=3 * SECOND)
