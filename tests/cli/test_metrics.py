"""The endpoint's gauges say what the desk says, in base units, and nothing of what is not known."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from common import settings
from common.core.events import HaltLevel
from common.core.order import OrderState
from common.desk.facts import facts
from common.desk.told import Reader
from common.metrics.counts import COUNTERS, HISTOGRAMS
from common.metrics.exposition import once
from common.metrics.gauges import GAUGES, families
from common.supervisor_client import Process

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


def test_an_order_without_proof_is_counted_from_its_decision(fleet: Any) -> None:
    """Of BTC's deal one leg is on its way, decided 60 s before the venues were heard; SOL's are done."""
    reader = Reader(settings.load(fleet.root / "arb.toml"))
    told = reader.read(fleet.now_ns)
    assert told.ledger is not None
    row = told.ledger.markets["BTC"]
    first, second = row.deals[0].orders
    deal = replace(row.deals[0], orders=(replace(first, state=OrderState.WORKING), second))
    markets = {**told.ledger.markets, "BTC": replace(row, deals=(deal,))}
    desk = facts(replace(told, ledger=replace(told.ledger, markets=markets)), fleet.now_ns + SECOND_NS)
    found = {
        (s.name, s.labels["market"]): s.value
        for family in families(desk)
        if family.name.startswith("arb_order")
        for s in family.samples
    }
    assert (found["arb_orders_unfinished", "BTC"], found["arb_orders_unfinished", "SOL"]) == (1.0, 0.0)
    assert found["arb_order_unfinished_age_seconds", "BTC"] == 61.0
    assert ("arb_order_unfinished_age_seconds", "SOL") not in found


def test_a_worker_that_runs_has_an_age_and_other_programs_a_state(fleet: Any) -> None:
    told = Reader(settings.load(fleet.root / "arb.toml")).read(fleet.now_ns)
    processes = (
        Process("btc", "arb", "RUNNING", 41, 12, 0, ""),
        Process("eth", "arb", "BACKOFF", 0, 0, 1, ""),
        Process("warden", "warden", "FATAL", 0, 0, 1, ""),
    )
    desk = facts(replace(told, processes=processes, alive=(7, "RUNNING")), fleet.now_ns)
    found = {(s.name, *s.labels.values()): s.value for family in families(desk) for s in family.samples}
    assert (found["arb_worker_up", "BTC"], found["arb_worker_up", "ETH"]) == (1.0, 0.0)
    assert found["arb_worker_uptime_seconds", "BTC"] == 12.0
    assert ("arb_worker_uptime_seconds", "ETH") not in found
    assert found["arb_program_up", "warden"] == 0.0 and ("arb_program_up", "btc") not in found
