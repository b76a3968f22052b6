"""Writing a plan down: halt, rebuilt deals, further orders, late facts, funding, accounts; and the halts that remain.

Every step is a verb of the ledger that does nothing twice: a run that broke off is run again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from common.core.deal import Deal
from common.core.events import HaltLevel
from common.ledger import migrate
from common.ledger.forced import forced_rows
from common.ledger.ledger import Ledger
from common.ledger.limits import EVERY_MARKET
from common.ledger.retelling import Retelling
from common.ledger.rows import Author
from common.reconcile.evidence import Evidence
from common.reconcile.plan import Plan, Terms, make_plan

WHY = "reconciled: look at arbctl positions, then resume"
#: names of this many things stand in a halt's reason; the rest is counted
NAMES_MAX = 6


@dataclass(frozen=True, slots=True)
class By:
    """Who reconciles, and when."""

    author: Author
    who: str
    at_ns: int


@contextmanager
def opened(path: Path, by: By) -> Iterator[tuple[Ledger, Retelling]]:
    """The ledger at `path` through both its doors."""
    author = by.author
    ledger = Ledger.open(path, config_hash=author.config_hash, code_version=author.code_version, pid=author.pid)
    with ledger, Retelling.open(path, author, by.who) as retelling:
        yield ledger, retelling


def planned(evidence: Evidence, retelling: Retelling | None, markets: tuple[str, ...], at_ns: int) -> Plan:
    """The plan for a ledger, or for one that is yet to be made (None)."""
    terms = Terms(forced_rows, migrate.attempts_from(at_ns), at_ns)
    known = (lambda market: ()) if retelling is None else retelling.deals
    more = () if retelling is None else retelling.markets()
    return make_plan(evidence, known, (*markets, *more), terms)


def carry_out(plan: Plan, evidence: Evidence, doors: tuple[Ledger, Retelling], by: By) -> None:
    """Bring the ledger level. Unless it is so already, every market is halted until a person resumes, and each with
    something strange by a halt of its own.
    """
    ledger, retelling = doors
    if not plan.is_level:
        ledger.halt(HaltLevel.HALT, EVERY_MARKET, WHY, who=by.who, at_ns=by.at_ns)
    retelling.adopt(plan.incarnations, "seen at the venues", by.at_ns)
    for told in plan.markets:
        for deal in told.new:
            retelling.rebuild(deal, evidence_of(deal), by.at_ns)
        for more in told.more:
            why = f"told by the venues: {_listed([order.client_id for order in more.orders])}"
            retelling.append(more.deal_id, more.orders, more.fills, why, by.at_ns)
        for fact in told.facts:
            ledger.record(fact)
    for paid in evidence.funding:
        ledger.book_funding(paid, by.at_ns)
    for facts in evidence.accounts:
        ledger.write_account(facts)
    for market, names in plan.strange.items():
        ledger.halt(HaltLevel.HALT, market, f"not explained: {_listed(names)}", who=by.who, at_ns=by.at_ns)
    for doubt in ledger.doubts():
        ledger.dispel(doubt.market, "both venues were heard", by.at_ns)
    retelling.note(spoken(plan), by.at_ns)


def evidence_of(deal: Deal) -> str:
    """What a deal that is told anew rests on, for its journal row."""
    orders = [f"{o.client_id} ({o.venue_order_id or 'forced'})" for o in deal.orders]
    return f"told by the venues: {len(deal.fills)} fills of {_listed(orders)}"


def spoken(plan: Plan) -> str:
    """The plan in one line."""
    new = [deal for told in plan.markets for deal in told.new]
    live = [deal.deal_id for deal in new if deal.live]
    orders = sum(len(more.orders) for told in plan.markets for more in told.more)
    facts = sum(len(told.facts) for told in plan.markets)
    strange = sum(len(told.strange) for told in plan.markets)
    return (
        f"{len(new)} deals rebuilt, {len(live)} of them live{': ' if live else ''}{_listed(live)}; "
        f"{orders} orders added to known deals, {facts} orders heard of; {strange} things not explained"
    )


def _listed(names: list[str] | tuple[str, ...]) -> str:
    more = len(names) - NAMES_MAX
    return ", ".join(names[:NAMES_MAX]) + (f" and {more} more" if more > 0 else "")
