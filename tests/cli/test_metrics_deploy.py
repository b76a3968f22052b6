"""The alert rules and the board: they load, they name only what the endpoint serves, and silence is an alarm."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from common.metrics.counts import COUNTERS, HISTOGRAMS
from common.metrics.gauges import GAUGES
from common.metrics.today import LOST_BPS

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "scripts" / "deploy" / "prometheus-rules.yml"
BOARD = ROOT / "scripts" / "deploy" / "grafana-board.json"
#: what every series of the endpoint has, and what Prometheus says of the scrape itself
OF_THE_SCRAPE = {"up": ("job",)}
DURATION = re.compile(r"\d+[smhd]")
PROMTOOL = shutil.which("promtool")


def served() -> dict[str, tuple[str, ...]]:
    """Names of series → their labels, as an expression may use them."""
    named = {name: labels for name, (labels, _) in {**GAUGES, **COUNTERS}.items()}
    named |= {f"{name}_bucket": (*labels, "le") for name, (labels, _) in HISTOGRAMS.items()}
    return named | OF_THE_SCRAPE


def rules() -> dict[str, dict[str, Any]]:
    found = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in found}) == len(found)
    return {rule["alert"]: rule for rule in found}


def of_the_board() -> Iterator[tuple[str, str]]:
    for panel in json.loads(BOARD.read_text())["panels"]:
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])


def expressions() -> list[tuple[str, str]]:
    return [*((name, rule["expr"]) for name, rule in rules().items()), *of_the_board()]


@pytest.mark.parametrize(("where", "expr"), expressions())
def test_every_series_and_label_that_is_asked_for_is_served(where: str, expr: str) -> None:
    known = served()
    for name, matchers in re.findall(r"\b(up|arb_\w+)(?:\{([^}]*)\})?", expr):
        assert name in known, where
        labels = re.findall(r"(\w+)\s*=~?", matchers)
        assert not [label for label in labels if label not in known[name]], where
    by = re.findall(r"(?:by|on) ?\(([^)]*)\)", expr)
    asked = {label.strip() for labels in by for label in labels.split(",") if label.strip()}
    assert asked <= {label for labels in known.values() for label in labels}, where
    assert [expr.count(opening) for opening in "([{"] == [expr.count(closing) for closing in ")]}"], where


@pytest.mark.parametrize("name", rules())
def test_every_rule_says_how_bad_it_is_and_what_to_do(name: str) -> None:
    rule = rules()[name]
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert DURATION.fullmatch(rule.get("for", "1m"))
    assert rule["labels"]["severity"] in ("critical", "warning", "none")
    assert rule["annotations"]["summary"] and rule["annotations"]["description"]
    named = re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))
    series = [labels for one, labels in served().items() if re.search(rf"\b{one}\b", rule["expr"])]
    assert set(named) <= {label for labels in series for label in labels}


def test_silence_is_an_alarm() -> None:
    known = rules()
    assert known["ArbWatchdog"]["expr"] == "vector(1)" and "for" not in known["ArbWatchdog"]
    silent = known["ArbSilent"]["expr"]
    assert 'absent(up{job="arb-fleet"})' in silent and 'up{job="arb-fleet"} == 0' in silent


def test_what_costs_money_has_a_rule() -> None:
    asked = "\n".join(rule["expr"] for rule in rules().values())
    costly = (
        "arb_ledger_readable", "arb_supervisord_up", "arb_deals_stuck", "arb_deals_naked", "arb_position_differs",
        "arb_order_unfinished_age_seconds", "arb_account_age_seconds", "arb_liquidation_distance_ratio",
        "arb_equity_usd", "arb_cap_used_ratio", "arb_halted", "arb_worker_up", "arb_worker_decision_age_seconds",
        "arb_worker_uptime_seconds", "arb_program_up", "arb_feed_silent_seconds", "arb_feed_lag_seconds", "arb_doubts",
    )  # fmt: skip
    assert not [name for name in costly if not re.search(rf"\b{name}\b", asked)]


def test_bounds_of_buckets_that_are_asked_for_exist() -> None:
    asked = {le for _, expr in expressions() for le in re.findall(r'le="([^"]+)"', expr)}
    assert asked and asked <= {"+Inf", *map(str, LOST_BPS)}


def test_every_rule_is_in_the_documents() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text()
    assert [f"`{name}`" for name in rules() if f"| `{name}` |" not in text] == []


def test_the_board_is_one_that_grafana_imports() -> None:
    board = json.loads(BOARD.read_text())
    assert (
        board["uid"] and board["schemaVersion"] and [v["type"] for v in board["templating"]["list"]] == ["datasource"]
    )
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    places = [panel["gridPos"] for panel in board["panels"]]
    cells = [(p["x"] + i, p["y"] + j) for p in places for i in range(p["w"]) for j in range(p["h"])]
    assert len(set(cells)) == len(cells) and max(x for x, _ in cells) == 23
    assert all(target["datasource"]["uid"] == "${datasource}" for p in board["panels"] for target in p["targets"])


@pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool on this machine")
def test_promtool_takes_the_rules() -> None:
    assert PROMTOOL is not None
    done = subprocess.run([PROMTOOL, "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
