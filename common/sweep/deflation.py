"""How much the best of many tries means: the deflated Sharpe ratio. Pure.

After D. H. Bailey and M. López de Prado, "The Deflated Sharpe Ratio: Correcting for Selection Bias, Backtest
Overfitting and Non-Normality", Journal of Portfolio Management 40 (5), 2014, pages 94-107, and their "The Sharpe Ratio
Efficient Frontier", Journal of Risk 15 (2), 2012 (probabilistic Sharpe ratio, least length of a track record).

The best of N tries without any skill still shows the Sharpe ratio that the largest of N draws would be expected to
show. The deflated Sharpe ratio is the probability that the true one lies above that, given how long was looked and how
lopsided and heavy-tailed the returns were. It needs many returns and many deals: of a few, skewness and kurtosis say
nothing, and neither does this. Tries that resemble each other are fewer than they count; N then is too large, and the
answer errs to the careful side.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

#: of fewer deals nothing is said: the normal law that the ratio rests on does not hold yet
DEALS_MIN: Final = 30
#: the probability at which one speaks of more than luck
SURE: Final = 0.95
_EULER_MASCHERONI: Final = 0.5772156649015329
_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class Moments:
    """Of returns per period: mean, standard deviation, skewness, kurtosis (3: normal), and how many there were."""

    count: int
    mean: float
    deviation: float
    skewness: float
    kurtosis: float

    @property
    def sharpe(self) -> float:
        """Mean by deviation, per period; 0 where nothing moved."""
        return self.mean / self.deviation if self.deviation else 0.0


@dataclass(frozen=True, slots=True)
class Deflated:
    """The best of `tries`: its Sharpe ratio, the one that luck alone is expected to show, the probability of more.

    `longer` says how many times as long one would have to look, everything else equal, to be sure; None: never.
    """

    tries: int
    sharpe: float
    by_luck: float
    probability: float
    longer: float | None


def moments(returns: Sequence[float]) -> Moments:
    """The four moments of a sample; no skewness and a normal kurtosis where nothing moved."""
    count = len(returns)
    mean = math.fsum(returns) / count
    second, third, fourth = (math.fsum((r - mean) ** power for r in returns) / count for power in (2, 3, 4))
    if second <= 0 or count < 2:
        return Moments(count, mean, 0.0, 0.0, 3.0)
    deviation = math.sqrt(second * count / (count - 1))
    return Moments(count, mean, deviation, third / second**1.5, fourth / second**2)


def best_by_luck(sharpes: Sequence[float]) -> float:
    """The expected greatest Sharpe ratio of so many tries without skill that differ as much as these do."""
    tries = len(sharpes)
    if tries < 2:
        return 0.0
    mean = math.fsum(sharpes) / tries
    variance = math.fsum((s - mean) ** 2 for s in sharpes) / (tries - 1)
    high = _NORMAL.inv_cdf(1 - 1 / tries)
    higher = _NORMAL.inv_cdf(1 - 1 / (tries * math.e))
    return math.sqrt(variance) * ((1 - _EULER_MASCHERONI) * high + _EULER_MASCHERONI * higher)


def probability_above(of: Moments, threshold: float) -> float:
    """The probabilistic Sharpe ratio: that the true Sharpe ratio is above `threshold`."""
    if of.count < 2 or not of.deviation:
        return 0.0
    return _NORMAL.cdf((of.sharpe - threshold) * math.sqrt(of.count - 1) / math.sqrt(_spread(of)))


def _spread(of: Moments) -> float:
    """The variance of the estimate, times the number of returns less one; it is never negative for real samples."""
    return max(1 - of.skewness * of.sharpe + (of.kurtosis - 1) / 4 * of.sharpe**2, 1e-12)


def deflate(best: Moments, sharpes: Sequence[float]) -> Deflated:
    """The best of several tries, whose Sharpe ratios (its own among them) are `sharpes`."""
    by_luck = best_by_luck(sharpes)
    return Deflated(len(sharpes), best.sharpe, by_luck, probability_above(best, by_luck), _longer(best, by_luck))


def _longer(best: Moments, by_luck: float) -> float | None:
    beyond = best.sharpe - by_luck
    if beyond <= 0:
        return None
    least = 1 + _spread(best) * (_NORMAL.inv_cdf(SURE) / beyond) ** 2
    return least / best.count
