"""What a sweep found, in words and figures: the same in a terminal and in the report. Draws nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from common.core.money import UUSD_PER_USD
from common.sweep.deflation import DEALS_MIN, SURE, Deflated
from common.sweep.findings import Chosen, Findings, Row
from common.sweep.folds import Window
from common.sweep.grid import named
from common.sweep.scores import Score

NOTHING: Final = "–"
AS_IT_IS: Final = "as it is"
_LONG: Final = 1_000
#: so many figures of the first part stand in a terminal beside those of the rest
_NARROW: Final = 4


def columns(found: Findings, *, is_wide: bool = False) -> tuple[str, ...]:
    """Names of the figures of a row: the first part's, then those of the rest where there is one.

    A terminal has no room for all of them; a page is `is_wide`.
    """
    keys, first = tuple(axis.key for axis in found.axes), ("pnl", "bp", "deals", "missed", "fall", "Sharpe")
    if not is_judged(found):
        return ("", *keys, *first)
    rest = ("rest: pnl", "bp", "deals")
    return ("", *keys, *(first if is_wide else first[:_NARROW]), *rest, "chosen")


def is_judged(found: Findings) -> bool:
    """Whether something was kept to judge on."""
    return found.as_it_is.judged is not None


def row(found: Findings, place: int, one: Row, *, is_wide: bool = False) -> list[str]:
    """One cell as a row under `columns`; `place` 0 is what arb.toml has."""
    values = one.values or (AS_IT_IS, *(NOTHING for _ in found.axes[1:]))
    told, first = [str(place) if place else NOTHING, *values], _figures(one.chosen_on)
    if one.judged is None:
        return [*told, *first]
    chosen = f"{one.times_chosen}×" if one.times_chosen else NOTHING
    return [*told, *(first if is_wide else first[:_NARROW]), *_figures(one.judged)[:3], chosen]


def _figures(of: Score) -> list[str]:
    bps = NOTHING if of.pnl_bps is None else signed(of.pnl_bps, 1)
    ratio = signed(of.moments.sharpe, 2) if of.deals else NOTHING
    return [usd(of.pnl_uusd), bps, f"{of.deals:,}", f"{of.missed:,}", f"{of.drawdown_uusd / UUSD_PER_USD:.2f}", ratio]


def signed(figure: float, digits: int) -> str:
    """A figure with its sign."""
    return f"{figure:+.{digits}f}".replace("-", "−")


def usd(uusd: int) -> str:
    """Micro-USD in USD, signed."""
    return signed(uusd / UUSD_PER_USD, 2)


def span(window: Window) -> str:
    """From when until when, UTC."""
    begin, end = (datetime.fromtimestamp(at_ns // 10**9, UTC) for at_ns in window)
    same = begin.date() == end.date()
    return f"{begin:%Y-%m-%d %H:%M:%S} – {end:{'%H:%M:%S' if same else '%Y-%m-%d %H:%M:%S'}} UTC"


def choices(found: Findings) -> Iterator[str]:
    """What was chosen on each part, whether that means anything, and what came of it."""
    for choice in found.choices:
        yield from _choice(found, choice)


def _choice(found: Findings, choice: Chosen) -> Iterator[str]:
    when = span(choice.fold.choose)
    if choice.cell is None or choice.chosen is None:
        yield f"{when}: no cell made a deal; there is nothing to choose"
        return
    values = next(row.values for row in found.rows if row.cell == choice.cell)
    of = f"{usd(choice.chosen.pnl_uusd)} USD with {_deals(choice.chosen.deals)}"
    yield f"{when}: best was {named(found.axes, values)}, {of}{_lost(choice.chosen)}"
    yield _luck(choice)
    if choice.judged is not None and choice.fold.judge is not None:
        cells = len(found.rows)
        yield (
            f"{span(choice.fold.judge)}: the same settings then made {usd(choice.judged.pnl_uusd)} USD with "
            f"{_deals(choice.judged.deals)}, place {choice.rank} of {cells}"
        )


def _lost(chosen: Score) -> str:
    return "" if chosen.pnl_uusd > 0 else ": not to trade was better than any of them"


def _deals(count: int) -> str:
    return counted(count, "deal")


def counted(count: int, word: str) -> str:
    """So many of them."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _luck(choice: Chosen) -> str:
    assert choice.chosen is not None
    if choice.deflated is None:
        return f"  {_deals(choice.chosen.deals)}, and fewer than {DEALS_MIN} say nothing about luck"
    return f"  {luck(choice.deflated)}"


def luck(of: Deflated) -> str:
    """How likely the best is more than the best of so many by luck."""
    told = (
        f"Sharpe ratio {signed(of.sharpe, 2)} a period; the best of {_tries(of.tries)} would show "
        f"{signed(of.by_luck, 2)} by luck alone: {_per_cent(of.probability)} likely to be more than luck"
    )
    if of.probability >= SURE:
        return told
    if of.longer is None:
        return f"{told}, and no longer look would change that"
    return f"{told}; {_times(of.longer)} as long a tape would be needed to be {_per_cent(SURE)} sure"


def _tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count:,} tries"


def _times(longer: float) -> str:
    return f"{longer:.1f} times" if longer < _LONG else f"more than {_LONG:,} times"


def _per_cent(share: float) -> str:
    return "less than 1 %" if share < 0.01 else "more than 99 %" if share > 0.99 else f"{100 * share:.0f} %"
