"""What an incoming order would take, best price first: a plan, made without touching the book.

At one price the source's depth goes first and the orders resting here after it, oldest first: nobody knows our
place in the queue, so that it is taken to be the last.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from common.core.market import Side
from common.sim.types import PaperOrder


@dataclass(frozen=True, slots=True)
class Resting:
    """An order resting in the book, in whole ticks and steps."""

    order: PaperOrder
    tick: int
    steps: int


@dataclass(frozen=True, slots=True)
class Take:
    """One piece of depth that is taken: of the source (`maker` None) or of a resting order."""

    tick: int
    steps: int
    maker: Resting | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The takes in order, what stays unfilled, and whether an own resting order stood in the way."""

    takes: tuple[Take, ...]
    left: int
    own_in_the_way: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an incoming order wants: up to `steps`, at `tick` or better, for `account_id`."""

    side: Side
    tick: int
    steps: int
    account_id: str

    def crosses(self, tick: int) -> bool:
        """Whether a resting price is acceptable to this order."""
        return tick <= self.tick if self.side is Side.BUY else tick >= self.tick


def offers(wanted: Wanted, depth: dict[int, int], resting: Iterable[Resting]) -> list[Take]:
    """Everything on the other side that `wanted` may trade with, in the order in which it trades."""
    found = [Take(tick, steps) for tick, steps in depth.items() if wanted.crosses(tick)]
    found += [Take(rest.tick, rest.steps, rest) for rest in resting if wanted.crosses(rest.tick)]
    return sorted(found, key=lambda take: (take.tick * wanted.side.sign, *_turn(take.maker)))


def plan(wanted: Wanted, found: Iterable[Take]) -> Plan:
    """Walk the offers until the order is filled, they end, or an own order is met."""
    takes: list[Take] = []
    left = wanted.steps
    for offer in found:
        if not left:
            break
        if offer.maker and offer.maker.order.account_id == wanted.account_id:
            return Plan(tuple(takes), left, own_in_the_way=True)
        steps = min(left, offer.steps)
        takes.append(Take(offer.tick, steps, offer.maker))
        left -= steps
    return Plan(tuple(takes), left)


def _turn(maker: Resting | None) -> tuple[int, str]:
    """Who is served first at one price: the source, then resting orders by age (ids break ties)."""
    return (maker.order.created_ns, maker.order.order_id) if maker else (-1, "")
