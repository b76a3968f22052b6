"""A peer: the way of the scripts that this project replaces, on the same venues. No line of theirs is here.

Both books are polled over REST by the official clients, one after the other; a gap fetches ApeX's whole configuration
once more, rounds with it, signs in pure Python and sends, first there, then at dYdX, each call blocking. In their
favour: the nine markets that one turn went through besides are left out, and instead of a second between two turns it
sleeps for as long as the venues' limits of requests ask for.
"""

import sys
import time
from typing import Any

from common.core.market import Venue
from scripts.benches.peer_keys import APEX_BOOK, APEX_NAME, DYDX_NAME, LIFE_S, SIZE, Given, Trigger

#: dYdX answers 175 GETs in 10 seconds, ApeX 600 of everything in 60
TURN_S = 0.15


def main() -> None:
    """Each line of input is a turn: poll until there is a deal, and send it. No more input is the end."""
    given = Given.read()
    dydx, apex, trigger = given.dydx(), given.apex(), Trigger()
    from apexpro.http_public import HttpPublic

    public = HttpPublic(given.url(Venue.APEX))
    for _ in sys.stdin:
        direction = 0
        while not direction:
            there, here = _apex_touch(public), _dydx_touch(dydx)
            direction = trigger.direction(there, here)
            if direction:
                _apex(apex, direction, there)
                _dydx(dydx, given.position_id, -direction, here)
            time.sleep(TURN_S)


def _apex_touch(public: Any) -> tuple[float, float]:
    depth = public.depth(symbol=APEX_BOOK)["data"]
    return float(depth["b"][0][0]), float(depth["a"][0][0])


def _dydx_touch(client: Any) -> tuple[float, float]:
    book = client.public.get_orderbook(market=DYDX_NAME).data
    return float(book["bids"][0]["price"]), float(book["asks"][0]["price"])


def _apex(client: Any, direction: int, touch: tuple[float, float]) -> None:
    from apexpro.helpers.util import round_size

    listed = client.configs()["data"]["perpetualContract"]
    listing = next(row for row in listed if row["symbol"] == APEX_NAME)
    client.create_order(
        symbol=APEX_NAME,
        side="SELL" if direction > 0 else "BUY",
        type="LIMIT",
        size=round_size(SIZE, listing["stepSize"]),
        price=round_size(str(touch[0] * 0.99 if direction > 0 else touch[1] * 1.01), listing["tickSize"]),
        limitFeeRate=client.account["takerFeeRate"],
        expirationEpochSeconds=time.time() + LIFE_S,
    )


def _dydx(client: Any, position_id: str, direction: int, touch: tuple[float, float]) -> None:
    client.private.create_order(
        position_id=position_id,
        market=DYDX_NAME,
        side="SELL" if direction > 0 else "BUY",
        order_type="LIMIT",
        post_only=False,
        size=SIZE,
        price=str(int(touch[0] * 0.99 if direction > 0 else touch[1] * 1.01)),
        limit_fee="0.0015",
        expiration_epoch_seconds=time.time() + LIFE_S,
    )


if __name__ == "__main__":
    main()
