"""`arbctl positions`: ledger and venues side by side, from ledger rows alone, each with its age."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from common import clock
from common.core.market import Venue
from common.ledger.report import Report
from common.ledger.shapes import CapRow, Equity, MarketRow, VenueSide
from common.settings import Settings
from common.warden import prices
from common.warden.board import FILE
from common.warden.board import read as read_board
from common.warden.prices import Outlooks
from scripts import render
from scripts.render import NOTHING, Answer

_COLUMNS = ("market", "dir", "deals", "dydx ledger", "venue", "apex ledger", "venue", "agree")
_MONEY = ("notional USD", "entry edge USD", "unrealised USD", "age", "funding USD/h")


def positions(config: Settings) -> Answer:
    """One row per market with anything in it, then both venues' leverage against the cap."""
    now_ns, ledger_file = clock.now_ns(), config.ledger_file
    board = read_board(config.var / FILE, now_ns)
    outlooks: Outlooks = {} if board is None else board.outlooks
    with Report.open(ledger_file) as report:
        markets, cap, equities = report.markets(), report.cap(), report.equities()
        filled = report.filled_ns()
    data = {
        "markets": [
            _data(row, now_ns, filled.get(row.market, 0)) | {"funding_hourly_usd": _funding(row, outlooks)}
            for row in markets
        ],
        "venues": [_venue_data(equity, now_ns) for equity in equities],
        "exposure": asdict(cap),
    }
    rows = [(*_cells(row, now_ns, filled.get(row.market, 0)), _spoken(_funding(row, outlooks))) for row in markets]
    return Answer(data, (*_COLUMNS, *_MONEY), rows, notes=_notes(cap, equities, now_ns))


def _funding(row: MarketRow, outlooks: Outlooks) -> dict[str, Decimal | None]:
    """By deal: what the next hour's funding brings, negative when it costs; None while the warden shows no rate."""
    return {deal.deal_id: prices.funding_hourly(deal, outlooks) for deal in row.deals}


def _spoken(funding: dict[str, Decimal | None]) -> str:
    known = [hourly for hourly in funding.values() if hourly is not None]
    return f"{sum(known):+.4f}" if known and len(known) == len(funding) else NOTHING


def _data(row: MarketRow, now_ns: int, filled_ns: int) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in ("market", "direction", "held_uusd", "edge_uusd", "notional_uusd")}
    sides = {side.venue: _side_data(side, now_ns) for side in row.sides}
    return plain | {
        "deals": [deal.deal_id for deal in row.deals],
        "unrealised_uusd": row.unrealised_uusd,
        "age_ns": None if row.opened_ns is None else now_ns - row.opened_ns,
        "sides": sides,
        "agreement": _agreement(row, filled_ns),
    }


def _side_data(side: VenueSide, now_ns: int) -> dict[str, Any]:
    figures = {name: getattr(side, name) for name in ("ledger_size", "venue_size", "entry", "mark")}
    heard = None if side.at_ns is None else now_ns - side.at_ns
    return figures | {"agrees": side.agrees, "venue_age_ns": heard}


def _venue_data(equity: Equity, now_ns: int) -> dict[str, Any]:
    return asdict(equity) | {"leverage": equity.leverage, "age_ns": now_ns - equity.at_ns}


def _cells(row: MarketRow, now_ns: int, filled_ns: int) -> tuple[str, ...]:
    sides = {side.venue: side for side in row.sides}
    sizes = [cell for venue in Venue for cell in _sizes(sides[venue], now_ns)]
    return (
        row.market,
        NOTHING if row.direction is None else f"{row.direction:+d}",
        str(len(row.deals)),
        *sizes,
        _agreement(row, filled_ns),
        render.usd(row.notional_uusd),
        render.usd(row.edge_uusd, sign=True),
        NOTHING if row.unrealised_uusd is None else render.usd(row.unrealised_uusd, sign=True),
        render.age(None if row.opened_ns is None else now_ns - row.opened_ns),
    )


def _agreement(row: MarketRow, filled_ns: int) -> str:
    """Whether the venues say what our fills say; `not heard since` when they spoke before our last fill there."""
    if any(side.at_ns is None or side.at_ns <= filled_ns for side in row.sides):
        return "not heard since"
    return "yes" if all(side.agrees for side in row.sides) else "NO"


def _sizes(side: VenueSide, now_ns: int) -> tuple[str, str]:
    if side.venue_size is None or side.at_ns is None:
        return render.number(side.ledger_size), NOTHING
    return render.number(side.ledger_size), f"{render.number(side.venue_size)} ({render.age(now_ns - side.at_ns)})"


def _notes(cap: CapRow, equities: tuple[Equity, ...], now_ns: int) -> list[str]:
    entry, most = render.number(cap.leverage_entry), render.number(cap.leverage_max)
    notes = [
        f"{equity.venue}: leverage {render.times(equity.leverage)} (entries stop at {entry}, most {most}), "
        f"equity {render.usd(equity.equity_uusd)} USD, heard {render.age(now_ns - equity.at_ns)} ago"
        for equity in equities
    ]
    return [*notes, f"exposure {render.usd(cap.held_uusd)} of cap {render.usd(cap.cap_uusd)} USD"]
