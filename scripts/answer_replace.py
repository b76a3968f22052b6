"""`arbctl venue … replace`: another order in the place of one that rests, judged like any order by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from common.core.errors import ConfigError
from common.core.terms import Terms
from common.endpoints import Endpoint
from common.venues.slip import InForce, Kind
from common.venues.teller import Teller
from common.venues.told import OrderTold
from scripts.answer_order import Wish, facts, known, refuse, sent, slip_of, would_send
from scripts.render import Answer
from scripts.teller_call import ask

#: the new order lives as long as one that was placed without a word about it
LIFE_HOURS: Final = Decimal(28 * 24)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; what is None stays: the price, and the size that is not filled."""

    name: str
    limit: Decimal | None
    size: Decimal | None


def replace(endpoint: Endpoint, terms_of: Callable[[str], Terms], change: Change, *, yes: bool) -> Answer:
    """Replace the order, or say what would be sent. `terms_of` knows the band of each market."""
    return ask(endpoint, lambda teller: _replaced(teller, terms_of, change, yes), private=True)


async def _replaced(teller: Teller, terms_of: Callable[[str], Terms], change: Change, yes: bool) -> Answer:
    old = await known(teller, change.name)
    if old.final or old.kind != Kind.LIMIT:
        raise ConfigError(f"{change.name} is {old.kind} and {old.status}: only limit orders that rest are replaced")
    terms = terms_of(old.market)
    instrument, index = await facts(teller, old.market)
    slip = slip_of(terms, _wish(old, change), instrument, index)
    refuse(teller, slip, terms, instrument, index)
    if not yes:
        return would_send(slip, index)
    return await sent(teller, slip, await teller.replace(old, slip))


def _wish(old: OrderTold, change: Change) -> Wish:
    return Wish(
        side=old.side,
        size=old.size - old.filled if change.size is None else change.size,
        kind=Kind.LIMIT,
        in_force=InForce.GTT,
        limit=old.price if change.limit is None else change.limit,
        trigger=None,
        hours=LIFE_HOURS,
        post_only=old.post_only,
        reduce_only=old.reduce_only,
    )
