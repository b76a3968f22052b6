"""What is tried: `edge_min_bps=1,3,5 size=0.5x,1x` → cells, each with the settings that arb.toml would have had.

A key of [strategy] holds for every market and outranks the market's own table. Everything is judged as if it stood
in the file, so a value that arb.toml would refuse is refused here in the same words, before anything is run.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from itertools import product
from typing import Any, Final, TypeAlias, get_args

from common.core.bounds import hints_of, key_of
from common.core.errors import ConfigError
from common.core.terms import Terms
from common.settings import Cap, Change, FleetLimits, Settings

SIZE: Final = "size"
#: what has no single value, names the market, or is no setting of a person
_LEFT_OUT: Final = frozenset({"market", "size", "start_wait_s", "unwind"})
CELLS_MAX: Final = 10_000
Load: TypeAlias = Callable[[Change], Settings]


@dataclass(frozen=True, slots=True)
class Axis:
    """One key and the values that are tried, as they were written."""

    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One choice of a value for every axis, in their order, and what arb.toml would then be."""

    values: tuple[str, ...]
    config: Settings


@dataclass(frozen=True, slots=True)
class Grid:
    """Every cell that can be; `impossible` are those that arb.toml would refuse, each with its reason."""

    axes: tuple[Axis, ...]
    cells: tuple[Cell, ...]
    impossible: tuple[tuple[str, str], ...] = field(default=())


def keys() -> dict[str, str]:
    """Every key that can be tried → the table of arb.toml it belongs into."""

    def of(table: str, kind: Any) -> dict[str, str]:
        return {key: table for name in hints_of(kind) if (key := key_of(name)) not in _LEFT_OUT}

    return {SIZE: "markets", **of("strategy", Terms), **of("cap", Cap), **of("limits", FleetLimits)}


def axes_of(words: Iterable[str]) -> tuple[Axis, ...]:
    """The axes that `key=value,value` words name; ConfigError for what is none."""
    found: dict[str, Axis] = {}
    for word in words:
        axis = _axis(word)
        if axis.key in found:
            raise ConfigError(f"--grid names {axis.key} twice: give all its values in one place")
        found[axis.key] = axis
    if not found:
        raise ConfigError("--grid names nothing to try, for example --grid edge_min_bps=1,3,5 level=2,4")
    return tuple(found.values())


def _axis(word: str) -> Axis:
    key, equals, given = word.partition("=")
    values = tuple(value.strip() for value in given.split(",") if value.strip())
    if not equals or not values:
        raise ConfigError(f"--grid {word}: write a key and its values, for example edge_min_bps=1,3,5")
    key = key.strip().removeprefix(f"{keys().get(key.strip().rpartition('.')[2], '')}.")
    if key not in keys():
        raise ConfigError(f"--grid {word}: {_unknown(key)}")
    if len(set(values)) < len(values):
        raise ConfigError(f"--grid {word}: the same value stands there twice")
    return Axis(key, values)


def _unknown(key: str) -> str:
    if key == "unwind":
        return "unwind is a table of rows; only keys with one value can be tried"
    near = get_close_matches(key, keys(), 1) or [known for known in keys() if key in known]
    meant = f"Do you mean {' or '.join(near)}? " if near and key else ""
    return f"{key} is no key that can be tried. {meant}These can: {', '.join(sorted(keys()))}"


def make_grid(axes: Sequence[Axis], base: Settings, load: Load, markets: Sequence[str]) -> Grid:
    """Every combination, loaded; ConfigError for a value that can stand in none of them."""
    number = _count(axes)
    if number > CELLS_MAX:
        raise ConfigError(f"--grid makes {number:,} cells, and {CELLS_MAX:,} are the most: give fewer values")
    cells, impossible = list[Cell](), dict[tuple[str, ...], ConfigError]()
    for values in product(*(axis.values for axis in axes)):
        try:
            cells.append(Cell(values, load(_change(axes, values, base, markets))))
        except ConfigError as error:
            impossible[values] = error
    _refuse_hopeless(axes, cells, impossible)
    told = tuple((named(axes, values), str(error.args[0])) for values, error in impossible.items())
    return Grid(tuple(axes), tuple(cells), told)


def _count(axes: Sequence[Axis]) -> int:
    number = 1
    for axis in axes:
        number *= len(axis.values)
    return number


def _refuse_hopeless(
    axes: Sequence[Axis], cells: Sequence[Cell], impossible: Mapping[tuple[str, ...], ConfigError]
) -> None:
    """A value is wrong by itself when no cell that has it can be; its first refusal says why."""
    wrong = dict[str, None]()
    for n, axis in enumerate(axes):
        for value in axis.values:
            if not any(cell.values[n] == value for cell in cells):
                error = next(error for values, error in impossible.items() if values[n] == value)
                wrong |= dict.fromkeys(f"--grid: {sentence}" for sentence in error.args[:1])
    if wrong:
        raise ConfigError(*wrong)


def only(markets: Sequence[str]) -> Change:
    """arb.toml with the tables of these markets alone."""

    def change(tables: dict[str, Any]) -> dict[str, Any]:
        own = tables.get("markets", {})
        return {**tables, "markets": {name: own[name] for name in markets if name in own}}

    return change


def named(axes: Sequence[Axis], values: Sequence[str]) -> str:
    """A cell in words."""
    return " ".join(f"{axis.key}={value}" for axis, value in zip(axes, values, strict=True))


def _change(axes: Sequence[Axis], values: Sequence[str], base: Settings, markets: Sequence[str]) -> Change:
    """arb.toml with the values of one cell in it."""
    places, given = keys(), {axis.key: value for axis, value in zip(axes, values, strict=True)}
    strategy = {key: value for key, value in given.items() if places[key] == "strategy"}

    def change(tables: dict[str, Any]) -> dict[str, Any]:
        changed = only(markets)(tables)
        for table in ("cap", "limits", "strategy"):
            own = {key: _value(key, value) for key, value in given.items() if places[key] == table}
            changed[table] = {**changed.get(table, {}), **own}
        changed["markets"] = {
            name: {key: value for key, value in own.items() if key not in strategy}
            for name, own in changed["markets"].items()
        }
        if SIZE in given:
            for name, size in _sizes(given[SIZE], base, list(changed["markets"])).items():
                changed["markets"][name][SIZE] = size
        return changed

    return change


def _value(key: str, text: str) -> object:
    """A number as TOML has it where it is one, so that a word where a number belongs is told as such."""
    kinds: tuple[Any, ...] = (Terms, Cap, FleetLimits)
    hints = {key_of(name): hint for kind in kinds for name, hint in hints_of(kind).items()}
    kind = (get_args(hints[key]) or (hints[key],))[0]
    return text if isinstance(kind, str) else _number(text)


def _number(text: str) -> object:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _sizes(text: str, base: Settings, markets: Sequence[str]) -> dict[str, str]:
    """The size of each market: `2x` is twice its own, a plain number is a size, of one market alone."""
    if text.endswith("x"):
        factor = _number(text[:-1])
        if not isinstance(factor, Decimal) or not factor.is_finite() or factor <= 0:
            raise ConfigError(f"{text} is no factor: write 0.5x, 1x, 2x")
        return {name: _plain(base.markets[name].size * factor) for name in markets}
    if len(markets) > 1:
        raise ConfigError(
            f"{text} is a size of one market, and there are {len(markets)}: write a factor of each market's own "
            f"size, for example 0.5x,1x,2x, or choose one with --market"
        )
    return dict.fromkeys(markets, text)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
