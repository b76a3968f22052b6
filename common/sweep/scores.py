"""What one replay, and several of one cell, came to. Pure; money in whole micro-USD."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from common.replay.run import DealResult
from common.sweep.deflation import Moments, moments
from common.sweep.job import Result


@dataclass(frozen=True, slots=True)
class Score:
    """Of all deals that filled, those closed at the book at the tape's end included; `reserved` counts the others, too.

    `pnl_uusd` is after fees and funding. `moments` are those of the equity's changes per period, both venues marked to
    close.
    """

    reserved: int
    deals: int
    missed: int
    closed_at_end: int
    pnl_uusd: int
    fees_uusd: int
    funding_uusd: int
    notional_uusd: int
    drawdown_uusd: int
    moments: Moments

    @property
    def pnl_bps(self) -> float | None:
        """What a deal kept of its notional, basis points; None without deals."""
        return 10_000 * self.pnl_uusd / self.notional_uusd if self.notional_uusd else None


def score(results: Sequence[Result]) -> Score:
    """The score of the parts of one cell together; a fall is not added up over parts, since each begins anew."""
    reserved = [deal for result in results for deal in result.deals]
    deals = [deal for deal in reserved if deal.notional_uusd]
    return Score(
        reserved=len(reserved),
        deals=len(deals),
        missed=sum(deal.was_missed for deal in deals),
        closed_at_end=sum(deal.closed_at_end for deal in deals),
        pnl_uusd=sum(pnl_uusd(deal) for deal in deals),
        fees_uusd=sum(deal.fees_uusd for deal in deals),
        funding_uusd=sum(deal.funding_uusd for deal in deals),
        notional_uusd=sum(deal.notional_uusd for deal in deals),
        drawdown_uusd=max((result.drawdown_uusd for result in results), default=0),
        moments=moments([change for result in results for change in changes(result)]),
    )


def pnl_uusd(deal: DealResult) -> int:
    """What a deal kept after fees and funding."""
    return deal.pnl_uusd + deal.funding_uusd


def changes(result: Result) -> list[float]:
    """What each period earned."""
    return [float(after - before) for before, after in pairwise(result.equity_uusd)]
