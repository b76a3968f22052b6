"""Both venues' published request budgets: points per window and key, and what dYdX says in headers and in a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from common.sim.server import texts
from common.sim.server.plain import NS_PER_MS, NS_PER_SECOND
from common.sim.types import PlaceRequest

TOO_MANY = "Too many requests"
TARGET_NOTIONAL = Decimal(40_000)
COST_MAX = 100
COST_MIN_RESTING, COST_MIN_TAKING = 4, 20


@dataclass(frozen=True, slots=True)
class Budget:
    """So many points in so many seconds, for each key."""

    points: int
    window_s: int = 10


#: dYdX: GETs of one address; orders and cancels of an account by market; active orders; other writes; subscriptions of
#: one connection
GET = Budget(175)
ACTIVE = Budget(175)
OTHER_WRITES = Budget(10, 60)
SUBSCRIBE = Budget(2, 1)
#: ApeX (its successor's): everything of one address, what an account reads and writes
APEX_ADDRESS = Budget(600, 60)
APEX_GET = Budget(600, 60)
APEX_POST = Budget(300, 60)
PLACE = Budget(1750)
CANCEL_ONE = Budget(250)
CANCEL_ALL = Budget(3)
CANCEL_ACTIVE = Budget(425)


def place_cost(order: PlaceRequest) -> int:
    """Points that an order costs: the smaller its notional the dearer; the most when it waits for a price."""
    if order.trigger is not None:
        return COST_MAX
    share = (TARGET_NOTIONAL / (order.size * order.price)).to_integral_value(ROUND_CEILING)
    least = COST_MIN_RESTING if order.kind == "LIMIT" and order.lifetime == "GTT" else COST_MIN_TAKING
    return min(COST_MAX, max(least, int(share)))


def active_cost(query: Mapping[str, str]) -> int:
    """Points that reading active orders costs: the less is named the dearer."""
    return 1 if "id" in query else 3 if "side" in query else 5


def cancel_active_cost(query: Mapping[str, str]) -> int:
    """The same for cancelling them."""
    return 1 if "id" in query else 25 if "side" in query else 50


@dataclass(frozen=True, slots=True)
class Meter:
    """What a request left of its budget."""

    allowed: bool
    limit: int
    remaining: int
    reset_ns: int
    now_ns: int

    def headers(self) -> Mapping[str, str]:
        """The RateLimit headers; Retry-After, in ms, only with a refusal."""
        said = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_ns // NS_PER_MS),
        }
        if not self.allowed:
            said["Retry-After"] = str((self.reset_ns - self.now_ns) // NS_PER_MS)
        return said


class Limits:
    """Fixed windows of points spent; a window begins with the first request after the last one ended."""

    def __init__(self) -> None:
        self._spent: dict[tuple[Budget, str, str], tuple[int, int]] = {}

    def spend(self, budget: Budget, what: str, key: str, *, cost: int, now_ns: int) -> Meter:
        """Take `cost` points if they are there; keys are few (verbs times markets times accounts)."""
        begun_ns, spent = self._spent.get((budget, what, key), (now_ns, 0))
        if now_ns - begun_ns >= budget.window_s * NS_PER_SECOND:
            begun_ns, spent = now_ns, 0
        allowed = spent + cost <= budget.points
        spent += cost if allowed else 0
        self._spent[budget, what, key] = (begun_ns, spent)
        reset_ns = begun_ns + budget.window_s * NS_PER_SECOND
        return Meter(allowed, budget.points, budget.points - spent, reset_ns, now_ns)


def too_many() -> texts.No:
    """The 429 of the API itself (its exact text was never published)."""
    return texts.dydx(TOO_MANY, status=429)
