"""`arbctl reset-count`: taking live deals out of the count, where that is safe or a person insists.

First a plan that says what would happen, then a question, then one write-off per deal, judged once more by the ledger.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import typer

from common import clock
from common.core.deal import Deal
from common.core.errors import ConfigError
from common.ledger.ledger import Refusal
from common.ledger.report import Report
from common.ledger.shapes import MarketRow, VenueSide
from common.settings import Settings
from scripts import render
from scripts.deeds import writable
from scripts.render import Answer


class ResetRefused(ConfigError):
    """Nothing was written off; the text says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which deals would be written off, in which markets to look for released ones, and what to tell first."""

    deals: tuple[Deal, ...]
    markets: tuple[str, ...]
    force: bool
    says: tuple[str, ...]


def plan(config: Settings, market: str | None, *, force: bool) -> Plan:
    """What a reset would do now. ResetRefused where a venue is not seen flat and nobody forces it."""
    now_ns = clock.now_ns()
    with Report.open(config.ledger_file) as report:
        rows = [row for row in report.markets() if row.deals and market in (None, row.market)]
        flat = {deal.deal_id: report.proven_flat(deal, now_ns) for row in rows for deal in row.deals}
    deals = tuple(deal for row in rows for deal in row.deals)
    loose = [row for row in rows if not all(flat[deal.deal_id] for deal in row.deals)]
    if loose and not force:
        raise ResetRefused("nothing was written off. " + " ".join(_obstacle(row, now_ns) for row in loose))
    says = [_said(deal, flat[deal.deal_id]) for deal in deals]
    if not deals:
        says = [f"there is no live deal in {market or 'any market'}: the count is as it should be"]
    return Plan(deals, (market,) if market else tuple(config.markets), force, tuple(says))


def _said(deal: Deal, flat: bool) -> str:
    what = f"{deal.deal_id} ({deal.direction:+d}, {deal.state}, {render.number(deal.size)} {deal.market})"
    if flat:
        return f"will be written off: {what}; both venues are flat, {render.usd(deal.held_uusd)} USD become free"
    held = render.usd(deal.held_uusd)
    return f"will be written off BY FORCE: {what}; {held} USD stay counted until both venues are seen flat"


def _obstacle(row: MarketRow, now_ns: int) -> str:
    """Why one market cannot be reset, and the command that makes it flat."""
    held = [f"{side.venue} holds {render.number(side.venue_size)}" for side in row.sides if side.venue_size]
    why = " and ".join(held) or _silence(row.sides, now_ns)
    return (
        f"{row.market}: {why}. `arbctl flatten {row.market}` has it closed; "
        f"`arbctl reset-count {row.market} --force --reason TEXT` writes it off all the same."
    )


def _silence(sides: Iterable[VenueSide], now_ns: int) -> str:
    ages = [f"{s.venue} {render.age(now_ns - s.at_ns)} ago" if s.at_ns else f"{s.venue} never" for s in sides]
    return f"both venues look flat, but that is not proven: heard {', '.join(ages)}, or an order may still fill"


def confirm(made: Plan) -> None:
    """Ask; ResetRefused unless the answer is yes (nobody there to answer is a no)."""
    question = f"Write off {len(made.deals)} deal{'s' if len(made.deals) > 1 else ''}?"
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        raise ResetRefused("nothing was written off; --yes does it without asking")


def carry_out(config: Settings, made: Plan, reason: str) -> Answer:
    """Write the plan's deals off and let go of earlier ones whose venues have been seen flat since."""
    now_ns = clock.now_ns()
    done, refused = list[Deal](), list[str]()
    with writable(config) as ledger:
        for deal in made.deals:
            outcome = ledger.write_off(deal.deal_id, reason, force=made.force, at_ns=now_ns)
            if isinstance(outcome, Refusal):
                refused.append(deal.deal_id)
            else:
                done.append(outcome)
        freed = [deal for market in made.markets for deal in ledger.release_written_off(market, now_ns)]
    if refused:
        raise ResetRefused(f"{len(done)} written off; {', '.join(refused)} not: a venue is not flat any more")
    data = {"written_off": [_data(deal) for deal in done], "released": [_data(deal) for deal in freed]}
    return Answer(data, text=_told(done, freed))


def _data(deal: Deal) -> dict[str, object]:
    return {"deal_id": deal.deal_id, "market": deal.market, "state": deal.state, "held_uusd": deal.held_uusd}


def _told(done: list[Deal], freed: list[Deal]) -> str:
    counted = sum(deal.held_uusd for deal in done)
    parts = [f"{len(done)} written off"]
    if counted:
        parts.append(f"{render.usd(counted)} USD still counted")
    if freed:
        parts.append(f"released after an earlier reset: {', '.join(deal.deal_id for deal in freed)}")
    return "; ".join(parts)
