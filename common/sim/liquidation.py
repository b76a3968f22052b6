"""Takes over accounts that can no longer carry their positions: orders cancelled, positions sold into the book."""

from dataclasses import replace
from decimal import Decimal

from common.core.market import Side
from common.sim import ids
from common.sim.arrival import standing
from common.sim.matching import Take, Wanted, offers, plan
from common.sim.setup import Ending
from common.sim.step import Step


def liquidate(step: Step, account_id: str) -> None:
    """While equity is below the maintenance margin, close the largest position at the book's prices.

    What the book cannot take stays for the next step. A loss beyond the account's money leaves its balance
    negative: there is no insurance fund here.
    """
    now = standing(step, account_id)
    unknown = any(row.position and not step.books[market].index for market, row in now.markets.items())
    if unknown or not now.health.broke:
        return
    for order in list(step.store.alive(account_id)):
        step.end(order, Ending.TAKEN_OVER)
        step.show(order.request.market)
    rows = sorted(now.markets.items(), key=lambda item: (-abs(item[1].value), item[0]))
    for market, row in rows:
        if row.position and standing(step, account_id).health.broke:
            _close(step, account_id, market, row.position)


def _close(step: Step, account_id: str, market: str, position: Decimal) -> None:
    side = Side.SELL if position > 0 else Side.BUY
    instrument = step.setup.listings[market].instrument
    # A price that every level satisfies: a forced fill takes what the book gives.
    anything = 0 if side is Side.SELL else 10**18
    wanted = Wanted(side, anything, instrument.steps(abs(position)), account_id)
    other = step.books[market].side(side.opposite)
    found = offers(wanted, other.visible(step.now_ns), step.resting(market, side.opposite))
    for take in plan(wanted, found).takes:
        _forced(step, account_id, (market, side, take))
    step.show(market)


def _forced(step: Step, account_id: str, what: tuple[str, Side, Take]) -> None:
    market, side, take = what
    if take.maker:
        step.fill(take.maker.order, take.tick, take.steps, "MAKER")
    else:
        step.books[market].side(side.opposite).take(take.tick, take.steps, step.now_ns)
    # No order names a forced fill: moment and count do, so that two of one moment differ, across a restart too.
    earlier = sum(1 for old in step.store.fills_of(account_id, None, None) if old.order_id is None)
    key = (account_id, market, step.now_ns, earlier)
    fill = step.execution(account_id, market, side, (take.tick, take.steps), "TAKER")
    step.book_fill(replace(fill, fill_id=ids.fill_id(step.setup.venue, "forced", *key)))
    step.print(market, side, take, key=key, liquidation=True)
