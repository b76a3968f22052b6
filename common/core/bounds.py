"""What a number a person chose may be, written beside its type: `Annotated[Decimal, Within(0, 1)]`. Pure.

A class of settings checks itself with `refuse_wrong` when it is built, and then tells everything that is wrong, not
only the first. Knows no file and no table: whoever reads arb.toml says where a number stands.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from common.core.errors import ConfigError

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Within:
    """A number from `least` to `most`, in arb.toml's unit; `open_` leaves `least` itself out; `why` says what else."""

    least: str
    most: str
    open_: bool = False
    why: str = ""

    def refuse(self, value: Decimal) -> str | None:
        """Why `value` is outside, as what it must be; None when it is inside."""
        least, most = Decimal(self.least), Decimal(self.most)
        if least <= value <= most and not (self.open_ and value == least):
            return None
        lower = f"above {self.least}" if self.open_ else f"at least {self.least}"
        return f"must be {lower} and at most {self.most}{self.why and f': {self.why}'}"


#: the bounds are wide: they keep out what can only be a slip, and what no sum could carry
Positive = Annotated[Decimal, Within("0", "1000000000", open_=True)]
Bps = Annotated[Decimal, Within("0", "10000")]
#: a threshold of what is kept after all fees: below 0 is below the fees
NetBps = Annotated[
    Decimal, Within("0", "10000", why="all fees are off already, and below 0 a deal keeps less than they cost")
]
SignedBps = Annotated[Decimal, Within("-10000", "10000")]
Share = Annotated[Decimal, Within("0", "1")]
Fraction = Annotated[Decimal, Within("0", "0.999", open_=True)]
Leverage = Annotated[Decimal, Within("0", "100", open_=True)]
Count = Annotated[int, Within("1", "1000000")]
#: some three years
DurationNs = Annotated[int, Within("0", "100000000")]
PatienceNs = Annotated[int, Within("1", "100000000")]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with the first of these fields; the others are those that it was held against."""

    keys: tuple[str, ...]
    says: str


class Invalid(ConfigError):
    """Settings that cannot be: a sentence for each thing that is wrong, and the same as values."""

    def __init__(self, name: str, values: object, wrongs: tuple[Wrong, ...]) -> None:
        self.wrongs, self._values = wrongs, values
        super().__init__(*(f"{name}.{key_of(w.keys[0])} = {self.shown(w)} {w.says}" for w in wrongs))

    def shown(self, wrong: Wrong) -> str:
        """The value that is wrong, as arb.toml has it."""
        return shown(wrong.keys[0], getattr(self._values, wrong.keys[0]))


def refuse_wrong(name: str, values: object, more: Iterable[Wrong] = ()) -> None:
    """Invalid when a field of `values` is out of its bounds, or `more` is wrong with it; `name` is its table's."""
    wrongs = (*_outside(values), *more)
    if wrongs:
        raise Invalid(name, values, wrongs)


def not_above(values: object, lower: str, upper: str) -> Iterator[Wrong]:
    """That one field is above another."""
    if getattr(values, lower) > getattr(values, upper):
        bound = f"{key_of(upper)} ({shown(upper, getattr(values, upper))})"
        yield Wrong((lower, upper), f"must not be above {bound}: lower it, or raise {key_of(upper)}")


def key_of(field: str) -> str:
    """The field's key in arb.toml: what is held in `_ns` is written in `_s`."""
    return f"{field.removesuffix('_ns')}_s" if field.endswith("_ns") else field


def shown(field: str, value: Any) -> str:
    """A field's value as arb.toml has it."""
    if isinstance(value, tuple):
        return f"[{', '.join(_shown_row(row) for row in value)}]"
    if field.endswith("_ns") and isinstance(value, int):
        value = Decimal(value) / SECOND_NS
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _shown_row(row: Any) -> str:
    return f"[{', '.join(shown(field.name, getattr(row, field.name)) for field in fields(row))}]"


def _outside(values: object) -> Iterator[Wrong]:
    kind: Any = type(values)
    for name, bounds in bounds_of(kind).items():
        value = Decimal(getattr(values, name))
        says = bounds.refuse(value / SECOND_NS if name.endswith("_ns") else value)
        if says is not None:
            yield Wrong((name,), says)


@cache
def bounds_of(kind: Any) -> Mapping[str, Within]:
    """Field → its bounds, for those that have any."""
    found = {}
    for name, hint in hints_of(kind).items():
        if get_origin(hint) is Annotated:
            found[name] = next(bound for bound in get_args(hint)[1:] if isinstance(bound, Within))
    return found


@cache
def hints_of(kind: Any) -> Mapping[str, Any]:
    """Field → its type with what is annotated, in the order of the fields."""
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: hints[field.name] for field in fields(kind)}
