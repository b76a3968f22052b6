"""One simulated run, from a seed to a verdict."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from common.core.errors import ArbError
from common.core.forgotten import OVER_AFTER_NS
from common.fleet.death import Death
from common.fleet.fleet import Fleet, Tally
from common.sim.faults import SECOND, Faults, drawn

#: how long faults rage, how long a calm world is given to come to rest, and how often that is looked for
RAGE_NS, CALM_NS, LOOK_NS = 30 * SECOND, 180 * SECOND, SECOND
#: and how long they rage on once entries are possible again after a power cut
AFTERWARDS_NS = 15 * SECOND
#: what code that breaks a rule is known to raise; `Violation` is an AssertionError
CRASHES = (ArbError, AssertionError, RuntimeError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one seed; `violation` is empty when every law held."""

    seed: int
    faults: Faults
    tally: Tally
    violation: str
    ledger_file: Path


def faults_of(seed: int) -> Faults:
    """The faults that a seed draws."""
    return drawn(Random(f"faults-{seed}"))


def run(seed: int, folder: Path | None = None, rage_ns: int = RAGE_NS, faults: Faults | None = None) -> Outcome:
    """Simulate the whole fleet for one seed, in a throw-away folder unless one is given."""
    with tempfile.TemporaryDirectory(prefix="fleet-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as scratch:
        return _run(Fleet(seed, faults or faults_of(seed), folder or Path(scratch)), rage_ns)


def _run(fleet: Fleet, rage_ns: int) -> Outcome:
    before, violation = Outcome(fleet.seed, fleet.faults, Tally(), "", fleet.disk.file), ""
    try:
        _play(fleet, rage_ns)
    except (*CRASHES, Death) as found:
        violation = f"{type(found).__name__}: {found}"
    outcome = replace(before, tally=fleet.tally(), violation=violation, ledger_file=fleet.disk.file)
    fleet.close()
    return outcome


def _play(fleet: Fleet, rage_ns: int) -> None:
    """Faults rage, then it is calm until everything is at rest, then the judge looks at the whole.

    After a power cut nobody enters until the venues were asked for what it took: they rage on until after that.
    """
    fleet.keep_going()
    fleet.run_until(fleet.timeline.now_ns + rage_ns)
    if fleet.disk.booted_ns:
        fleet.power.share = 0.0
        fleet.run_until(fleet.disk.booted_ns + OVER_AFTER_NS + AFTERWARDS_NS)
    fleet.calm()
    end_ns = fleet.timeline.now_ns + CALM_NS
    while fleet.timeline.now_ns < end_ns:
        fleet.run_until(fleet.timeline.now_ns + LOOK_NS)
        if fleet.at_rest():
            break
    fleet.judge.close()
    fleet.overseer.close()
