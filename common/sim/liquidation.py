"""What befalls an account without an order of its own: positions taken over because it can no longer carry them, sold
into the book; closed against somebody else's liquidation; executions that the chain did not let through, taken back."""

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
    key = _key(step, account_id, market)
    fill = step.execution(account_id, market, side, (take.tick, take.steps), "TAKER")
    step.book_fill(replace(fill, fill_id=ids.fill_id(step.setup.venue, "forced", *key)))
    step.print(market, side, take, key=key, liquidation=True)


def _key(step: Step, account_id: str, market: str) -> tuple[str, str, int, int]:
    """No order names a forced fill: moment and count do, so that two of one moment differ, across a restart too."""
    earlier = sum(1 for old in step.store.fills_of(account_id, None, None) if old.order_id is None)
    return account_id, market, step.now_ns, earlier


def deleverage(step: Step, account_id: str, market: str, size: Decimal) -> None:
    """Close up to `size` of a position at the index price, without a fee, past the book."""
    position, index = step.store.accounts[account_id].size(market), step.books[market].index
    instrument = step.setup.listings[market].instrument
    steps, tick = instrument.steps(min(size, abs(position))), int(index / instrument.tick)
    if not steps or not tick:
        return
    side = Side.SELL if position > 0 else Side.BUY
    fill = step.execution(account_id, market, side, (tick, steps), "TAKER")
    fill_id = ids.fill_id(step.setup.venue, "forced", *_key(step, account_id, market))
    step.book_fill(replace(fill, fill_id=fill_id, kind="DELEVERAGED", fee=Decimal("0.000000")))


def take_back(step: Step, account_id: str, fill_id: str) -> bool:
    """Undo an execution that stands; its order says nothing else than before. False when there is none."""
    standing_now = (f for f in step.store.fills_of(account_id, None, None) if f.failed_ns is None)
    fill = next((f for f in standing_now if f.fill_id == fill_id), None)
    if fill is None:
        return False
    step.book_fill(replace(fill, failed_ns=step.now_ns))
    if fill.order_id is not None:
        step.keep(replace(step.store.orders[fill.order_id], changed_ns=step.now_ns))
    return True
