"""Whole fleets whose power fails often, most of all while a sent order is not durable yet: nothing is lost."""

from dataclasses import replace
from pathlib import Path

from common.fleet.fleet import Fleet
from common.fleet.run import RAGE_NS, Outcome, _run, faults_of
from common.ledger.report import Report
from common.sim.faults import SECOND, Faults

#: the faults of ordinary seeds, with power cuts in each; and a stage on which deals are many
SEEDS = range(5000, 5024)
#: a world that is bad in this alone: late orders, lost replies, and what venues do to us by themselves
LIVELY = Faults(
    request_late=0.3, reply_lost=0.3, late_max_ns=20 * SECOND, race_lost=0.2, liquidated=0.02, reversed=0.02,
    death=0.01, balance_usd=300, deals_max=2, power_cut=0.02,
)  # fmt: skip


def played(seed: int, faults: Faults, folder: Path) -> tuple[Outcome, int, int]:
    """The outcome, and how many deals were forgotten and told anew."""
    folder.mkdir()
    fleet = Fleet(seed, faults, folder)
    outcome = _run(fleet, RAGE_NS)
    with Report.open(outcome.ledger_file) as report:
        verbs = [row.verb for row in report.journal(1_000_000)]
    return outcome, len(fleet.judge.losses.deals), verbs.count("rebuild")


def test_nothing_is_lost_whenever_the_power_fails(tmp_path: Path) -> None:
    lost = rebuilt = 0
    for seed in SEEDS:
        for name, faults in (("drawn", replace(faults_of(seed), power_cut=0.02)), ("lively", LIVELY)):
            outcome, gone, found = played(seed, faults, tmp_path / f"{seed}-{name}")
            assert not outcome.violation, f"seed {seed}, {name}: {outcome.violation}"
            lost, rebuilt = lost + gone, rebuilt + found
    assert lost > 10 and rebuilt > 5, "the file forgot, and was reminded"
