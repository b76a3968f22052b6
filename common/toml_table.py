"""One table of arb.toml, read key by key. What is wrong goes to the complaints, and reading goes on."""

from decimal import Decimal, InvalidOperation
from typing import Any

from common.complaints import Complaints

_KINDS = {bool: "true or false", dict: "a table", list: "a list"}
#: what is longer is no number that anybody means, and slow to reckon with
_DIGITS_MAX = 30


class Table:
    """One TOML table that remembers which keys were read, so that a misspelt one is a complaint and not ignored.

    Every reader returns None after it has complained.
    """

    def __init__(self, name: str, values: dict[str, Any], complaints: Complaints) -> None:
        self._name, self._values, self._seen = name, values, set[str]()
        self.complaints = complaints

    def names(self) -> list[str]:
        """Its keys."""
        return list(self._values)

    def has(self, key: str) -> bool:
        """Whether a person gave it."""
        return key in self._values

    def table(self, key: str) -> "Table":
        """A table within this one; empty when it is not there."""
        self._seen.add(key)
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            self.complain(key, f"must be a table: write [{self.path(key)}] on a line of its own")
            value = {}
        return Table(self.path(key), value, self.complaints)

    def text(self, key: str, default: str) -> str | None:
        """Text that says something."""
        self._seen.add(key)
        value = self._values.get(key, default)
        if not isinstance(value, str):
            self.complain(key, "must be text in quotes")
            return None
        if not value.strip() or not value.isprintable():
            self.complain(key, "must be text that can be read: write something, or take the key out")
            return None
        return value

    def choice(self, key: str, allowed: tuple[str, ...]) -> str | None:
        """One of these words, the first unless given."""
        value = self.text(key, allowed[0])
        if value is not None and value not in allowed:
            self.complain(key, f"must be one of {', '.join(allowed)}")
            return None
        return value

    def flag(self, key: str) -> bool | None:
        """True or false."""
        self._seen.add(key)
        value = self._values.get(key)
        if not isinstance(value, bool):
            self.complain(key, "must be true or false, without quotes")
            return None
        return value

    def number(self, key: str) -> Decimal | None:
        """A number, exact."""
        self._seen.add(key)
        value = self._values.get(key)
        number = _number(value)
        if number is None:
            kind = _KINDS.get(type(value))
            self.complain(key, f"must be a plain number, not {kind}" if kind else "must be a plain number")
            return None
        return number

    def whole(self, key: str) -> int | None:
        """A whole number."""
        number = self.number(key)
        if number is None:
            return None
        if number != int(number):
            self.complain(key, "must be a whole number")
            return None
        return int(number)

    def rows(self, key: str, columns: int) -> tuple[tuple[Decimal, ...], ...] | None:
        """A list of rows of so many numbers each, exact."""
        self._seen.add(key)
        value = self._values.get(key)
        found = [_numbers(row) for row in value] if isinstance(value, list) else []
        if not found or any(len(row) != columns for row in found):
            self.complain(key, f"must be a list of rows of {columns} numbers each")
            return None
        return tuple(found)

    def complain(self, key: str, says: str) -> None:
        """One key's value is wrong; `says` goes on after it."""
        value = self._values.get(key)
        self.complaints.add(self.path(key), repr(value) if isinstance(value, str) else str(value), says)

    def missing(self, key: str, example: str) -> None:
        """A key that has no default is not there."""
        self._seen.add(key)
        self.complaints.say(f"{self.path(key)} is missing: add {example} under [{self._name}]")

    def know(self, *keys: str) -> None:
        """These keys are asked for elsewhere, or not at all in this case."""
        self._seen.update(keys)

    def done(self) -> None:
        """Complain about keys nobody asked for."""
        self.complaints.table_read(self._name, self._seen, sorted(set(self._values) - self._seen))

    def path(self, key: str) -> str:
        """The key with its tables."""
        return f"{self._name}.{key}" if self._name else key


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    plain = (
        number.is_finite() and len(number.as_tuple().digits) <= _DIGITS_MAX and abs(number.adjusted()) <= _DIGITS_MAX
    )
    return number if plain or number.is_zero() else None


def _numbers(row: object) -> tuple[Decimal, ...]:
    """The numbers of a row; a row that has anything else is too short to be one."""
    return tuple(n for cell in row if (n := _number(cell)) is not None) if isinstance(row, list) else ()
