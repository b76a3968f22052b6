"""Answers out of the ledger: one function per question, from the file to something that can be shown."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import typer

from common import clock
from common.core.deal import LIVE as LIVE_STATES
from common.core.deal import DealState
from common.ledger.report import Report
from common.ledger.shapes import DealRow, JournalRow
from scripts import render
from scripts.render import Answer

LIVE = "live"
#: deals that are shown unless asked for more
DEALS_MAX = 100
#: the text of a reason is cut here in a table; JSON and CSV have all of it
WHY_MAX = 90


@dataclass(frozen=True, slots=True)
class DealChoice:
    """Which deals: in a state, or `live`, or all; of one market; only the newest."""

    state: str | None = None
    market: str | None = None
    limit: int = DEALS_MAX

    @property
    def states(self) -> Collection[str]:
        """All states that fit."""
        if self.state is None:
            return tuple(DealState)
        return tuple(LIVE_STATES) if self.state == LIVE else (self.state,)


def state_named(text: str | None) -> str | None:
    """The state as it is written in the ledger, or `live`; misuse when there is no such state."""
    if text is None or text.lower() == LIVE:
        return None if text is None else LIVE
    name = text.upper().replace("-", "_")
    if name not in DealState.__members__:
        raise typer.BadParameter(f"no state {text}; there are {', '.join(DealState.__members__)} and live")
    return name


def deals(ledger_file: Path, choice: DealChoice) -> Answer:
    """Deals with what they earned, oldest first."""
    with Report.open(ledger_file) as report:
        found = report.newest(choice.limit, market=choice.market, states=choice.states)
    columns = ("deal", "market", "dir", "state", "size", "held USD", "edge USD", "pnl USD", "fees USD", "opened", "for")
    notes = [f"the newest {choice.limit}; --limit shows more"] if len(found) == choice.limit else []
    cells = [_deal_cells(row, clock.now_ns()) for row in found]
    return Answer([_deal_data(row) for row in found], columns, cells, notes=notes)


def _deal_data(row: DealRow) -> dict[str, Any]:
    deal = row.deal
    names = ("deal_id", "market", "number", "direction", "size", "state", "held_uusd", "edge_uusd")
    times = {"opened_ns": deal.opened_ns, "changed_ns": deal.changed_ns}
    earned = {"matched": row.matched, "pnl_uusd": row.pnl_uusd, "fees_uusd": row.fees_uusd}
    return {name: getattr(deal, name) for name in names} | times | earned | {"live": deal.live}


def _deal_cells(row: DealRow, now_ns: int) -> tuple[str, ...]:
    deal = row.deal
    return (
        deal.deal_id,
        deal.market,
        f"{deal.direction:+d}",
        deal.state,
        render.number(deal.size),
        render.usd(deal.held_uusd),
        render.usd(deal.edge_uusd, sign=True),
        render.usd(row.pnl_uusd, sign=True),
        render.usd(row.fees_uusd),
        render.moment(deal.opened_ns),
        render.age((now_ns if deal.live else deal.changed_ns) - deal.opened_ns),
    )


def count(ledger_file: Path) -> Answer:
    """Live deals per direction."""
    with Report.open(ledger_file) as report:
        counts = report.counts()
    return Answer(asdict(counts) | {"arbitrage_count": counts.arbitrage_count}, text=render.count(counts))


def journal(ledger_file: Path, limit: int, *, market: str | None, deal_id: str | None) -> Answer:
    """The newest rows of the journal, oldest first."""
    with Report.open(ledger_file) as report:
        found = report.journal(limit, market=market, deal_id=deal_id)
    columns = ("seq", "at (UTC)", "verb", "market", "deal", "from", "to", "why")
    return Answer(found, columns, [_journal_cells(row) for row in found])


def _journal_cells(row: JournalRow) -> tuple[str, ...]:
    moved = row.from_state != row.to_state
    why = row.why if len(row.why) <= WHY_MAX else row.why[: WHY_MAX - 1] + "…"
    states = (row.from_state or "", row.to_state or "") if moved else (row.from_state or "", "")
    return (str(row.seq), render.moment(row.at_ns), row.verb, row.market or "", row.deal_id or "", *states, why)


def spreads(ledger_file: Path, market: str | None) -> Answer:
    """Every opening decision: the count before it, the edge it expected, the numbers it went by (spread.txt)."""
    with Report.open(ledger_file) as report:
        found = report.spreads(market)
    columns = ("at (UTC)", "market", "count", "dir", "size", "edge USD", "deal", "why")
    rows = [
        (
            render.moment(row.at_ns),
            row.market,
            str(row.count),
            f"{row.direction:+d}",
            render.number(row.size),
            render.usd(row.edge_uusd, sign=True),
            row.deal_id,
            row.why,
        )
        for row in found
    ]
    return Answer(found, columns, rows)


def trades(ledger_file: Path, market: str | None) -> Answer:
    """Every fill of ours with its order (trades.txt)."""
    with Report.open(ledger_file) as report:
        found = report.trades(market)
    columns = ("at (UTC)", "market", "deal", "purpose", "venue", "side", "size", "price", "fee USD", "order")
    rows = [
        (
            render.moment(row.at_ns),
            row.market,
            row.deal_id,
            row.purpose,
            row.venue,
            row.side,
            render.number(row.size),
            render.number(row.price),
            render.usd(row.fee_uusd),
            row.client_id,
        )
        for row in found
    ]
    return Answer(found, columns, rows)
