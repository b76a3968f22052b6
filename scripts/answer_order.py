"""`arbctl venue … order, place, cancel, cancel-all`: orders by hand, judged before they are sent.

What the strategy's price band refuses is refused here as well, and nothing is sent without --yes: then it is said what
would be. What is wrong with a wish is a sentence and exit code 3; what the venue refuses is exit code 1.
"""

import asyncio
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Final

from common import clock
from common.core.errors import ConfigError, VenueError
from common.core.ids import hand_id
from common.core.market import Instrument, Side
from common.core.money import bps_of, price_down, price_up
from common.core.order import Ack, NotSent, Reject, Unknown
from common.core.terms import Terms
from common.endpoints import Endpoint
from common.venues.slip import InForce, Kind, Slip
from common.venues.teller import Teller
from common.venues.told import OrderTold
from scripts.answer_account import told
from scripts.render import Answer, number
from scripts.teller_call import ask

#: an order is asked for after it was sent: so often, until it is shown and, where it cannot rest, has ended
SEEN_TRIES: Final = 8
SEEN_EVERY_S: Final = 0.25
#: how long an order lives that cannot rest: dYdX takes none that expires within a minute
NOW_LIFE_NS: Final = 75 * 10**9
HOUR_NS: Final = 3600 * 10**9
WARDEN: Final = "the warden halts new deals of {market} while an order by hand is open: `arbctl resume {market}` after"


class NotDone(VenueError):
    """The venue said no, or nobody knows what it did."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person typed; `limit` may be left out for orders that take the market."""

    side: Side
    size: Decimal
    kind: Kind
    in_force: InForce
    limit: Decimal | None
    trigger: Decimal | None
    hours: Decimal
    post_only: bool
    reduce_only: bool


def place(endpoint: Endpoint, terms: Terms, wish: Wish, *, yes: bool) -> Answer:
    """Place one order, or say what would be sent."""
    return ask(endpoint, lambda teller: _placed(teller, terms, wish, yes), private=True)


async def _placed(teller: Teller, terms: Terms, wish: Wish, yes: bool) -> Answer:
    instrument, index = await facts(teller, terms.market)
    slip = slip_of(terms, wish, instrument, index)
    refuse(teller, slip, terms, instrument, index)
    if not yes:
        return would_send(slip, index)
    return await sent(teller, slip, await teller.place(slip))


async def facts(teller: Teller, market: str) -> tuple[Instrument, Decimal]:
    """The listing, and the index price that a band can be drawn around."""
    listed = {one.instrument.market: one.instrument for one in await teller.markets()}
    if market not in listed:
        raise ConfigError(f"{teller.venue} does not list {market}")
    ticker = await teller.ticker(market)
    if ticker.index is None:
        raise NotDone(f"{teller.venue} tells no index price of {market}: no price can be judged")
    return listed[market], ticker.index


def slip_of(terms: Terms, wish: Wish, instrument: Instrument, index: Decimal) -> Slip:
    """The order that was wished for; ConfigError when there is no such order."""
    now_ns = clock.now_ns()
    limit = wish.limit if wish.limit is not None else _band_edge(terms, wish, instrument, wish.trigger or index)
    rests = wish.in_force is InForce.GTT or wish.trigger is not None
    try:
        return Slip(
            client_id=hand_id(now_ns),
            market=terms.market,
            side=wish.side,
            kind=wish.kind,
            size=wish.size,
            limit=limit,
            in_force=wish.in_force,
            created_ns=now_ns,
            life_ns=int(wish.hours * HOUR_NS) if rests else NOW_LIFE_NS,
            post_only=wish.post_only,
            reduce_only=wish.reduce_only,
            trigger=wish.trigger,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from None


def _band_edge(terms: Terms, wish: Wish, instrument: Instrument, around: Decimal) -> Decimal:
    """The worst price that the band allows, for orders that take what is there."""
    if wish.kind not in (Kind.MARKET, Kind.STOP_MARKET, Kind.TAKE_PROFIT_MARKET):
        raise ConfigError(f"a {wish.kind} order needs --price")
    distance = bps_of(terms.price_band_bps, around)
    if wish.side is Side.BUY:
        return price_down(around + distance, instrument.tick)
    return price_up(around - distance, instrument.tick)


def refuse(teller: Teller, slip: Slip, terms: Terms, instrument: Instrument, index: Decimal) -> None:
    """ConfigError with the first thing that is wrong: the venue's grid, its kinds of order, our band."""
    off = [price for price in (slip.limit, slip.trigger) if price is not None and price % instrument.tick]
    why = instrument.refuse_size(slip.size) or teller.refuse(slip)
    if off:
        why = f"{teller.venue} {instrument.name}: price {off[0]} is not a multiple of the tick {instrument.tick}"
    if why is None and not _in_band(slip, terms, index):
        around = "the index" if slip.trigger is None else "its trigger"
        why = (
            f"{number(slip.limit)} is more than {number(terms.price_band_bps)} bp from {around} "
            f"({number(slip.trigger or index)}): price_band_bps of {terms.market} in arb.toml refuses it"
        )
    if why is not None:
        raise ConfigError(why)


def _in_band(slip: Slip, terms: Terms, index: Decimal) -> bool:
    """An order that waits is judged by where it will come alive."""
    around = slip.trigger or index
    return abs(slip.limit - around) <= bps_of(terms.price_band_bps, around)


def would_send(slip: Slip, index: Decimal) -> Answer:
    """What the venue would be told."""
    text = f"would send {_words(slip)}; the index is {number(index)}"
    data = {"sent": False, "would_send": asdict(slip), "index": index}
    return Answer(data, text=text, notes=("nothing was sent: --yes sends it", WARDEN.format(market=slip.market)))


def _words(slip: Slip) -> str:
    """One line: all that the venue would be told."""
    trigger = "" if slip.trigger is None else f" once the index is at {number(slip.trigger)}"
    marks = f"{', post-only' if slip.post_only else ''}{', reduce-only' if slip.reduce_only else ''}"
    return (
        f"{slip.kind} {slip.side} {number(slip.size)} {slip.market} at {number(slip.limit)} or better{trigger}, "
        f"{slip.in_force}{marks}, as {slip.client_id}"
    )


async def sent(teller: Teller, slip: Slip, said: Ack | Reject | Unknown | NotSent) -> Answer:
    """The order as the venue shows it then; NotDone when it is not there."""
    ask_for = f"`arbctl venue {teller.venue} order {slip.client_id}` asks what became of it"
    if isinstance(said, Reject):
        raise NotDone(f"{teller.venue} refuses it: {said.reason}")
    if isinstance(said, NotSent):
        raise NotDone(f"it was not sent: {said.reason}")
    if isinstance(said, Unknown):
        raise NotDone(f"nobody knows whether {teller.venue} has it ({said.reason}): {ask_for}")
    shown = await _seen(teller, slip.client_id, until_final=slip.in_force is not InForce.GTT and not slip.kind.waits)
    if shown is None:
        raise NotDone(f"{teller.venue} took it in and does not show it yet: {ask_for}")
    return told((shown,), () if shown.final else (WARDEN.format(market=slip.market),))


async def _seen(teller: Teller, name: str, *, until_final: bool) -> OrderTold | None:
    shown = None
    for _ in range(SEEN_TRIES):
        shown = await teller.order(name) or shown
        if shown is not None and (shown.final or not until_final):
            break
        await asyncio.sleep(SEEN_EVERY_S)
    return shown


def order(endpoint: Endpoint, name: str) -> Answer:
    """One order by our id or the venue's."""
    return told((ask(endpoint, lambda teller: known(teller, name), private=True),))


async def known(teller: Teller, name: str) -> OrderTold:
    """One order; NotDone when the venue does not know it."""
    found = await teller.order(name)
    if found is None:
        raise NotDone(f"{teller.venue} knows no order {name}")
    return found


def cancel(endpoint: Endpoint, name: str) -> Answer:
    """End one order."""
    return told((ask(endpoint, lambda teller: _cancelled(teller, name), private=True),))


async def _cancelled(teller: Teller, name: str) -> OrderTold:
    found = await known(teller, name)
    said = await teller.cancel(found)
    if not isinstance(said, Ack):
        raise NotDone(f"{teller.venue} does not cancel it: {said.reason}")
    return await _seen(teller, found.order_id, until_final=True) or found


def cancel_all(endpoint: Endpoint, market: str | None, *, yes: bool) -> Answer:
    """End all orders that are alive, or say which."""
    return ask(endpoint, lambda teller: _all_cancelled(teller, market, yes), private=True)


async def _all_cancelled(teller: Teller, market: str | None, yes: bool) -> Answer:
    alive = await teller.orders(market)
    if not yes or not alive:
        return told(alive, ("nothing was cancelled: --yes cancels these, the fleet's too",) if alive else ())
    said = await teller.cancel_all(market)
    if not isinstance(said, Ack):
        raise NotDone(f"{teller.venue} does not cancel them: {said.reason}")
    return told([await _seen(teller, one.order_id, until_final=True) or one for one in alive])
