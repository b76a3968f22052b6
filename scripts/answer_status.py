"""`arbctl status`: is the fleet alive, what does each worker say, what is halted, how much room is left."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any, TypeAlias

from common import clock
from common.core.market import Venue
from common.settings import Settings
from common.supervisor_client import Places, Process, Supervisor
from common.warden import margin
from common.warden.board import FILE, Seen
from common.warden.board import read as read_board
from common.warden.margin import Transfer
from scripts import limit_view, render
from scripts.fleet_view import FleetView, Member, view
from scripts.render import NOTHING, Answer

_COLUMNS = ("market", "worker", "pid", "up", "heard", "says", "+1", "−1", "closed", "void", "pnl USD", "halt")

#: what runs beside the workers, by program name; None while it is not running
Helpers: TypeAlias = dict[str, Process | None]


def status(config: Settings) -> Answer:
    """Everything at a glance; works without a supervisord and without a ledger."""
    now_ns = clock.now_ns()
    supervisor = Supervisor(Places(config.var).socket)
    alive = supervisor.alive()
    processes = supervisor.processes() if alive else []
    seen = view(config.ledger_file, list(config.markets), processes)
    board = read_board(config.var / FILE, now_ns)
    helpers = {name: next((p for p in processes if p.name == name), None) for name in ("sim", "warden", "recorder")}
    return Answer(
        data=_data(config, seen, alive, helpers, board),
        columns=_COLUMNS,
        rows=[_cells(member, seen, now_ns) for member in seen.members],
        notes=[*_notes(config, seen, alive, helpers), *_warnings(config, seen, board)],
    )


def _data(
    config: Settings, seen: FleetView, alive: tuple[int, str] | None, helpers: Helpers, board: Seen | None
) -> dict[str, Any]:
    return {
        "mode": config.mode,
        "config_hash": config.hash,
        "supervisord": None if alive is None else {"pid": alive[0], "state": alive[1]},
        "warden_sees": _sees(config, seen, board),
        **{name: None if p is None else {"pid": p.pid, "state": p.state} for name, p in helpers.items()},
        "members": seen.members,
        "counts": None if seen.counts is None else asdict(seen.counts),
        "exposure": seen.cap,
        "venues": [asdict(equity) | {"leverage": equity.leverage} for equity in seen.equities],
        "halts": seen.halts,
        "doubts": seen.doubts,
        "totals": seen.totals,
    }


def _sees(config: Settings, seen: FleetView, board: Seen | None) -> dict[str, Any]:
    """What only somebody who asks both venues knows; None where nobody does at the moment."""
    transfer = _transfer(config, seen)
    return {
        "at_ns": None if board is None else board.at_ns,
        "liquidation_distance": None if board is None else dict(board.distances),
        "usd_usdc_bps": None if board is None else board.parted_bps,
        "transfer": None if transfer is None else asdict(transfer),
    }


def _transfer(config: Settings, seen: FleetView) -> Transfer | None:
    return margin.transfer(_equities(seen), config.warden.equity_ratio_min)


def _equities(seen: FleetView) -> dict[Venue, int]:
    return {equity.venue: equity.equity_uusd for equity in seen.equities}


def _warnings(config: Settings, seen: FleetView, board: Seen | None) -> list[str]:
    """Distance to liquidation, the dollars, and the transfer that would mend equities too far apart."""
    notes = []
    if board is None:
        notes.append("the warden shows nothing: distance to liquidation and USD against USDC are not known")
    else:
        notes += [f"{venue}: {_far(distance)}" for venue, distance in board.distances.items()]
        if board.parted_bps is not None:
            notes.append(f"prices in USDC are {board.parted_bps:+.1f} bp off those in USD")
    transfer = _transfer(config, seen)
    return notes if transfer is None else [*notes, margin.spoken(transfer, _equities(seen))]


def _far(distance: Decimal | None) -> str:
    return "no position" if distance is None else f"liquidation when every price moves {distance:.1%} against us"


def _cells(member: Member, seen: FleetView, now_ns: int) -> tuple[str, ...]:
    halts = [halt.level for halt in seen.halts if halt.market in (member.market, "*")]
    return (
        member.market,
        member.state.lower(),
        str(member.pid or NOTHING),
        render.age(member.uptime_s * render.SECOND_NS) if member.uptime_s else NOTHING,
        NOTHING if member.heard_ns is None else f"{render.age(now_ns - member.heard_ns)} ago",
        member.decision,
        str(member.plus),
        str(member.minus),
        str(member.closed),
        str(member.void),
        render.usd(member.pnl_uusd, sign=True),
        ", ".join(halts),
    )


def _notes(config: Settings, seen: FleetView, alive: tuple[int, str] | None, helpers: Helpers) -> list[str]:
    who = "not running" if alive is None else f"pid {alive[0]}, {alive[1].lower()}"
    sim, warden, recorder = ("not running" if p is None else p.state.lower() for p in helpers.values())
    venues = f"; paper venues {sim}" if config.mode == "paper" else ""
    notes = [f"mode {config.mode}; supervisord {who}{venues}; warden {warden}; recorder {recorder}"]
    if seen.counts is None or seen.cap is None:
        return [*notes, f"no ledger yet at {config.ledger_file}: ./scripts/run makes one"]
    notes.append(render.count(seen.counts))
    notes.append(f"exposure {render.usd(seen.cap.held_uusd)} of cap {render.usd(seen.cap.cap_uusd)} USD")
    notes += [
        f"{e.venue}: equity {render.usd(e.equity_uusd)} USD, leverage {render.times(e.leverage)}" for e in seen.equities
    ]
    notes += limit_view.differing(config)
    for halt in seen.halts:
        where = "every market" if halt.market == "*" else halt.market
        notes.append(f"{where}: {halt.level} by {halt.who} at {render.moment(halt.at_ns)} UTC: {halt.why}")
    if seen.doubts:
        notes.append(_doubtful(seen))
    return notes


def _doubtful(seen: FleetView) -> str:
    """Which workers have to ask for a deal that the file may have forgotten, and what else would do."""
    markets = ", ".join(doubt.market for doubt in seen.doubts)
    return f"after a power cut nobody enters until {markets} (their workers, or arbctl reconcile) asked both venues"
