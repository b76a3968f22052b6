"""What has to be written so that a ledger tells what both venues tell, and what cannot be explained. Pure.

A market is explained when every order that filled, every forced fill and both positions belong to a deal.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from common.core.account import AccountFacts
from common.core.deal import Deal
from common.core.ids import order_name
from common.core.money import ZERO
from common.core.rebuilding import Before, BookForced, Retold, retell
from common.reconcile.evidence import Evidence

KnownDeals: TypeAlias = Callable[[str], tuple[Deal, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Per market what is lacking and what is strange; the names of earlier files whose ids turned up."""

    markets: tuple[Retold, ...]
    incarnations: frozenset[str]

    @property
    def strange(self) -> Mapping[str, tuple[str, ...]]:
        """What could not be mapped, by market."""
        return {told.market: told.strange for told in self.markets if told.strange}

    @property
    def is_level(self) -> bool:
        """Nothing is lacking and nothing strange."""
        return not any(told.new or told.more or told.facts or told.strange for told in self.markets)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan needs to know of the ledger's ways."""

    book_forced: BookForced
    attempts_from: int
    at_ns: int


def make_plan(evidence: Evidence, known: KnownDeals, markets: Iterable[str], terms: Terms) -> Plan:
    """Compare what the ledger knows of each market with what the venues tell of it."""
    names = sorted({*markets, *evidence.markets})
    told = (_market(evidence, name, known(name), terms) for name in names)
    return Plan(tuple(one for one in told if one is not None), _incarnations(evidence))


def _market(evidence: Evidence, market: str, deals: tuple[Deal, ...], terms: Terms) -> Retold | None:
    instruments = evidence.instruments.get(market)
    if instruments is None and market not in evidence.markets:
        return None
    if instruments is None:
        return Retold(market, (), (), (), {}, (f"{market} is traded on the account, and not at both venues",))
    before = Before(market, deals, instruments, terms.book_forced, terms.attempts_from, terms.at_ns)
    told = retell(before, evidence.histories)
    dust = min(i.min_size for i in instruments.values())
    strange = (*told.strange, *_alive(evidence, market), *_positions(evidence.accounts, told, dust))
    return replace(told, strange=strange)


def _alive(evidence: Evidence, market: str) -> list[str]:
    return [f"{v} order {name or '(no client id)'} may still fill" for v, m, name in evidence.alive if m == market]


def _positions(accounts: Iterable[AccountFacts], told: Retold, dust: Decimal) -> list[str]:
    """Where a venue holds something else than the fills that we know or were told, by the smallest order or more."""
    found = []
    for facts in accounts:
        theirs = sum((p.size for p in facts.positions if p.market == told.market), ZERO)
        ours = told.positions.get(facts.venue, ZERO)
        if abs(theirs - ours) >= dust:
            found.append(f"{facts.venue} holds {theirs:f} {told.market}, the fills that are known leave {ours:f}")
    return found


def _incarnations(evidence: Evidence) -> frozenset[str]:
    orders = (order for history in evidence.histories for order in history.orders)
    names = (order_name(order.report.client_id) for order in orders)
    return frozenset(name.incarnation for name in names if name is not None)
