"""The endpoint's gauges say what the desk says, in base units, and nothing of what is not known."""

from pathlib import Path
from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from common import settings
from common.core.events import HaltLevel
from common.metrics.counts import COUNTERS, HISTOGRAMS
from common.metrics.exposition import once
from common.metrics.gauges import GAUGES

SECOND_NS = 1_000_000_000


def samples(fleet: Any) -> dict[tuple[str, tuple[str, ...]], float]:
    config = settings.load(fleet.root / "arb.toml")
    text = once(config, fleet.now_ns + SECOND_NS)
    told = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return {
        (s.name, tuple(value for _, value in sorted(s.labels.items()))): s.value
        for family in told
        for s in family.samples
    }


def test_every_figure_is_the_desks_in_base_units(fleet: Any) -> None:
    fleet.ledger.halt(HaltLevel.REDUCE, "SOL", "odd", who="anna", at_ns=fleet.now_ns)
    found = samples(fleet)
    assert {venue: value for (name, venue), value in found.items() if name == "arb_equity_usd"} == {
        ("dydx",): 100.0,
        ("apex",): 100.0,
    }
    assert found["arb_account_age_seconds", ("dydx",)] == 1.0
    assert (found["arb_deals_live", ("+1",)], found["arb_deals_live", ("-1",)]) == (1.0, 1.0)
    assert found["arb_halted", ("reduce", "SOL")] == 1.0
    assert found["arb_worker_up", ("BTC",)] == 0.0
    assert found["arb_journal_rows_total", ()] > 5
    assert {name for name, _ in found} <= {*GAUGES, *COUNTERS}


def test_without_a_ledger_nothing_is_said_of_it(fleet: Any) -> None:
    fleet.ledger.close()
    (settings.load(fleet.root / "arb.toml")).ledger_file.unlink()
    found = samples(fleet)
    assert found["arb_ledger_readable", ()] == 0.0
    ours = ("arb_held", "arb_cap", "arb_equity", "arb_deals", "arb_pnl", "arb_doubts", "arb_halted")
    assert not [name for name, _ in found if name.startswith(ours)]


def test_the_table_of_the_docs_is_the_table_of_the_code() -> None:
    text = (Path(__file__).parents[2] / "docs/metrics.md").read_text()
    said = {line.split("`")[1]: line for line in text.splitlines() if line.startswith("| `arb_")}
    known = {**GAUGES, **COUNTERS, **HISTOGRAMS}
    assert list(said) == list(known)
    for name, (labels, told) in known.items():
        assert said[name] == f"| `{name}` | {', '.join(f'`{label}`' for label in labels)} | {told} |"
