"""The fair price of one market and how far the two venues stand apart. Floats, stepped every 50 ms.

The fair price is a random walk. The basis (ApeX over dYdX, basis points) = a fixed offset + a slow and a fast part
that return to zero + jumps that die away. It is split evenly: dYdX stands half of it below the fair price, ApeX half
above, for neither venue is the right one. One of the two sees the fair price late. Knows no books and no ticks.
The jumps are a demo's, far beyond what was recorded.
"""

import math
from collections import deque
from dataclasses import dataclass
from random import Random
from typing import Any

from common.core.market import Venue
from common.sim.habits import NATURES

STEP_NS = 50_000_000
_STEP_S = STEP_NS / 1e9
BPS = 1e4
WALK_BPS = 1.2  # of the fair price, per square root of a second
OFFSET_BPS = (1.0, 3.0)
SLOW_BPS, SLOW_HALF_S = 2.0, 300.0
FAST_BPS, FAST_HALF_S = 0.7, 1.5
JUMPS_PER_MINUTE = 1.5
JUMPS_UP = 0.7
JUMP_LOG_SD = 0.3
JUMP_HALF_S, LONG_JUMP_HALF_S = 6.0, 300.0
LONG_JUMPS = 0.1
TRAIL_S = (0.2, 1.0)


def _kept(half_life_s: float) -> float:
    """The share that is left after one step."""
    return float(0.5 ** (_STEP_S / half_life_s))


def _kick(sd: float, kept: float) -> float:
    """The noise per step that keeps the spread of a returning part at `sd`."""
    return sd * math.sqrt(1 - kept * kept)


_SLOW_KEPT, _FAST_KEPT = _kept(SLOW_HALF_S), _kept(FAST_HALF_S)
_SLOW_KICK, _FAST_KICK = _kick(SLOW_BPS, _SLOW_KEPT), _kick(FAST_BPS, _FAST_KEPT)
_JUMP_KEPT, _LONG_JUMP_KEPT = _kept(JUMP_HALF_S), _kept(LONG_JUMP_HALF_S)
_WALK_SD = WALK_BPS / BPS * math.sqrt(_STEP_S)


@dataclass(frozen=True, slots=True)
class Traits:
    """What stays the same for one seed and market: the offset in bps, who trails, and by how many steps."""

    offset_bps: float
    trailing: Venue
    trail_steps: int


def draw_traits(seed: int, market: str) -> Traits:
    """The traits of `market` under `seed`."""
    rng = Random(f"{seed}/{market}/traits")
    offset = rng.uniform(*OFFSET_BPS) * rng.choice((-1, 1))
    return Traits(offset, rng.choice(tuple(Venue)), round(rng.uniform(*TRAIL_S) / _STEP_S))


class Basis:
    """One market's fair price and basis; `steps` counts since the very first start, restarts included."""

    def __init__(self, market: str, *, seed: int, jumps: float, state: dict[str, Any] | None = None) -> None:
        self.traits = draw_traits(seed, market)
        self._nature = NATURES[market]
        self._jump_chance = JUMPS_PER_MINUTE * jumps / 60 * _STEP_S
        self.steps = int(state["steps"]) if state else 0
        #: the randomness of each run goes on from where the walk stood, so that a restart does not repeat it
        self._rng = Random(f"{seed}/{market}/{self.steps}")
        self._trail: deque[float] = deque([self._nature.price], maxlen=self.traits.trail_steps + 1)
        self.slow, self.fast = self._rng.gauss(0, SLOW_BPS), self._rng.gauss(0, FAST_BPS)
        self.jump = self.long_jump = 0.0
        self.jumps_seen = self.jumps_up = 0
        if state:
            self._trail.extend(state["trail"])
            self.slow, self.fast = state["slow"], state["fast"]
            self.jump, self.long_jump = state["jump"], state["long_jump"]

    def advance(self, steps: int) -> None:
        """Walk on by `steps` steps of 50 ms."""
        rng, price = self._rng, self._trail[-1]
        for _ in range(steps):
            price *= 1 + rng.gauss(0, _WALK_SD)
            self._trail.append(price)
            self.slow = self.slow * _SLOW_KEPT + rng.gauss(0, _SLOW_KICK)
            self.fast = self.fast * _FAST_KEPT + rng.gauss(0, _FAST_KICK)
            self.jump *= _JUMP_KEPT
            self.long_jump *= _LONG_JUMP_KEPT
            if rng.random() < self._jump_chance:
                self._leap()
        self.steps += steps

    def fair(self, venue: Venue) -> float:
        """The fair price in USD as `venue` sees it: late at the one that trails."""
        return self._trail[0] if venue is self.traits.trailing else self._trail[-1]

    def mid(self, venue: Venue) -> float:
        """Where `venue` quotes around, USD."""
        half = self.bps / 2 / BPS
        return self.fair(venue) * (1 + half if venue is Venue.APEX else 1 - half)

    @property
    def bps(self) -> float:
        """The basis now: ApeX over dYdX, basis points."""
        return self.traits.offset_bps + self.slow + self.fast + self.jump + self.long_jump

    def state(self) -> dict[str, Any]:
        """What a restart needs to go on from here (JSON-able)."""
        return {
            "steps": self.steps,
            "trail": list(self._trail),
            "slow": self.slow,
            "fast": self.fast,
            "jump": self.jump,
            "long_jump": self.long_jump,
        }

    def _leap(self) -> None:
        """A demo jump; upwards ApeX is dearer."""
        size = self._rng.lognormvariate(math.log(self._nature.jump_bps), JUMP_LOG_SD)
        up = self._rng.random() < JUMPS_UP
        self.jumps_seen += 1
        self.jumps_up += up
        if self._rng.random() < LONG_JUMPS:
            self.long_jump += size if up else -size
        else:
            self.jump += size if up else -size
