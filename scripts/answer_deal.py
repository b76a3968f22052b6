"""`arbctl deal show`: all of one deal – legs, orders, fills, what is wished, its ways out, its journal."""

from dataclasses import asdict
from typing import Any

import typer

from common import clock
from common.core.deal import Deal, DealState
from common.core.market import Direction, Venue
from common.core.ways import Outcome
from common.ledger.report import Report
from common.ledger.shapes import Choice, DealRow, JournalRow
from common.settings import Settings
from scripts import deal_ways, render
from scripts.deal_ways import Prices
from scripts.render import Answer

#: of a deal's journal so many rows are shown
JOURNAL_MAX = 1000
WHY_MAX = 110


def show(config: Settings, deal_id: str) -> Answer:
    """One deal; for one that is not hedged and still live, the ways out at the prices of now."""
    row, journal, choice = found(config, deal_id)
    deal = row.deal
    parts = [*_head(row, clock.now_ns()), *_legs(deal), *_orders(deal), *_fills(deal)]
    prices, ways = Prices({}, {}), tuple[Outcome, ...]()
    if is_open_question(deal):
        prices = deal_ways.asked(config, deal.market)
        ways = deal_ways.priced(config, deal, prices)
        parts += ["", "ways out now (arbctl deal resolve)", *deal_ways.said(deal, ways, prices)]
    if choice is not None:
        parts += ["", f"chosen: {choice.way} by {choice.who} at {render.moment(choice.at_ns)} UTC: {choice.why}"]
    return Answer(
        data=_data(row, journal, choice) | {"ways": ways, "silent": prices.silent},
        columns=("at (UTC)", "verb", "from", "to", "why"),
        rows=[_cells(entry) for entry in journal],
        text="\n".join(parts) + "\n",
    )


def found(config: Settings, deal_id: str) -> tuple[DealRow, list[JournalRow], Choice | None]:
    """The deal with its journal and what a person chose; misuse when there is no such deal."""
    with Report.open(config.ledger_file) as report:
        row = report.deal(deal_id)
        if row is None:
            raise typer.BadParameter(f"no deal {deal_id} in the ledger; `arbctl deals --state live` lists them")
        return row, report.journal(JOURNAL_MAX, deal_id=deal_id), report.choice(deal_id)


def is_open_question(deal: Deal) -> bool:
    """A person may have to choose: the deal is stuck, or live and not hedged."""
    return deal.state is DealState.STUCK or (deal.live and deal.net != 0)


def _data(row: DealRow, journal: list[JournalRow], choice: Choice | None) -> dict[str, Any]:
    legs = {venue: row.deal.position(venue) for venue in Venue}
    earned = {"matched": row.matched, "pnl_uusd": row.pnl_uusd, "fees_uusd": row.fees_uusd}
    return asdict(row.deal) | earned | {"legs": legs, "net": row.deal.net, "choice": choice, "journal": journal}


def _head(row: DealRow, now_ns: int) -> list[str]:
    deal = row.deal
    venues = f"sell {deal.direction.sell_venue}, buy {deal.direction.buy_venue}"
    age = render.age((now_ns if deal.live else deal.changed_ns) - deal.opened_ns)
    return [
        f"{deal.deal_id}  {deal.market} {Direction(deal.direction):+d} ({venues})  {deal.state}",
        f"size {render.number(deal.size)}, held {render.usd(deal.held_uusd)} USD, expected edge "
        f"{render.usd(deal.edge_uusd, sign=True)} USD, pnl {render.usd(row.pnl_uusd, sign=True)} USD, "
        f"fees {render.usd(row.fees_uusd)} USD",
        f"opened {render.moment(deal.opened_ns)} UTC, for {age}",
    ]


def _legs(deal: Deal) -> list[str]:
    lines = ["", "legs"]
    for venue in Venue:
        held = deal.position(venue)
        lines.append(f"  {venue:<5} {'+' if held > 0 else ''}{render.number(held)}")
    naked = "" if not deal.net else f"  naked {'+' if deal.net > 0 else ''}{render.number(deal.net)}"
    return [*lines, naked] if naked else lines


def _orders(deal: Deal) -> list[str]:
    lines = ["", "orders"]
    for order in deal.orders:
        filled = "?" if order.reported_size is None else render.number(order.reported_size)
        lines.append(
            f"  {order.client_id:<22} {order.purpose:<5} {order.side:<4} {render.number(order.size)} at "
            f"{render.number(order.limit)} {order.lifetime}{' reduce-only' if order.reduce_only else ''}: "
            f"{order.state}, filled {filled} {order.reason}".rstrip()
        )
    return lines


def _fills(deal: Deal) -> list[str]:
    lines = ["", "fills"] if deal.fills else []
    for fill in deal.fills:
        lines.append(
            f"  {fill.client_id:<22} {fill.side:<4} {render.number(fill.size)} at {render.number(fill.price)}, "
            f"fee {render.usd(fill.fee_uusd)} USD, {render.moment(fill.venue_ns)} venue time"
        )
    return lines


def _cells(row: JournalRow) -> tuple[str, ...]:
    why = row.why if len(row.why) <= WHY_MAX else row.why[: WHY_MAX - 1] + "…"
    moved = row.from_state != row.to_state
    return (render.moment(row.at_ns), row.verb, row.from_state or "", (row.to_state or "") if moved else "", why)
