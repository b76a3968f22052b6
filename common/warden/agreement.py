"""Do the venues hold what the ledger says we hold, and are the orders there ours? Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from common.core.account import AccountFacts
from common.core.events import HaltLevel
from common.core.ids import is_by_hand
from common.core.market import Venue
from common.core.money import ZERO
from common.warden.verdicts import Kind, Verdict

Place: TypeAlias = tuple[Venue, str]
#: a foreign order: venue, market, client id
Foreign: TypeAlias = tuple[Venue, str, str]
NAMES_MAX = 5
_WHOSE = {Kind.FOREIGN: "that are not ours", Kind.BY_HAND: "placed by hand"}


@dataclass(frozen=True, slots=True)
class Holding:
    """One market at one venue: our fills' sum, and the venue's word; signed base sizes."""

    ledger: Decimal
    venue: Decimal

    @property
    def difference(self) -> Decimal:
        """What the venue has more than we can explain."""
        return self.venue - self.ledger


@dataclass(frozen=True, slots=True)
class Sums:
    """What the ledger explains at one moment. `moving`: markets in which an order's fate, or a person's, is open."""

    positions: Mapping[Place, Decimal]
    moving: frozenset[str]


def differences(before: Sums, facts: AccountFacts, after: Sums, dust: Mapping[Place, Decimal]) -> dict[Place, Holding]:
    """Where a venue holds something else than our fills, by at least the smallest order.

    `before` was read before the venue was asked, `after` when it had answered: a market is judged only if nothing was
    moving and nothing had changed in it at both moments. Markets without a known smallest order are judged exactly.
    """
    said = {(facts.venue, p.market): p.size for p in facts.positions}
    places = said.keys() | {p for p in after.positions if p[0] is facts.venue}
    found = {}
    for place in places:
        ours = after.positions.get(place, ZERO)
        if place[1] in before.moving | after.moving or before.positions.get(place, ZERO) != ours:
            continue
        holding = Holding(ours, said.get(place, ZERO))
        if holding.difference and abs(holding.difference) >= dust.get(place, ZERO):
            found[place] = holding
    return found


def difference_verdict(place: Place, holding: Holding, looks: int) -> Verdict:
    """Halt of the market, with the numbers."""
    text = f"{place[0]} holds {holding.venue:f} {place[1]}, the ledger {holding.ledger:f}, in {looks} looks"
    return Verdict(Kind.DIFFERENCE, place[1], HaltLevel.HALT, text)


def is_ours(client_id: str, market: str, incarnations: Collection[str]) -> bool:
    """Whether a client id was made from this ledger file, for this market."""
    return any(client_id.startswith(f"{name}-{market}-") for name in incarnations)


def foreign_orders(venue: Venue, orders: Iterable[tuple[str, str]], incarnations: Collection[str]) -> set[Foreign]:
    """Orders on our account that this fleet did not send."""
    return {(venue, market, name) for name, market in orders if not is_ours(name, market, incarnations)}


def foreign_verdicts(found: Iterable[Foreign]) -> list[Verdict]:
    """One halt per market and kind, with the orders' names: what a person placed by hand is told as such."""
    by_place: dict[tuple[Kind, Place], list[str]] = {}
    for venue, market, name in sorted(found):
        kind = Kind.BY_HAND if is_by_hand(name) else Kind.FOREIGN
        by_place.setdefault((kind, (venue, market)), []).append(name or "(no client id)")
    return [
        Verdict(kind, market, HaltLevel.HALT, f"{venue} has orders {_WHOSE[kind]}: {_named(names)}")
        for (kind, (venue, market)), names in by_place.items()
    ]


def _named(names: list[str]) -> str:
    more = len(names) - NAMES_MAX
    return ", ".join(names[:NAMES_MAX]) + (f" and {more} more" if more > 0 else "")
