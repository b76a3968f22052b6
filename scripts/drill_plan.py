"""Who is struck, how and when: a list made from one seed before the fleet is started. Knows no process."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

#: at most so many workers are killed at the same moment
SEVERAL_MIN, SEVERAL_MAX = 2, 5
FROZEN_MIN_S, FROZEN_MAX_S = 1.0, 5.0
#: an aimed strike falls so long after the rows of an order were seen: before, while and after a venue answers
AIM_MAX_S = 0.4


class Kind(StrEnum):
    """What is done to whom; "mid-order" waits until rows of orders have just been written."""

    WORKER = "kill -9 worker"
    MID_ORDER = "kill -9 worker mid-order"
    SEVERAL = "kill -9 several workers"
    SIM = "kill -9 sim"
    SIM_MID_ORDER = "kill -9 sim mid-order"
    SUPERVISORD = "kill -9 supervisord"
    SUPERVISORD_MID_ORDER = "kill -9 supervisord mid-order"
    FREEZE_WORKER = "freeze worker"
    FREEZE_SIM = "freeze sim"
    FREEZE_SIM_MID_ORDER = "freeze sim mid-order"
    TERM_WORKER = "SIGTERM worker"
    TERM_SIM = "SIGTERM sim"
    WARDEN = "kill -9 warden"
    FREEZE_WARDEN = "freeze warden"
    TERM_WARDEN = "SIGTERM warden"
    DISK_FULL = "disk full"
    DISK_FULL_MID_ORDER = "disk full mid-order"


#: one deck: it is shuffled and dealt to its end before the next, so that two minutes see nearly every kind
DECK = {
    Kind.WORKER: 4,
    Kind.MID_ORDER: 4,
    Kind.SEVERAL: 2,
    Kind.SIM: 1,
    Kind.SIM_MID_ORDER: 2,
    Kind.SUPERVISORD: 1,
    Kind.SUPERVISORD_MID_ORDER: 1,
    Kind.FREEZE_WORKER: 2,
    Kind.FREEZE_SIM: 1,
    Kind.FREEZE_SIM_MID_ORDER: 1,
    Kind.TERM_WORKER: 2,
    Kind.TERM_SIM: 1,
    Kind.WARDEN: 1,
    Kind.FREEZE_WARDEN: 1,
    Kind.TERM_WARDEN: 1,
    Kind.DISK_FULL: 1,
    Kind.DISK_FULL_MID_ORDER: 1,
}


@dataclass(frozen=True, slots=True)
class Strike:
    """One strike, `after_s` seconds after the one before. `markets` names the workers it is meant for, if any.

    `for_s` is how long a process stays frozen or the disk full; `aim_s` how long after the rows of an order a strike
    mid-order falls.
    `at_once`: a killed supervisord is started again while its children still die.
    """

    kind: Kind
    after_s: float
    markets: tuple[str, ...] = ()
    for_s: float = 0.0
    aim_s: float = 0.0
    at_once: bool = False


def plan(seed: int, markets: Sequence[str], seconds: float, every_s: float) -> list[Strike]:
    """The strikes of `seconds`, one every `every_s` on average; the same seed gives the same list."""
    dice = random.Random(seed)
    strikes: list[Strike] = []
    deck: list[Kind] = []
    left_s = seconds
    while True:
        after_s = min(dice.expovariate(1 / every_s), 3 * every_s)
        left_s -= after_s
        if left_s < 0:
            return strikes
        deck = deck or _shuffled(dice)
        strikes.append(_strike(dice, deck.pop(), after_s, markets))


def _shuffled(dice: random.Random) -> list[Kind]:
    deck = [kind for kind, count in DECK.items() for _ in range(count)]
    dice.shuffle(deck)
    return deck


def _strike(dice: random.Random, kind: Kind, after_s: float, markets: Sequence[str]) -> Strike:
    """Draws the same numbers for every kind, so that the kinds may be changed without moving all that follows."""
    some = dice.sample(list(markets), min(len(markets), dice.randint(SEVERAL_MIN, SEVERAL_MAX)))
    for_s, aim_s = dice.uniform(FROZEN_MIN_S, FROZEN_MAX_S), dice.uniform(0, AIM_MAX_S)
    at_once = dice.random() < 0.5
    one_worker = kind in (Kind.WORKER, Kind.FREEZE_WORKER, Kind.TERM_WORKER)
    chosen = some if kind is Kind.SEVERAL else some[:1] if one_worker else []
    return Strike(kind, after_s, tuple(chosen), for_s, aim_s, at_once)
