"""The top of the screen: how the fleet stands as a whole. Lines of words out of the desk's facts. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from common.core.terms import SECOND_NS
from common.desk.shapes import DeskFacts, MarketFacts, PnlFacts, ProgramFacts, VenueFacts
from common.ledger.limits import EVERY_MARKET
from common.ledger.shapes import Halt
from scripts import render
from scripts.watch.words import FULL, NONE, Line, Said, Tone, age, bar, cut_line, earned, text_of, usd

#: figures that are older than this are called so
OLD_NS: Final = 3 * SECOND_NS
#: of more halts only the number is said: `arbctl status` has all
HALTS_MAX: Final = 3
TROUBLES_MAX: Final = 3
#: what stands beside a bar, and how short and long that may be
BESIDE, BAR_MIN, BAR_MAX = 28, 8, 50
#: from this part of the cap on it is nearly used
NEARLY: Final = 0.9
NO_FLEET: Final = "no fleet runs here: ./scripts/run starts it"
HEALTHY: Final = frozenset({"RUNNING", "STARTING"})
BROKEN: Final = frozenset({"FATAL", "BACKOFF", "UNKNOWN", "EXITED"})
#: from these widths on a line has all its parts
WIDE, WIDEST = 96, 120


def lines(desk: DeskFacts, width: int) -> list[Line]:
    """Everything above the markets, cut at the window's edge; only why there is no ledger is said in full."""
    found = [_programs(desk), *_warnings(desk)]
    if desk.trouble:
        return found
    found.append(_money(desk, width))
    half = width // 2
    found.append([*_padded(_cap(desk, _bar_width(half)), half), *_count(desk)])
    halves = [_leverage(desk, venue, _bar_width(half)) for venue in desk.venues]
    if halves:
        found.append([said for n, line in enumerate(halves) for said in (_padded(line, half) if n == 0 else line)])
    return [cut_line(line, width) for line in found]


def as_of(desk: DeskFacts, now_ns: int) -> Line:
    """Of when the figures are; that they are old is said loudly."""
    late_ns = now_ns - desk.at_ns
    if late_ns > OLD_NS:
        return [Said(f" these figures are {age(late_ns)} old ", Tone.ALARM)]
    return [Said(f"{render.moment(desk.at_ns)[11:19]} UTC", Tone.DIM)]


def _programs(desk: DeskFacts) -> Line:
    mode = Said(f" {desk.mode.upper()} ", Tone.ALARM if desk.mode == "live" else Tone.SIGN)
    if desk.supervisord is None:
        return [mode, Said(f"  {NO_FLEET}", Tone.WARN)]
    workers = f"  {desk.running}/{len(desk.markets)} workers"
    all_run = desk.running == len(desk.markets)
    return [mode, Said(workers, Tone.BOLD if all_run else Tone.BAD), *_beside(desk.programs)]


def _beside(programs: Sequence[ProgramFacts]) -> Iterator[Said]:
    """What runs beside the workers in one word, what does not each in its own."""
    if well := [one.name for one in programs if one.state in HEALTHY]:
        yield Said(f" · {', '.join(well)} run{'s' if len(well) == 1 else ''}")
    for one in programs:
        if one.state not in HEALTHY:
            yield Said(f" · {one.name} {one.state.lower()}", Tone.BAD if one.state in BROKEN else Tone.DIM)


def _warnings(desk: DeskFacts) -> Iterator[Line]:
    """What keeps the fleet from dealing, or us from seeing it; each a line of its own."""
    if desk.trouble:
        yield [Said(desk.trouble, Tone.BAD)]
        return
    yield from (_halt(halt, desk.at_ns) for halt in desk.halts[:HALTS_MAX])
    if (more := len(desk.halts) - HALTS_MAX) > 0:
        yield [Said(f"and {more} more halts: arbctl status", Tone.WARN)]
    if desk.doubts:
        names = ", ".join(doubt.market for doubt in desk.doubts)
        yield [Said(f"in doubt since a power cut, nobody enters: {names}", Tone.BAD)]
    yield from _troubles([one for one in desk.markets if one.trouble])


def _troubles(markets: Sequence[MarketFacts]) -> Iterator[Line]:
    """What a person has to look at, and with which command."""
    for one in markets[:TROUBLES_MAX]:
        stuck = next((deal.deal_id for deal in one.deals if deal.state == "STUCK"), "")
        remedy = f"arbctl deal show {stuck}" if stuck else "arbctl positions"
        yield [Said(f" {one.market}: {one.trouble} ", Tone.ALARM), Said(f" {remedy}", Tone.WARN)]
    if (more := len(markets) - TROUBLES_MAX) > 0:
        yield [Said(f"and {more} more: arbctl positions, arbctl deals --state stuck", Tone.BAD)]


def _halt(halt: Halt, at_ns: int) -> Line:
    everywhere = halt.market == EVERY_MARKET
    where = "every market" if everywhere else halt.market
    sign = Said(f" {halt.level.value.upper()} ", Tone.ALARM if everywhere else Tone.SIGN)
    return [sign, Said(f" {where}, by {halt.who} {age(at_ns - halt.at_ns)} ago: {halt.why}", Tone.WARN)]


def _money(desk: DeskFacts, width: int) -> Line:
    """Equity and what today brought; a wide window has the parts of both."""
    each = ", ".join(f"{one.venue} {usd(one.equity_uusd, 2, sign=False)}" for one in desk.venues)
    parts = f" ({each})" if width >= WIDE and each else ""
    line = [Said("equity ", Tone.DIM), Said(usd(desk.equity_uusd, 2, sign=False), Tone.BOLD), Said(f" USD{parts}")]
    return [*line, Said("   today ", Tone.DIM), *_today(desk.pnl, full=width >= WIDEST)]


def _today(pnl: PnlFacts | None, *, full: bool) -> list[Said]:
    """What is realised is known at any moment; what is open, at the venues' marks, stands apart."""
    if pnl is None:
        return [NONE]
    funding = f", funding {usd(pnl.funding_uusd)}" if full else ""
    return [
        earned(pnl.realised_uusd + pnl.funding_uusd),
        Said(f" ({pnl.closed} closed{funding})"),
        Said(f"   open{' at marks' if full else ''} ", Tone.DIM),
        earned(pnl.open_uusd),
    ]


def _cap(desk: DeskFacts, width: int) -> Line:
    if desk.cap is None or desk.used is None:
        return [Said("cap    ", Tone.DIM), Said("none yet: no new deals", Tone.WARN)]
    tone = Tone.BAD if desk.used > 1 else Tone.WARN if desk.used >= NEARLY else Tone.GOOD
    held, cap = (usd(uusd, 2, sign=False) for uusd in (desk.cap.held_uusd, desk.cap.cap_uusd))
    return [
        Said("cap    ", Tone.DIM),
        Said(bar(desk.used, width), tone),
        Said(f" {int(desk.used * 100):3d}% "),
        Said(f"{held} of {cap}"),
    ]


def _count(desk: DeskFacts) -> Line:
    """Live deals by direction, one block each, against the level."""
    if desk.counts is None or desk.counts.level is None:
        return [Said("count  ", Tone.DIM), NONE]
    level, line = desk.counts.level, [Said("count  ", Tone.DIM)]
    for name, count in (("+1", desk.counts.plus), ("−1", desk.counts.minus)):
        tone = Tone.WARN if count >= level else Tone.GOOD
        blocks = bar(count / level, min(level, BAR_MIN)) if level else FULL * min(count, BAR_MIN)
        line += [Said(f"{name} "), Said(blocks, tone), Said(f" {count}/{level}  ")]
    return line


def _leverage(desk: DeskFacts, venue: VenueFacts, width: int) -> Line:
    """A bar up to leverage_max, with a mark where entries stop."""
    entry, most = (desk.cap.leverage_entry, desk.cap.leverage_max) if desk.cap else (None, None)
    name = Said(f"{venue.venue:<7}", Tone.DIM)
    if venue.leverage is None or entry is None or most is None:
        return [name, Said("no equity", Tone.BAD)]
    leverage = venue.leverage
    tone = Tone.BAD if leverage > most else Tone.WARN if leverage > entry else Tone.GOOD
    drawn = Said(bar(float(leverage / most), width, float(entry / most)), tone)
    most_age_ns = desk.cap.equity_max_age_ns if desk.cap else None
    if most_age_ns is not None and venue.age_ns > most_age_ns:
        # the ledger lets nobody in meanwhile: its age is what matters then
        return [name, drawn, Said(f" {leverage:.2f}× "), Said(f"{age(venue.age_ns)} old", Tone.BAD)]
    figures = Said(f" {leverage:.2f}× of {render.number(entry)}, max {render.number(most)}")
    far = [] if venue.liquidation is None or width < BAR_MAX else [Said(f", {venue.liquidation:.0%} to liquidation")]
    return [name, drawn, figures, *far]


def _bar_width(half: int) -> int:
    return min(BAR_MAX, max(BAR_MIN, half - BESIDE - 7))


def _padded(line: Line, width: int) -> Line:
    return [*line, Said(" " * max(1, width - len(text_of(line))))]
