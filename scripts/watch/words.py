"""How figures are said on the screen, short enough for a column, and with the tone in which they are meant. Pure.

A tone is never the only sign of something: whoever sees no colours reads the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from common.core.terms import SECOND_NS
from common.settings import Settings
from scripts import render
from scripts.render import NOTHING

FULL, EMPTY, MARK, CUT = "█", "░", "│", "…"
#: a price of nothing, and what is below what a column shows
_UUSD: Final = Decimal(1_000_000)
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


class Tone(StrEnum):
    """How something is meant; the values are rich's names of styles."""

    PLAIN = ""
    GOOD = "green"
    WARN = "yellow"
    BAD = "bold red"
    DIM = "dim"
    BOLD = "bold"
    #: stands out of everything: a mode, a halt
    SIGN = "bold reverse"
    ALARM = "bold white on red"


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of text and how it is meant."""

    text: str
    tone: Tone = Tone.PLAIN


#: pieces that follow each other in one line
Line = Sequence[Said]
NONE: Final = Said(NOTHING, Tone.DIM)


@dataclass(frozen=True, slots=True)
class Bounds:
    """From when on a worker's last sign of life is old: what the warden goes by."""

    decided_max_ns: int

    @classmethod
    def of(cls, config: Settings) -> "Bounds":
        """As arb.toml has them."""
        return cls(config.warden.heartbeat_max_ns)


def text_of(line: Line) -> str:
    """The line without its tones."""
    return "".join(said.text for said in line)


def age(ns: int | None) -> str:
    """A span of time in five characters: 0.3s, 45s, 12m, 5h, 3d."""
    if ns is None:
        return NOTHING
    seconds = max(0, ns) / SECOND_NS
    if seconds < 10:
        return f"{seconds:.1f}s"
    if seconds < _MINUTE_S:
        return f"{seconds:.0f}s"
    unit, name = next((u, n) for u, n in ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "m")) if seconds >= u)
    return f"{seconds / unit:.0f}{name}"


def usd(uusd: int | None, places: int = 3, *, sign: bool = True) -> str:
    """Micro-USD as USD."""
    if uusd is None:
        return NOTHING
    return minus(format(Decimal(uusd) / _UUSD, f"{'+' if sign else ''}.{places}f"))


def earned(uusd: int | None, places: int = 3) -> Said:
    """What was, or would be, earned."""
    if uusd is None:
        return NONE
    return Said(usd(uusd, places), Tone.GOOD if uusd > 0 else Tone.WARN if uusd < 0 else Tone.DIM)


def bps(value: float | None) -> str:
    """Basis points, signed."""
    return NOTHING if value is None else minus(f"{value:+.1f}")


def size(value: Decimal | None) -> str:
    """A signed size of base."""
    if value is None:
        return NOTHING
    return minus(f"{'+' if value > 0 else ''}{render.number(value)}")


def minus(text: str) -> str:
    """A minus as wide as a plus."""
    return text.replace("-", "−", 1) if text.startswith("-") else text


def bar(part: float, width: int, mark: float | None = None) -> str:
    """`part` of 1 as so many characters, `mark` a line across it; more than nothing is seen, so is not quite all."""
    inside = min(max(part, 0.0), 1.0)
    full = round(inside * width)
    full = max(1, full) if part > 0 else full
    full = min(width - 1, full) if part < 1 else full
    drawn = FULL * full + EMPTY * (width - full)
    if mark is None or not 0 < mark < 1:
        return drawn
    at = min(width - 1, round(mark * width))
    return drawn[:at] + MARK + drawn[at + 1 :]


def cut(text: str, width: int) -> str:
    """No more than so many characters; that something is missing is seen."""
    return text if len(text) <= width else text[: max(0, width - 1)] + CUT


def cut_line(line: Line, width: int) -> Line:
    """The same for a line, whose pieces keep their tones."""
    if len(text_of(line)) <= width:
        return line
    kept, left = list[Said](), max(0, width - len(CUT))
    for said in line:
        kept.append(Said(said.text[:left], said.tone))
        left -= len(kept[-1].text)
    return [*(said for said in kept if said.text), Said(CUT)]


def fitted(text: str, width: int, *, right: bool) -> str:
    """Exactly so many characters."""
    shown = cut(text, width)
    return shown.rjust(width) if right else shown.ljust(width)
