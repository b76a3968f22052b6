"""The fleet on the screen while `scripts/run` runs: a living table in a terminal, a line now and then elsewhere."""

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from common import clock
from common.core.errors import LedgerError
from common.settings import Settings
from scripts import render
from scripts.audit_watch import Watch
from scripts.fleet_view import FleetView, Member, view
from scripts.supervise import Process

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

#: without a terminal: one line in so many nanoseconds; for a service
LINE_NS = 10 * 1_000_000_000
QUIET_NS = 3_600 * 1_000_000_000
#: reading everything again may take this part of our time: a long history is read less often
READING_SHARE = 0.1

_COLUMNS = ("market", "worker", "up", "says", "+1", "−1", "closed", "void", "pnl USD")


class Screen:
    """Shows one run; `update` as often as you like, it draws as often as is good."""

    def __init__(self, config: Settings, markets: Sequence[str], watch: Watch, *, quiet: bool = False) -> None:
        self._config, self._markets, self._watch, self._quiet = config, markets, watch, quiet
        self._began_ns = self._next_line_ns = clock.monotonic_ns()
        self._next_read_ns = 0
        self._live: Live | None = None

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.live import Live

        console = Console()
        if console.is_terminal and not self._quiet:
            self._live = Live(console=console, auto_refresh=False, transient=False)
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def update(self, processes: Sequence[Process]) -> None:
        """Read and draw, unless that was done a moment ago."""
        now_ns = clock.monotonic_ns()
        if now_ns < self._next_read_ns or (self._live is None and now_ns < self._next_line_ns):
            return
        try:
            seen = view(self._config.ledger_file, self._markets, processes)
        except LedgerError as error:
            render.line(f"the ledger cannot be read: {error}")
            return
        took_ns = clock.monotonic_ns() - now_ns
        self._next_read_ns = now_ns + int(took_ns / READING_SHARE)
        if self._live is not None:
            self._live.update(self._picture(seen, now_ns), refresh=True)
        else:
            render.line(self._sentence(seen, now_ns))
            self._next_line_ns = now_ns + (QUIET_NS if self._quiet else LINE_NS)

    def _picture(self, seen: FleetView, now_ns: int) -> "Group":
        from rich.console import Group
        from rich.text import Text

        rows = [_cells(member) for member in seen.members]
        lines = [self._sentence(seen, now_ns), *_limits(seen, self._watch)]
        if seen.last is not None:
            about = seen.last.deal_id or seen.last.market or ""
            lines.append(f"last: {render.moment(seen.last.at_ns)[11:]} {seen.last.verb} {about} {seen.last.why}")
        texts = [Text(text, no_wrap=True, overflow="ellipsis") for text in lines]
        return Group(texts[0], render.table(_COLUMNS, rows, cut=True), *texts[1:])

    def _sentence(self, seen: FleetView, now_ns: int) -> str:
        running = sum(1 for member in seen.members if member.state == "RUNNING")
        parts = [f"{render.age(now_ns - self._began_ns)}: {running}/{len(seen.members)} workers"]
        if seen.totals is not None and seen.counts is not None:
            t = seen.totals
            parts.append(f"deals {t.opened} opened, {t.closed - t.missed} closed, {t.missed} missed, {t.live} live")
            parts.append(f"realised {render.usd(t.realised_uusd, sign=True)} USD")
            if self._live is None:
                parts += [render.count(seen.counts), _leverages(seen)]
        return " · ".join(part for part in parts if part)


def _cells(member: Member) -> tuple[str, ...]:
    return (
        member.market,
        member.state.lower(),
        render.age(member.uptime_s * render.SECOND_NS) if member.uptime_s else render.NOTHING,
        member.decision,
        str(member.plus),
        str(member.minus),
        str(member.closed),
        str(member.void),
        render.usd(member.pnl_uusd, sign=True),
    )


def _limits(seen: FleetView, watch: Watch) -> list[str]:
    lines = []
    if seen.cap is not None:
        if seen.counts is not None:
            lines.append(render.count(seen.counts))
        lines.append(f"exposure {render.usd(seen.cap.held_uusd)} of cap {render.usd(seen.cap.cap_uusd)} USD")
        peaks = ", ".join(f"{venue} {render.times(value)}" for venue, value in sorted(watch.peaks.leverage.items()))
        entry, most = render.number(seen.cap.leverage_entry), render.number(seen.cap.leverage_max)
        lines.append(f"{_leverages(seen)} · peak {peaks or render.NOTHING} · entries stop at {entry}, most {most}")
    lines += [f"halted: {halt.market} {halt.level} ({halt.why})" for halt in seen.halts]
    lines += [f"AUDIT: {finding.text}" for finding in watch.peaks.broken]
    return lines


def _leverages(seen: FleetView) -> str:
    parts = [f"{equity.venue} {render.times(equity.leverage)}" for equity in seen.equities]
    return f"leverage {', '.join(parts)}" if parts else ""
