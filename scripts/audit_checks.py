"""All checks of the outside checker over one look at everything; each law has one function, and a test that breaks it.

Pure functions from facts to findings. Here: what the ledger must be by itself. The limits and the comparison with the
venues have their own files.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from scripts import audit_limits as limits
from scripts import audit_story as story
from scripts.audit_facts import ZERO, Finding, LedgerFacts, VenueFacts, Verdict
from scripts.audit_story import GRACE_NS, unfinished


def judge(ledger: LedgerFacts, venues: Mapping[str, VenueFacts], dust: Mapping[str, Decimal]) -> Verdict:
    """All checks over one look at everything."""
    found = {
        "cap": (limits.cap(ledger.limits), 1),
        "level": (limits.level(ledger.limits), 1),
        "level in the past": (limits.level_history(ledger), len(ledger.steps)),
        "one direction per market": (limits.one_direction(ledger.limits), len(ledger.limits.deals)),
        "leverage": (limits.said_leverage(ledger.limits, venues), len(venues)),
        "fills": (story.fills(ledger, venues), sum(len(v.fills) for v in venues.values())),
        "positions": (story.venue_positions(ledger, venues), sum(len(v.positions()) for v in venues.values())),
        "money": (story.money(ledger, venues), len(venues)),
        "funding": (story.funding(ledger, venues), sum(len(v.funding) for v in venues.values())),
        "nothing naked": (naked(ledger, dust), len(ledger.deals)),
        "orders": (story.orders(ledger, venues), sum(len(v.orders) for v in venues.values())),
        "finished deals hold nothing": (finished(ledger), len(ledger.deals)),
        "journal": (journal(ledger), len(ledger.steps)),
    }
    findings = tuple(finding for checks, _ in found.values() for finding in checks)
    return Verdict(findings, {name: count for name, (_, count) in found.items()})


def naked(ledger: LedgerFacts, dust: Mapping[str, Decimal]) -> Iterator[Finding]:
    """A deal whose orders are all accounted for is even, but for less than the smallest order."""
    loose = {ledger.orders[client_id].deal_id for client_id in unfinished(ledger)}
    net: dict[str, Decimal] = {}
    last: dict[str, int] = {}
    for fill in ledger.fills:
        deal_id = ledger.orders[fill.client_id].deal_id
        net[deal_id] = net.get(deal_id, ZERO) + fill.signed
        last[deal_id] = max(last.get(deal_id, 0), fill.at_ns)
    for deal_id, size in net.items():
        deal = ledger.deals[deal_id]
        if deal.state == "WRITTEN_OFF" or abs(size) < dust.get(deal.market, Decimal("1e-18")):
            continue
        moment = max(last[deal_id], deal.changed_ns)
        if deal_id in loose or ledger.limits.at_ns - moment < GRACE_NS:
            yield Finding("nothing naked", f"{deal_id} ({deal.state}) is being evened: {size:+f}", broken=False)
        else:
            yield Finding("nothing naked", f"{deal_id} ({deal.state}) is uneven by {size:+f} {deal.market} at rest")


def finished(ledger: LedgerFacts) -> Iterator[Finding]:
    """A finished deal counts nothing against the cap; one written off counts until the venues were seen flat."""
    for deal in ledger.deals.values():
        if not deal.live and deal.held_uusd and deal.state != "WRITTEN_OFF":
            yield Finding("finished deals hold nothing", f"{deal.deal_id} is {deal.state} and holds {deal.held_uusd}")


def journal(ledger: LedgerFacts) -> Iterator[Finding]:
    """Every deal's state follows from its journal rows: each begins where the one before it ended."""
    states: dict[str, str | None] = {}
    for step in ledger.steps:
        known = states.get(step.deal_id)
        if step.before != known:
            yield Finding("journal", f"row {step.seq}: {step.deal_id} leaves {step.before}, but it was {known}")
        states[step.deal_id] = step.after
    for deal in ledger.deals.values():
        if states.get(deal.deal_id) != deal.state:
            yield Finding(
                "journal", f"{deal.deal_id} is {deal.state}, its journal ends with {states.get(deal.deal_id)}"
            )
