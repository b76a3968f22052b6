"""What was found, in words and figures: the same in a terminal, in the report and on the charts. Draws nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime

from common.analysis.findings import PairFound, Spread

COLUMNS = ("market", "direction", "mean", "p95", "max", ">1×", ">2×", "longest", "half in")


def duration(seconds: float | None) -> str:
    """A length of time in the unit that fits it, three digits at most."""
    if seconds is None:
        return "–"
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1000:.3g} ms"


def way(spread: Spread) -> str:
    """A direction in words."""
    return f"sell {spread.sell}, buy {spread.buy} ({sign(spread)})"


def sign(spread: Spread) -> str:
    """The direction as the ledger counts it."""
    return f"{spread.direction:+d}".replace("-", "−")


def bps(figure: float) -> str:
    """Basis points, signed."""
    return f"{figure:+.1f}".replace("-", "−")


def share(part: float) -> str:
    """A share of the time in per cent; what is there is never said to be nothing."""
    if part == 0:
        return "0"
    if part >= 0.01:
        return f"{100 * part:.1f} %"
    return f"{100 * part:.2f} %" if part >= 0.0001 else f"{100 * part:.1g} %"


def half_life(spread: Spread) -> str:
    """When half of it is gone; shorter than the steps that were looked at is all that can be said of shorter ones."""
    memory = spread.memory
    if memory.half_life_s is not None and memory.half_life_s < memory.step_s:
        return f"0–{duration(memory.step_s)}"
    return duration(memory.half_life_s)


def row(found: PairFound, spread: Spread) -> list[str]:
    """One direction as a row under COLUMNS, basis points."""
    once = spread.lasting[1]
    figures = (spread.mean_bps, spread.p95_bps, spread.highest_bps)
    return [
        found.market,
        way(spread),
        *(bps(figure) for figure in figures),
        share(spread.over_once_share),
        share(spread.over_twice_share),
        duration(once.longest_s),
        half_life(spread),
    ]


def span(found: PairFound) -> str:
    """From when until when, and how much of it could be used."""
    begun, ended = (f"{datetime.fromtimestamp(at / 1e9, UTC):%Y-%m-%d %H:%M:%S}" for at in (found.from_ns, found.to_ns))
    return f"{begun} to {ended} UTC, {duration(found.span_s)}; {share(found.believed_s / found.span_s)} of it believed"


def asked(found: PairFound) -> str:
    """The size and the fee lines."""
    size = f"{found.size:g} {found.market}" if found.size else "the touch"
    return f"size {size}; fees once {found.once_bps:g} bp (1×), to open and close {found.twice_bps:g} bp (2×)"


def verdict(found: PairFound) -> str:
    """One sentence: did it ever pay?"""
    if not found.spreads:
        return "The two books were never believed at the same time."
    best = max(found.spreads, key=lambda one: (one.over_twice_share, one.over_once_share, one.highest_bps))
    if best.over_twice_share:
        return f"Above what opening and closing cost {share(best.over_twice_share)} of the time ({way(best)})."
    if best.over_once_share:
        part = share(best.over_once_share)
        return f"Above the fees of opening {part} of the time, never above twice that ({way(best)})."
    return f"Never above the fees of opening; {bps(best.highest_bps)} bp at most ({way(best)})."


def notes(found: PairFound) -> Iterator[str]:
    """What a reader must bear in mind."""
    for why, seconds in found.refused_s.items():
        yield f"not believed for {duration(seconds)} ({share(seconds / found.span_s)}): {why}"
    for feed in found.feeds:
        if feed.note:
            yield f"{feed.place}: {feed.note}"
        if feed.believed_s is not None:
            yield (
                f"{feed.place}: a book every {duration(feed.usual_gap_s)} (median), each believed for at most "
                f"{duration(feed.believed_s)}"
            )
    for spread in found.spreads:
        if spread.thin_share:
            yield f"{way(spread)}: {share(spread.thin_share)} of the time the books were not deep enough"
