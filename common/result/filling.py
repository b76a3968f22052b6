"""How full the fleet was: live deals against the level, what was held against the cap, how soon it got there. Pure.

Counts follow from the journal alone. What was held against the cap at each moment only telemetry knows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from common.core.market import Direction
from common.ledger.story import Earlier
from common.result.lives import Life
from common.telemetry.rows import FleetRow

#: (since when, live deals of +1, of −1)
Counts: TypeAlias = tuple[tuple[int, int, int], ...]
#: the cap counts as reached when so much of it is held: another deal would seldom fit
FULL = Decimal("0.9")


@dataclass(frozen=True, slots=True)
class Filling:
    """`mean_live` is weighted by time; `to_level_ns`: from the first reservation until a direction was full.

    Shares of the cap are of the looks that telemetry has; None where it has none, or where a bound was never reached.
    """

    level: int | None
    most_plus: int
    most_minus: int
    mean_live: Decimal
    to_level_ns: int | None
    cap_mean: Decimal | None
    cap_most: Decimal | None
    to_cap_ns: int | None


def filling(lives: Sequence[Life], counts: Counts, fleet: Sequence[FleetRow], level: int | None, to_ns: int) -> Filling:
    """Everything about how full it was until `to_ns`."""
    begun_ns = min((life.deal.opened_ns for life in lives), default=None)
    full = (at_ns for at_ns, *live in counts if level and max(live) >= level)
    shares = [(row.at_ns, Decimal(row.held_uusd) / row.cap_uusd) for row in fleet if row.cap_uusd]
    capped = (at_ns for at_ns, share in shares if share >= FULL and (begun_ns is None or at_ns >= begun_ns))
    return Filling(
        level=level,
        most_plus=max((plus for _, plus, _ in counts), default=0),
        most_minus=max((minus for _, _, minus in counts), default=0),
        mean_live=_mean(counts, to_ns),
        to_level_ns=_since(begun_ns, next(full, None)),
        cap_mean=sum((share for _, share in shares), Decimal(0)) / len(shares) if shares else None,
        cap_most=max((share for _, share in shares), default=None),
        to_cap_ns=_since(begun_ns, next(capped, None)),
    )


def _since(begun_ns: int | None, at_ns: int | None) -> int | None:
    return None if begun_ns is None or at_ns is None else at_ns - begun_ns


def counts(lives: Iterable[Life], earlier: Iterable[Earlier], from_ns: int) -> Counts:
    """Live deals by direction after each change."""
    changes: list[tuple[int, Direction, int]] = []
    for one in earlier:
        changes.append((from_ns, one.direction, 1))
        changes += [(one.ended_ns, one.direction, -1)] if one.ended_ns is not None else []
    for life in lives:
        changes.append((life.deal.opened_ns, life.deal.direction, 1))
        changes += [(life.ended_ns, life.deal.direction, -1)] if life.ended_ns is not None else []
    live = dict.fromkeys(Direction, 0)
    found = []
    # of one moment, what ended comes before what began: the level was never exceeded
    for at_ns, direction, change in sorted(changes, key=lambda c: (c[0], c[2])):
        live[direction] += change
        found.append((at_ns, live[Direction.SELL_APEX], live[Direction.SELL_DYDX]))
    return tuple(found)


def _mean(counts: Counts, to_ns: int) -> Decimal:
    """Live deals of both directions, weighted by how long it was so."""
    if not counts or to_ns <= counts[0][0]:
        return Decimal(0)
    ends = [at_ns for at_ns, _, _ in counts[1:]] + [to_ns]
    area = sum((plus + minus) * (end - at) for (at, plus, minus), end in zip(counts, ends, strict=True))
    return Decimal(area) / (to_ns - counts[0][0])
