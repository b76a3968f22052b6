"""The real world of a worker: both orders written before anything else happens, signatures ahead one at a time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, cast

import pytest

from common.core.errors import LocalError
from common.core.market import Side, Venue
from common.core.order import Ack, Lifetime, NotSent, Order, Purpose
from common.live import LiveWorld

Play = Callable[[LiveWorld, list[str]], Awaitable[None]]


class Desk:
    """Writes down what it is asked for; what it signed once it does not sign again."""

    def __init__(self, venue: Venue, said: list[str]) -> None:
        self.venue, self._said, self._signed = venue, said, set[str]()

    def prepare(self, order: Order) -> bytes:
        self._said.append(f"prepare {order.client_id}")
        return b""

    def prepare_ahead(self, order: Order) -> bool:
        if order.client_id == "off the grid":
            raise LocalError("off the grid")
        is_new = order.client_id not in self._signed
        self._signed.add(order.client_id)
        self._said.append(f"{'sign' if is_new else 'know'} {order.client_id}")
        return is_new

    def send(self, order: Order, _: bytes) -> Any:
        self._said.append(f"write {order.client_id}")

        async def answer() -> Ack | NotSent:
            return Ack(order.client_id)

        return answer()


def order(name: str, venue: Venue = Venue.DYDX) -> Order:
    one = Decimal(1)
    return Order(name, "x-BTC-1", venue, "BTC", Side.BUY, Purpose.OPEN, one, one, Lifetime.FOK, False, 1)


def played(play: Play) -> list[str]:
    said: list[str] = []

    async def run() -> None:
        desks = {venue: cast(Any, Desk(venue, said)) for venue in Venue}
        world = LiveWorld(desks, {}, logging.getLogger("test"))
        await play(world, said)

    asyncio.run(run())
    return said


async def turns(number: int) -> None:
    """Let the loop go round so often."""
    for _ in range(number):
        await asyncio.sleep(0)


def test_both_orders_are_written_before_the_caller_goes_on_and_answered_later() -> None:
    async def play(world: LiveWorld, said: list[str]) -> None:
        heard = asyncio.Event()
        world.hear = lambda event: said.append(f"hear {cast(Any, event).client_id}") or heard.set()  # type: ignore[func-returns-value]
        world.send((order("a"), order("b", Venue.APEX)))
        said.append("back")
        await heard.wait()

    assert played(play) == ["prepare a", "prepare b", "write a", "write b", "back", "hear a", "hear b"]


def test_a_pair_is_signed_in_the_next_turns_of_the_loop_and_never_at_once() -> None:
    async def play(world: LiveWorld, said: list[str]) -> None:
        world.sign((order("a"), order("b", Venue.APEX)))
        said.append("back")
        await turns(1)
        said.append("turn")
        await turns(5)

    assert played(play) == ["back", "sign a", "turn", "sign b"]


def test_only_what_was_named_last_is_signed() -> None:
    async def play(world: LiveWorld, said: list[str]) -> None:
        world.sign(tuple(order(name) for name in "abcd"))
        await turns(2)
        world.sign((order("a"), order("z")))
        await asyncio.sleep(0.05)

    said = played(play)
    assert said[0] == "sign a" and said[-2:] == ["know a", "sign z"] and not {"sign c", "sign d"} & set(said)


def test_between_two_signatures_the_loop_has_its_turn_and_more_than_a_pair_waits_longer() -> None:
    async def play(world: LiveWorld, said: list[str]) -> None:
        world.sign(tuple(order(name) for name in "abcd"))
        await turns(50)
        said.append("soon")
        while "sign d" not in said:  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    said = played(play)
    assert said[:3] == ["sign a", "sign b", "soon"] and said[3:] == ["sign c", "sign d"]


def test_an_order_that_cannot_be_signed_ahead_fails_the_worker_as_it_would_when_sent() -> None:
    async def play(world: LiveWorld, said: list[str]) -> None:
        world.sign((order("off the grid"), order("b")))
        with pytest.raises(LocalError):
            await world.failure

    played(play)
