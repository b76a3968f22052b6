"""What was counted today as counters and histograms. Pure.

Counters stand at what happened since midnight UTC: a restart of this process changes nothing, midnight resets all.
"""

from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Final, TypeAlias

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from common.desk.shapes import DeskFacts
from common.metrics.today import SECOND_NS, Labels, Spread, Today

Told: TypeAlias = Mapping[str, tuple[Labels, str]]
#: name → labels, and the help that stands in the endpoint
COUNTERS: Final[Told] = {
    "arb_refusals_total": (("market", "reason"), "Reservations that were refused, since midnight UTC."),
    "arb_edges_seen_total": (("market",), "How often an edge rose above the threshold, since midnight UTC."),
    "arb_said_seconds_total": (
        ("market", "said"),
        "How long the worker gave which word for not opening, since midnight UTC.",
    ),
    "arb_orders_sent_total": (("market", "venue", "purpose"), "Orders that went out, since midnight UTC."),
    "arb_book_losses_total": (
        ("market", "venue"),
        "How often a feed lost its book: a break, or a gap in its messages; since midnight UTC.",
    ),
    "arb_journal_rows_total": ((), "Rows of the ledger's journal; only another ledger file begins anew."),
}
#: the same; where a figure may be below 0 there is no _sum and no _count, the bucket +Inf counts
HISTOGRAMS: Final[Told] = {
    "arb_order_handover_seconds": (
        ("venue", "purpose"),
        "From an order's decision until it was handed to the venue's line, reserving included; since midnight UTC.",
    ),
    "arb_reserve_wait_seconds": (
        (),
        "What of it the ledger took to reserve an opening, waiting for others included; counted once for each of its "
        "two orders; since midnight UTC.",
    ),
    "arb_naked_seconds": (
        ("market",),
        "How long a deal was uneven, dust left out, as its worker heard the fills: milliseconds while both legs "
        "fill; since midnight UTC. One that a restart cut in two counts from the restart.",
    ),
    "arb_slippage_bps": (
        ("venue", "purpose"),
        "Fills against the quote that their order rested on, above 0 lost; since midnight UTC. Of each fill whose "
        "order rested on a quote and whose book was believed one second later.",
    ),
    "arb_markout_bps": (
        ("venue", "after"),
        "Fills against the middle of their book 1 s, 5 s, 30 s later, above 0 lost; since midnight UTC.",
    ),
}


def families(today: Today, desk: DeskFacts) -> Iterable[Metric]:
    """Every counter and histogram, with what was counted."""
    journal: dict[Labels, float] = {(): desk.journal[-1].seq} if desk.journal else {}
    said_s = {labels: for_ns / SECOND_NS for labels, for_ns in today.said_ns.items()}
    yield _counter("arb_refusals_total", today.refused)
    yield _counter("arb_edges_seen_total", today.seen)
    yield _counter("arb_said_seconds_total", said_s)
    yield _counter("arb_orders_sent_total", today.sent)
    yield _counter("arb_book_losses_total", today.lost)
    yield _counter("arb_journal_rows_total", journal)
    yield _histogram("arb_order_handover_seconds", today.handover_s)
    yield _histogram("arb_reserve_wait_seconds", today.reserve_s)
    yield _histogram("arb_naked_seconds", today.naked_s)
    yield _histogram("arb_slippage_bps", today.slippage_bps)
    yield _histogram("arb_markout_bps", today.markout_bps)


def _counter(name: str, counted: Mapping[Labels, float]) -> CounterMetricFamily:
    labels, told = COUNTERS[name]
    family = CounterMetricFamily(name, told, labels=labels)
    for values, count in sorted(counted.items()):
        family.add_metric(values, count)
    return family


def _histogram(name: str, spreads: Mapping[Labels, Spread]) -> HistogramMetricFamily:
    labels, told = HISTOGRAMS[name]
    family = HistogramMetricFamily(name, told, labels=labels)
    for values, spread in sorted(spreads.items()):
        bounds = (*map(str, spread.bounds), "+Inf")
        family.add_metric(values, list(zip(bounds, accumulate(spread.counts), strict=True)), spread.total)
    return family
