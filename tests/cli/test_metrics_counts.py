"""What happened today, counted from telemetry: each kind of row, after a restart, over midnight."""

from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from common import settings
from common.metrics.exposition import Sight, once
from common.metrics.today import Today
from common.telemetry.files import Writer, folder_of
from common.telemetry.rows import Mark, Naked, Refused, Row, Sent, Span

SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
MS_NS = 1_000_000


def rows(at_ns: int) -> list[Row]:
    """Two refusals, ten seconds of one word, an order whose fill was marked, one that rested on nothing."""
    said = {"edge": 9 * SECOND_NS, "stale": SECOND_NS}
    order = ("aaaaaa-BTC-1", "o-1", "dydx", "BUY", "OPEN", "0.001")
    fill = ("dydx", "o-1", "BUY", "40004", "0.001")
    return [
        Span("BTC", at_ns, 10 * SECOND_NS, 3, said, {}, 1.0, {}, (), {}, {}, {}, {"apex": 2}),
        Refused("BTC", at_ns, "cap", 1, 26),
        Refused("BTC", at_ns, "cap", -1, 26),
        Sent("BTC", at_ns, *order, "40000", "40000", 3 * MS_NS, MS_NS // 2),
        Naked("BTC", at_ns, "aaaaaa-BTC-1", 200 * MS_NS),
        Sent("BTC", at_ns, "aaaaaa-BTC-1", "o-2", "apex", "SELL", "EVEN", "0.001", "", "", 30 * MS_NS),
        Mark("BTC", at_ns, *fill, 1, "40000"),
        Mark("BTC", at_ns, *fill, 5, "40024"),
        Mark("BTC", at_ns, "apex", "o-2", "SELL", "40000", "0.001", 1, "40010"),
    ]


def told(text: str) -> dict[str, float]:
    """`name{label="…"}` → value, of what was counted."""
    families = text_string_to_metric_families(text)  # type: ignore[no-untyped-call]
    return {
        "/".join([s.name, *(value for _, value in sorted(s.labels.items()))]): s.value
        for family in families
        if family.type in ("counter", "histogram")
        for s in family.samples
    }


@pytest.fixture
def writer(fleet: Any) -> Writer:
    return Writer(folder_of(fleet.ledger_file), "BTC")


def test_every_row_is_counted_by_what_it_says(fleet: Any, writer: Writer) -> None:
    writer.append(rows(fleet.now_ns))
    found = told(once(settings.load(fleet.root / "arb.toml"), fleet.now_ns))
    assert found["arb_refusals_total/BTC/cap"] == 2
    assert found["arb_edges_seen_total/BTC"] == 3
    assert (found["arb_said_seconds_total/BTC/edge"], found["arb_said_seconds_total/BTC/stale"]) == (9.0, 1.0)
    assert found["arb_orders_sent_total/BTC/OPEN/dydx"] == found["arb_orders_sent_total/BTC/EVEN/apex"] == 1
    assert found["arb_order_handover_seconds_sum/OPEN/dydx"] == pytest.approx(0.003)
    buckets = [found[f"arb_order_handover_seconds_bucket/{le}/OPEN/dydx"] for le in ("0.002", "0.005", "+Inf")]
    assert buckets == [0, 1, 1]
    assert (found["arb_reserve_wait_seconds_count"], found["arb_reserve_wait_seconds_sum"]) == (1, 0.0005)
    assert [found[f"arb_naked_seconds_bucket/{le}/BTC"] for le in ("0.1", "0.25", "+Inf")] == [0, 1, 1]
    assert found["arb_book_losses_total/BTC/apex"] == 2
    # bought at 40004: 1 bp worse than the quote and than the middle one second later, 5 bp better than after 5 s
    assert [found[f"arb_slippage_bps_bucket/{le}/OPEN/dydx"] for le in ("0.0", "1.0", "+Inf")] == [0, 1, 1]
    assert [found[f"arb_markout_bps_bucket/1s/{le}/dydx"] for le in ("0.0", "1.0", "+Inf")] == [0, 1, 1]
    assert [found[f"arb_markout_bps_bucket/5s/{le}/dydx"] for le in ("-5.0", "-2.0")] == [0, 1]
    # sold at 40000, and the middle was 40010: lost
    assert [found[f"arb_markout_bps_bucket/1s/{le}/apex"] for le in ("2.0", "5.0")] == [0, 1]
    assert not [name for name in found if name.startswith("arb_slippage") and "apex" in name]


def test_a_restart_changes_nothing_and_midnight_resets_to_nought(fleet: Any, writer: Writer) -> None:
    config = settings.load(fleet.root / "arb.toml")
    sight = Sight(config)
    sight.look(fleet.now_ns)
    writer.append(rows(fleet.now_ns))
    first = counted(sight, fleet.now_ns)
    assert first == counted(Sight(config), fleet.now_ns) == counted(sight, fleet.now_ns)
    later = counted(sight, fleet.now_ns + DAY_NS)
    ours = [name for name in first if not name.startswith("arb_journal")]
    assert len(ours) > 50 and [later[name] for name in ours] == [0.0] * len(ours)


def counted(sight: Sight, now_ns: int) -> dict[str, float]:
    return {
        "/".join([s.name, *s.labels.values()]): s.value
        for family in sight.look(now_ns)
        if family.type in ("counter", "histogram")
        for s in family.samples
    }


def test_orders_are_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.metrics.today.ORDERS_MAX", 2)
    today = Today()
    for number in range(3):
        today.count(Sent("BTC", 1, "d", f"o-{number}", "dydx", "BUY", "OPEN", "1", "100", "100", 1))
    for number in range(3):
        today.count(Mark("BTC", 1, "dydx", f"o-{number}", "BUY", "100", "1", 1, "100"))
    assert sum(today.slippage_bps["dydx", "OPEN"].counts) == 2
