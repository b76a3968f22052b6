"""Figures as a report writes them: money, shares, times. One way each, in a terminal, on a page and on a chart."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from common.core.money import usd as exact_usd

NOTHING: Final = "–"
_MINUS: Final = "−"
#: from here on nobody reads the fourth decimal
_CENTS_FROM: Final = Decimal(10_000)
_TENTH: Final = Decimal("0.1")
_CENT: Final = Decimal("0.01")
_UNITS: Final = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def signed(text: str) -> str:
    """With a minus that is as wide as a plus."""
    return text.replace("-", _MINUS)


def usd(uusd: int | None, *, sign: bool = True) -> str:
    """Micro-USD as USD: four decimals, two from 10,000 USD on."""
    if uusd is None:
        return NOTHING
    whole = exact_usd(uusd)
    places = _CENT if abs(whole) >= _CENTS_FROM else Decimal("0.0001")
    return signed(format(whole.quantize(places, ROUND_HALF_EVEN), "+,f" if sign else ",f"))


def cents(uusd: int | None, *, sign: bool = False) -> str:
    """The same with two decimals, for what is not exact or not small."""
    if uusd is None:
        return NOTHING
    return signed(format(exact_usd(uusd).quantize(_CENT, ROUND_HALF_EVEN), "+,f" if sign else ",f"))


def bps(figure: Decimal | float | None) -> str:
    """Basis points, signed."""
    return NOTHING if figure is None else signed(f"{figure:+.2f}")


def share(part: Decimal | float | None) -> str:
    """A part in per cent; what is there is never said to be nothing."""
    if part is None:
        return NOTHING
    per_cent = 100 * Decimal(part)
    if per_cent == 0:
        return "0 %"
    return signed(f"{per_cent:.1f} %" if abs(per_cent) >= _TENTH else f"{float(per_cent):.2g} %")


def duration(ns: int | None) -> str:
    """A length of time in the unit that fits it, three digits at most."""
    if ns is None:
        return NOTHING
    seconds = ns / 1e9
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1000:.3g} ms" if seconds else "0 s"


def number(count: int | None) -> str:
    """A count."""
    return NOTHING if count is None else f"{count:,}"


def decimal(value: Decimal | None, places: int = 2) -> str:
    """A figure without a unit."""
    return NOTHING if value is None else f"{value:.{places}f}"


def size(value: Decimal | None) -> str:
    """A base size without needless zeros."""
    return NOTHING if value is None else signed(format(value.normalize() if value else Decimal(0), "+f"))


def moment(at_ns: int) -> str:
    """A point in time, UTC, to the second."""
    return f"{datetime.fromtimestamp(at_ns // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S}"
