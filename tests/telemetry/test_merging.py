"""Telemetry of a long time, merged: what can be added up is the same, peaks and ends stay."""

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from common.telemetry.merging import merged, one_span
from common.telemetry.rows import FleetRow, Refused, Row, Span

SECOND_NS = 1_000_000_000
WORDS = st.dictionaries(st.sampled_from(["edge", "open", "stale"]), st.integers(0, 10**10))


@st.composite
def spans(draw: st.DrawFn) -> list[Span]:
    """Spans of two markets, ten seconds each."""
    made, at_ns = [], 0
    for _ in range(draw(st.integers(1, 25))):
        at_ns += 10 * SECOND_NS
        for market in ("BTC", "ETH"):
            edge = draw(st.none() | st.floats(-50, 50))
            made.append(
                Span(
                    market=market,
                    at_ns=at_ns,
                    for_ns=10 * SECOND_NS,
                    seen=draw(st.integers(0, 3)),
                    said_ns=draw(WORDS),
                    begun=draw(WORDS),
                    least_bps=1.0,
                    edge_bps={} if edge is None else {"+1": (edge - 1, edge)},
                    curve_bps=() if edge is None else (edge, edge - 2),
                    quotes={} if edge is None else {"apex": (str(edge), str(edge))},
                    age_ms={"apex": draw(st.integers(0, 3000))},
                )
            )
    return made


def sums(found: Sequence[Row]) -> tuple[int, int, Counter[str], Counter[str], int]:
    of = [row for row in found if isinstance(row, Span)]
    said, begun = Counter[str](), Counter[str]()
    for span in of:
        said.update(span.said_ns)
        begun.update(span.begun)
    oldest = max(max(span.age_ms.values()) for span in of)
    return sum(s.for_ns for s in of), sum(s.seen for s in of), said, begun, oldest


@given(spans(), st.integers(0, 200 * SECOND_NS))
def test_sums_and_peaks_are_those_of_the_spans_that_went_in(given_: list[Span], step_ns: int) -> None:
    found = [row for row in merged(given_, step_ns) if isinstance(row, Span)]
    assert sums(found) == sums(given_)
    for market in ("BTC", "ETH"):
        before, after = ([s for s in rows if s.market == market] for rows in (given_, found))
        assert max((s.curve_bps for s in before), default=()) == max((s.curve_bps for s in after), default=())
        assert [s.at_ns for s in after] == sorted(s.at_ns for s in after) and after[-1].at_ns == before[-1].at_ns
        last = next((s.quotes for s in reversed(before) if s.quotes), {})
        assert next((s.quotes for s in reversed(after) if s.quotes), {}) == last
        assert all(s.for_ns <= max(step_ns, 10 * SECOND_NS) for s in after)


@given(spans())
def test_the_mean_edge_of_one_span_is_that_of_its_looks(given_: list[Span]) -> None:
    own = [span for span in given_ if span.market == "BTC"]
    known = [span.edge_bps["+1"] for span in own if span.edge_bps]
    edge = one_span(own).edge_bps
    if not known:
        assert not edge
    else:
        assert edge["+1"][1] == max(highest for _, highest in known)
        assert abs(edge["+1"][0] - sum(mean for mean, _ in known) / len(known)) < 1e-9


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=60), st.integers(0, 100))
def test_looks_of_the_fleet_keep_their_peak_and_their_end(held: list[int], step_ns: int) -> None:
    looks = [FleetRow("fleet", 3 * n, {}, {}, uusd, 1000, 0, 0) for n, uusd in enumerate(held)]
    found = [row for row in merged(looks, step_ns) if isinstance(row, FleetRow)]
    assert max(row.held_uusd for row in found) == max(held) and found[-1] is looks[-1]
    assert [row.at_ns for row in found] == sorted({row.at_ns for row in found})


def test_what_is_told_once_passes() -> None:
    rows = [Refused("BTC", n, "cap", 1, 2) for n in range(5)]
    assert list(merged(rows, 10**12)) == rows
