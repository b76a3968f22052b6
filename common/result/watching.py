"""What traders saw while they waited: edges, what stood in the way, what would have fitted. Out of telemetry. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from common.telemetry.merging import one_span
from common.telemetry.rows import FACTORS, Refused, Span


@dataclass(frozen=True, slots=True)
class Said:
    """Why no deal was opened: one word of the trader's, the time it stood for, and how often it began to."""

    word: str
    for_ns: int
    begun: int


@dataclass(frozen=True, slots=True)
class Denied:
    """Reservations refused for one reason, and the edge that all of them together were to keep."""

    reason: str
    times: int
    edge_uusd: int


@dataclass(frozen=True, slots=True)
class Deeper:
    """A deal of `factor` times the size, at the moments when the size itself was worth opening.

    `deep`: the share of them at which both books were so deep; `pays`: at which the edge was still above the threshold.
    """

    factor: int
    moments: int
    mean_bps: float | None
    deep: float
    pays: float


@dataclass(frozen=True, slots=True)
class Watching:
    """All markets (or one) together; `watched_ns` is of all of them, so two markets for a minute are two minutes."""

    watched_ns: int
    seen: int
    said: tuple[Said, ...]
    denied: tuple[Denied, ...]
    capacity: tuple[Deeper, ...]
    #: by direction ("+1", "-1"), mean and highest edge of all looks, basis points
    edge_bps: Mapping[str, tuple[float, float]]


def watching(spans: Sequence[Span], refused: Iterable[Refused]) -> Watching:
    """What these rows come to."""
    for_ns, begun = Counter[str](), Counter[str]()
    for span in spans:
        for_ns.update(span.said_ns)
        begun.update(span.begun)
    words = sorted(for_ns.keys() | begun.keys(), key=lambda word: (-for_ns[word], word))
    return Watching(
        watched_ns=sum(span.for_ns for span in spans),
        seen=sum(span.seen for span in spans),
        said=tuple(Said(word, for_ns[word], begun[word]) for word in words),
        denied=_denied(refused),
        capacity=capacity(spans),
        edge_bps=one_span(list(spans)).edge_bps,
    )


def _denied(refused: Iterable[Refused]) -> tuple[Denied, ...]:
    times, edges = Counter[str](), Counter[str]()
    for row in refused:
        times[row.reason] += 1
        edges[row.reason] += row.edge_uusd
    return tuple(Denied(reason, count, edges[reason]) for reason, count in times.most_common())


def capacity(spans: Iterable[Span]) -> tuple[Deeper, ...]:
    """Edge against size, at each span's best moment, of the spans whose best was above the threshold."""
    worth = [s for s in spans if s.curve_bps and s.curve_bps[0] is not None and s.curve_bps[0] > s.least_bps]
    return tuple(_deeper(worth, index, factor) for index, factor in enumerate(FACTORS)) if worth else ()


def _deeper(spans: Sequence[Span], index: int, factor: int) -> Deeper:
    edges = [(edge, span.least_bps) for span in spans if (edge := span.curve_bps[index]) is not None]
    return Deeper(
        factor=factor,
        moments=len(spans),
        mean_bps=round(fmean(edge for edge, _ in edges), 3) if edges else None,
        deep=len(edges) / len(spans),
        pays=sum(edge > least for edge, least in edges) / len(spans),
    )
