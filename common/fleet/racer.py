"""One worker of the race: recovers its market, then reserves, fills, settles and closes until it is killed.

Started by race.py as a process of its own: `racer FILE MARKET SEED ROUNDS`. Prints `live …` with what it found
at start, and `end` with what it was refused when it ends by itself.
"""

import os
import random
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

from common import process
from common.core.deal import Deal, DealState
from common.core.events import Answered, Filled, LookedUp
from common.core.market import Direction, Side, Venue
from common.core.order import (
    Absent,
    Fill,
    Found,
    Lifetime,
    Order,
    OrderState,
    Purpose,
    Reject,
    Report,
    reversal,
    standing,
)
from common.ledger.ledger import Ledger, Refusal

SIZE, LIMIT = Decimal("0.001"), Decimal(40_000)
START_NS = 1_700_000_000_000_000_000


class Racer:
    """A trader without prices: dice decide what fills."""

    def __init__(self, ledger: Ledger, market: str, dice: random.Random) -> None:
        self.ledger, self.market, self.dice = ledger, market, dice
        self.refused: Counter[str] = Counter()

    def finish(self, deal: Deal) -> None:
        """Ask for every order whose fate is open, then bring the deal to rest."""
        for order in deal.orders:
            if order.state is not OrderState.DONE:
                deal = self.ledger.record(self.fate(order)) or deal
        if deal.fills and self.dice.random() < 0.05:
            deal = self.take_back(deal)
        if deal.net != 0:
            self.finish(self.even(deal))
        elif all(deal.position(venue) == 0 for venue in Venue):
            to = DealState.CLOSED if deal.fills else DealState.VOID
            self.ledger.move(deal.deal_id, to, 0, "flat", START_NS)
        elif deal.state is not DealState.OPEN:
            self.ledger.move(deal.deal_id, DealState.OPEN, 40_000_000, "hedged", START_NS)

    def fate(self, order: Order) -> LookedUp | Answered:
        """Openings fill more often than not, exits always."""
        if order.purpose is Purpose.OPEN and self.dice.random() < 0.3:
            if self.dice.random() < 0.5:
                return Answered(order.client_id, Reject("dice"), START_NS)
            return LookedUp(order.client_id, Absent(proven=True), START_NS)
        fill = Fill(order.venue, f"f-{order.client_id}", order.client_id, order.side, LIMIT, order.size, 20_000, 1)
        return LookedUp(order.client_id, Found(Report(order.client_id, "v", order.size, True), (fill,)), START_NS)

    def take_back(self, deal: Deal) -> Deal:
        """The venue takes the last fill back; the ledger halts the market, and a person lets it go on."""
        fill = standing(deal.fills)[-1:]
        if fill:
            deal = self.ledger.record(Filled(reversal(fill[0]), START_NS)) or deal
            self.ledger.resume(self.market, "dice", who="race", at_ns=START_NS)
        return deal

    def even(self, deal: Deal) -> Deal:
        """One order that reduces the longer leg."""
        venue = max(Venue, key=lambda v: abs(deal.position(v)))
        return self.ledger.write(deal.deal_id, (self.exit(deal, venue, Purpose.EVEN),), None, "even", START_NS)

    def close(self, deal: Deal) -> Deal:
        """Both legs."""
        exits = tuple(self.exit(deal, venue, Purpose.CLOSE) for venue in Venue)
        return self.ledger.write(deal.deal_id, exits, DealState.CLOSING, "close", START_NS)

    def exit(self, deal: Deal, venue: Venue, purpose: Purpose) -> Order:
        """What reduces the leg at `venue`, whichever way it is open."""
        side = Side.SELL if deal.position(venue) > 0 else Side.BUY
        client_id = f"{deal.deal_id}-{venue}-{purpose.value[0]}{len(deal.orders)}"
        size = abs(deal.position(venue))
        return Order(
            client_id, deal.deal_id, venue, self.market, side, purpose, size, LIMIT, Lifetime.IOC, True, START_NS
        )

    def open(self) -> Deal | Refusal:
        """A new deal in either direction, if there is room."""
        number = self.ledger.next_number(self.market)
        deal_id, direction = f"race-{self.market}-{number}", self.dice.choice(list(Direction))
        orders = tuple(
            Order(
                f"{deal_id}-{venue}-o",
                deal_id,
                venue,
                self.market,
                direction.side_at(venue),
                Purpose.OPEN,
                SIZE,
                LIMIT,
                Lifetime.FOK,
                False,
                START_NS,
            )
            for venue in Venue
        )
        held = self.dice.randint(40, 60) * 1_000_000
        deal = Deal(
            deal_id, self.market, number, direction, SIZE, DealState.OPENING, held, 0, START_NS, START_NS, orders
        )
        return self.ledger.reserve(deal, "dice")

    def round(self) -> None:
        """Mostly open, so that the cap is always in reach."""
        live = self.ledger.live_deals(self.market)
        if live and self.dice.random() < 0.4:
            self.finish(self.close(self.dice.choice(live)))
            return
        result = self.open()
        if isinstance(result, Refusal):
            self.refused[result.reason] += 1
        else:
            self.finish(result)


def main(path: Path, market: str, seed: int, rounds: int) -> None:
    """Recover, then race."""
    process.die_with_parent()
    dice = random.Random(seed)
    with Ledger.open(path, config_hash="race", code_version="1", pid=os.getpid()) as ledger:
        racer = Racer(ledger, market, dice)
        found = ledger.live_deals(market)
        print("live", *(f"{deal.deal_id}={deal.state}={deal.held_uusd}" for deal in found), flush=True)
        for deal in found:
            racer.finish(deal)
        for _ in range(rounds):
            racer.round()
        print("end", *(f"{reason}={count}" for reason, count in racer.refused.items()), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
