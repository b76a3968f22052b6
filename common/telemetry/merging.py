"""Long telemetry made short: spans of one market that follow each other become one, looks of the fleet fewer. Pure.

Sums stay what they are, the highest stays the highest; what a span ends with is what its last one ended with.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from common.telemetry.rows import FleetRow, Row, Span


def merged(rows: Iterable[Row], step_ns: int) -> Iterator[Row]:
    """Rows in order within each market; those that are neither span nor look of the fleet pass as they are."""
    kept: dict[str, list[Span]] = {}
    looks: list[FleetRow] = []
    for row in rows:
        if isinstance(row, Span):
            own = kept.setdefault(row.market, [])
            if own and row.at_ns - own[0].at_ns + own[0].for_ns > step_ns:
                yield one_span(own)
                own.clear()
            own.append(row)
        elif isinstance(row, FleetRow):
            if looks and row.at_ns - looks[0].at_ns > step_ns:
                yield from _fewer(looks)
                looks.clear()
            looks.append(row)
        else:
            yield row
    yield from (one_span(own) for own in kept.values() if own)
    yield from _fewer(looks)


def one_span(spans: list[Span]) -> Span:
    """Spans of one market that follow each other, as one."""
    if len(spans) == 1:
        return spans[0]
    last = spans[-1]
    said_ns, begun = Counter[str](), Counter[str]()
    for span in spans:
        said_ns.update(span.said_ns)
        begun.update(span.begun)
    return Span(
        market=last.market,
        at_ns=last.at_ns,
        for_ns=sum(span.for_ns for span in spans),
        seen=sum(span.seen for span in spans),
        said_ns=said_ns,
        begun=begun,
        least_bps=last.least_bps,
        edge_bps={sign: edge for sign in ("+1", "-1") if (edge := _edge(spans, sign)) is not None},
        curve_bps=max((span.curve_bps for span in spans), key=_best),
        quotes=next((span.quotes for span in reversed(spans) if span.quotes), {}),
        age_ms=_longest(span.age_ms for span in spans),
        lag_ms=_longest(span.lag_ms for span in spans),
    )


def _best(curve: tuple[float | None, ...]) -> float:
    return curve[0] if curve and curve[0] is not None else -float("inf")


def _edge(spans: list[Span], sign: str) -> tuple[float, float] | None:
    """Mean, weighted by time, and highest."""
    found = [(span.edge_bps[sign], span.for_ns) for span in spans if sign in span.edge_bps]
    total_ns = sum(for_ns for _, for_ns in found)
    if not total_ns:
        return None
    return sum(mean * for_ns for (mean, _), for_ns in found) / total_ns, max(highest for (_, highest), _ in found)


def _longest(said: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    longest: dict[str, int] = {}
    for by_venue in said:
        for venue, for_ms in by_venue.items():
            longest[venue] = max(for_ms, longest.get(venue, 0))
    return longest


def _fewer(looks: list[FleetRow]) -> list[FleetRow]:
    """The one with most held, and the last: peaks and the end of a curve are kept."""
    if not looks:
        return []
    fullest = max(looks, key=lambda look: look.held_uusd)
    return [fullest, looks[-1]] if fullest is not looks[-1] else [looks[-1]]
