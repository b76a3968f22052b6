"""The rows of telemetry, and one line of JSON for each. Knows no file and no clock.

A row that another version wrote, or that was cut off, is no row: whoever reads goes on without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeAlias

import orjson

from common.core.account import AccountFacts
from common.core.market import Venue

#: how much more than its size a deal's edge is looked at for
FACTORS: Final = (1, 2, 5, 10, 20, 50, 100)
#: seconds after a fill at which it is looked where the price went
MARKED_S: Final = (1, 5, 30)


@dataclass(frozen=True, slots=True)
class Span:
    """One market for some seconds, which end at `at_ns`.

    `said_ns`: how long the trader said what (its one word for not opening); `begun`: how often it began to say so.
    `edge_bps`: by direction ("+1", "-1") mean and highest of what was looked at each second. `curve_bps`: the edge at
    each of FACTORS times the deal's size at the best of these looks (None: not deep enough). `quotes`: by venue what
    the deal's size would be sold and bought for at the end. `age_ms`: by venue the longest that nothing was heard;
    `lag_ms`: the most that its messages were late by, where that was measured; `lost`: how often its book was lost.
    """

    market: str
    at_ns: int
    for_ns: int
    #: how often the better edge rose above the threshold, whatever came of it
    seen: int
    said_ns: Mapping[str, int]
    begun: Mapping[str, int]
    least_bps: float
    edge_bps: Mapping[str, tuple[float, float]]
    curve_bps: tuple[float | None, ...]
    quotes: Mapping[str, tuple[str, str]]
    age_ms: Mapping[str, int]
    lag_ms: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """A reservation that was refused, and what it would have been worth."""

    market: str
    at_ns: int
    reason: str
    direction: int
    edge_uusd: int


@dataclass(frozen=True, slots=True)
class Sent:
    """One order on its way; `expected`: the average price of the quote it rests on. `took_ns`: since it was decided.

    `reserve_ns`: what of that the ledger took to reserve; 0 where nothing had to be reserved.
    """

    market: str
    at_ns: int
    deal_id: str
    client_id: str
    venue: str
    side: str
    purpose: str
    size: str
    expected: str
    touch: str
    took_ns: int
    reserve_ns: int = 0


@dataclass(frozen=True, slots=True)
class Naked:
    """A deal was uneven for so long, until `at_ns`, as this worker heard it: milliseconds while both legs fill."""

    market: str
    at_ns: int
    deal_id: str
    for_ns: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a venue's middle stood some time after a fill of ours there; `at_ns` is when that was looked at."""

    market: str
    at_ns: int
    venue: str
    client_id: str
    side: str
    price: str
    size: str
    after_s: int
    mid: str


@dataclass(frozen=True, slots=True)
class FleetRow:
    """All markets together: what both accounts are worth and carry, what is held, and the live deals by direction."""

    market: str
    at_ns: int
    equity_uusd: Mapping[str, int]
    gross_uusd: Mapping[str, int]
    held_uusd: int
    cap_uusd: int | None
    plus: int
    minus: int


def fleet_row(
    accounts: Mapping[Venue, AccountFacts], held_and_cap: tuple[int, int | None], live: tuple[int, int], at_ns: int
) -> FleetRow:
    """One look at all markets together; `live` deals are those of +1 and of −1."""
    return FleetRow(
        market="fleet",
        at_ns=at_ns,
        equity_uusd={venue.value: facts.equity_uusd for venue, facts in accounts.items()},
        gross_uusd={venue.value: facts.gross_uusd for venue, facts in accounts.items()},
        held_uusd=held_and_cap[0],
        cap_uusd=held_and_cap[1],
        plus=live[0],
        minus=live[1],
    )


Row: TypeAlias = Span | Refused | Sent | Naked | Mark | FleetRow
KINDS: Final[Mapping[str, type[Row]]] = {
    "span": Span,
    "refused": Refused,
    "sent": Sent,
    "naked": Naked,
    "mark": Mark,
    "fleet": FleetRow,
}
_NAMES: Final = {kind: name for name, kind in KINDS.items()}
_FIELDS: Final = {kind: tuple(own.name for own in fields(kind)) for kind in KINDS.values()}


def line(row: Row) -> bytes:
    """The row as one line."""
    said = {"kind": _NAMES[type(row)]} | {name: getattr(row, name) for name in _FIELDS[type(row)]}
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def row(text: bytes) -> Row | None:
    """The row of a line; None when it is none. What an earlier version did not measure is not in it."""
    try:
        said: dict[str, Any] = orjson.loads(text)
        kind = KINDS[said.pop("kind")]
        return kind(**{name: _frozen(said[name]) for name in _FIELDS[kind] if name in said})
    except (orjson.JSONDecodeError, KeyError, AttributeError, TypeError):
        return None


def _frozen(value: Any) -> Any:
    """Lists as tuples: a row that was read is the row that was written."""
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return {key: _frozen(item) for key, item in value.items()} if isinstance(value, dict) else value
