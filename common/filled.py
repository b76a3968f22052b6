"""A class of settings filled from tables of arb.toml: a new field of the class is a new key, with nothing to add here.

A field's type says how its key is read, its name what the key is called (`calm_ns` is `calm_s` in seconds), its default
what stands when nobody gave it. What the class refuses becomes complaints that name the table the value came from.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from common.core.bounds import SECOND_NS, Invalid, hints_of, key_of
from common.toml_table import Table

Kind = TypeVar("Kind")
#: stands for a value that was complained about and has no default, so that the other keys can still be judged
_PLACEHOLDER = Decimal(1)


def filled(
    kind: type[Kind],
    tables: Sequence[Table],
    *,
    fixed: Mapping[str, Any] | None = None,
    follow: Mapping[str, Any] | None = None,
    needs: Mapping[str, str] | None = None,
) -> Kind | None:
    """An object of `kind`, or None when there was something to complain about.

    The last of `tables` that has a key decides. `fixed` are fields that no key sets, `follow` defaults that follow from
    elsewhere, `needs` keys without a default, each with an example, which the last table alone may have.
    """
    fixed, needs = fixed or {}, needs or {}
    values, bad = {**(follow or {}), **fixed}, set[str]()
    fields: Any = kind
    for name, hint in hints_of(fields).items():
        if name in fixed:
            continue
        for table in tables[-1:] if name in needs else tables:
            _read(table, name, hint, values, bad)
        if name in needs and name not in values and name not in bad:
            tables[-1].missing(name, needs[name])
            bad.add(name)
        if name in needs and name in bad:
            values[name] = _PLACEHOLDER
    try:
        made = kind(**values)
    except Invalid as error:
        _complain(error, tables, values, bad)
        return None
    return None if bad else made


def _read(table: Table, name: str, hint: Any, values: dict[str, Any], bad: set[str]) -> None:
    key = key_of(name)
    table.know(key)
    if not table.has(key):
        return
    value = _value(table, key, hint, seconds=key != name)
    if value is None:
        bad.add(name)
    else:
        values[name] = value


def _value(table: Table, key: str, hint: Any, *, seconds: bool) -> Any:
    kind = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if get_origin(kind) is Literal:
        return table.choice(key, get_args(kind))
    if get_origin(kind) is tuple:
        return _rows(table, key, get_args(kind)[0])
    if kind is str:
        return table.text(key, "")
    if kind is bool:
        return table.flag(key)
    if kind is int and not seconds:
        return table.whole(key)
    number = table.number(key)
    return int(number * SECOND_NS) if seconds and number is not None else number


def _rows(table: Table, key: str, kind: Any) -> tuple[Any, ...] | None:
    """A list of rows, each an object of `kind`: its fields in their order."""
    names = tuple(hints_of(kind))
    rows = table.rows(key, len(names))
    if rows is None:
        return None
    scales = [SECOND_NS if key_of(name) != name else 0 for name in names]
    return tuple(
        kind(*(int(number * scale) if scale else number for number, scale in zip(row, scales, strict=True)))
        for row in rows
    )


def _complain(error: Invalid, tables: Sequence[Table], values: Mapping[str, Any], bad: set[str]) -> None:
    """What the class refused, unless it only follows from a value that could not be read."""
    for wrong in error.wrongs:
        if bad & set(wrong.keys):
            continue
        key = key_of(wrong.keys[0])
        table = next((t for t in reversed(tables) if t.has(key)), tables[0])
        table.complaints.add(table.path(key), error.shown(wrong), wrong.says)
