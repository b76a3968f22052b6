"""What the fleet looks like now, put together from one reading of the ledger and supervisord's states. No printing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common import members
from common.core.deal import Deal
from common.ledger.report import Report
from common.ledger.shapes import Beat, CapRow, Counts, Doubt, Equity, Halt, JournalRow, Tally, Totals
from common.supervisor_client import Process


@dataclass(frozen=True, slots=True)
class Member:
    """One worker: `state` as supervisord has it, `decision` what it said last, its deals by where they are."""

    market: str
    state: str
    pid: int
    uptime_s: int
    #: when it last gave a sign of life; None while it never did
    heard_ns: int | None
    decision: str
    plus: int
    minus: int
    closed: int
    void: int
    pnl_uusd: int


@dataclass(frozen=True, slots=True)
class FleetView:
    """The whole fleet at one moment; `totals` None while there is no ledger."""

    members: tuple[Member, ...]
    totals: Totals | None = None
    counts: Counts | None = None
    cap: CapRow | None = None
    equities: tuple[Equity, ...] = ()
    halts: tuple[Halt, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    last: JournalRow | None = None


def view(ledger_file: Path, markets: Sequence[str], processes: Sequence[Process]) -> FleetView:
    """One look; LedgerError when there is a ledger that cannot be read."""
    states = {p.name: p for p in processes if p.group == members.GROUP}
    if not ledger_file.exists():
        return FleetView(tuple(_member(m, states, {}, Lot()) for m in markets))
    with Report.open(ledger_file) as report:
        beats = {beat.market: beat for beat in report.heartbeats()}
        lots = _lots(report)
        journal = report.journal(1)
        return FleetView(
            members=tuple(_member(m, states, beats, lots.get(m, Lot())) for m in markets),
            totals=report.totals(),
            counts=report.counts(),
            cap=report.cap(),
            equities=report.equities(),
            halts=report.halts(),
            doubts=report.doubts(),
            last=journal[-1] if journal else None,
        )


@dataclass(frozen=True, slots=True)
class Lot:
    """One market's deals: the live ones, and all of them counted."""

    live: tuple[Deal, ...] = ()
    tally: Tally | None = None


def _lots(report: Report) -> dict[str, Lot]:
    live: dict[str, list[Deal]] = {}
    for row in report.deals(live=True):
        live.setdefault(row.deal.market, []).append(row.deal)
    return {tally.market: Lot(tuple(live.get(tally.market, ())), tally) for tally in report.tallies()}


def _member(market: str, states: dict[str, Process], beats: dict[str, Beat], lot: Lot) -> Member:
    process = states.get(members.program(market))
    return Member(
        market=market,
        state="not running" if process is None else process.state,
        pid=0 if process is None else process.pid,
        uptime_s=0 if process is None else process.uptime_s,
        heard_ns=beats[market].at_ns if market in beats else None,
        decision=beats[market].state if market in beats else "",
        plus=sum(1 for deal in lot.live if deal.direction > 0),
        minus=sum(1 for deal in lot.live if deal.direction < 0),
        closed=lot.tally.closed if lot.tally else 0,
        void=lot.tally.void if lot.tally else 0,
        pnl_uusd=lot.tally.pnl_uusd if lot.tally else 0,
    )
