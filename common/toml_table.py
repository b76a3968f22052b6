"""One table of arb.toml, read key by key. Every complaint names the key (ConfigError)."""

from decimal import Decimal, InvalidOperation
from typing import Any

from common.core.errors import ConfigError


class Table:
    """One TOML table that remembers which keys were read, so that a misspelt one is a complaint and not ignored."""

    def __init__(self, name: str, values: dict[str, Any]) -> None:
        self._name, self._values, self._seen = name, values, set[str]()

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
            raise ConfigError(f"arb.toml: {self._path(key)} must be a table")
        return Table(self._path(key), value)

    def text(self, key: str, default: str) -> str:
        """Text; ConfigError for anything else."""
        self._seen.add(key)
        value = self._values.get(key, default)
        if not isinstance(value, str):
            raise ConfigError(f"arb.toml: {self._path(key)} must be text in quotes, not {value!r}")
        return value

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        """One of these words, the first unless given."""
        value = self.text(key, allowed[0])
        if value not in allowed:
            raise ConfigError(f"arb.toml: {self._path(key)} must be one of {', '.join(allowed)}, not {value}")
        return value

    def number(self, key: str, default: str | None = None) -> Decimal:
        """A number, exact; without a default it must be given."""
        self._seen.add(key)
        value = self._values.get(key, default)
        if value is None:
            raise ConfigError(f"arb.toml: {self._path(key)} is missing")
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise ConfigError(f"arb.toml: {self._path(key)} must be a number, not {value!r}")
        return number

    def done(self) -> None:
        """Complain about keys nobody asked for."""
        unknown = sorted(set(self._values) - self._seen)
        if unknown:
            raise ConfigError(f"arb.toml: unknown key {self._path(unknown[0])}; see docs/configuration.md")

    def _path(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key
