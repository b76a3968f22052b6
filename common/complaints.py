"""Everything that is wrong with one file of settings, gathered, so that a person hears of it at once.

Each complaint is one sentence: the file, the key, its value, and what it must be. The value of a key that nobody knows
is not repeated: it may be a secret in the wrong place.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from common.core.errors import ConfigError

_SHOWN_MAX = 60


class Complaints:
    """The sentences so far, in the order found, each once. `given` names who overrides a key, if not the file."""

    def __init__(self, file: str, given: Mapping[str, str] | None = None) -> None:
        self._file, self._given = file, given or {}
        self._sentences: dict[str, None] = {}
        self._unknown: list[tuple[str, str]] = []
        self._known: dict[str, set[str]] = {}

    def add(self, path: str, value: str, says: str) -> None:
        """One key's value is not what it must be."""
        short = value if len(value) <= _SHOWN_MAX else f"{value[:_SHOWN_MAX]}…"
        self.say(f"{self._named(path)} = {short} {says}")

    def say(self, sentence: str) -> None:
        """Something else is wrong with the file."""
        self._sentences[f"{self._file}: {sentence}"] = None

    def table_read(self, table: str, known: Iterable[str], unknown: Iterable[str]) -> None:
        """A table was read to its end: the keys that there are, and those given that nobody asked for."""
        self._known.setdefault(table, set()).update(known)
        self._unknown += [(table, key) for key in unknown]

    def refuse(self) -> None:
        """ConfigError with every sentence, if there is any."""
        for table, key in self._unknown:
            self.say(f"unknown key {_path(table, key)}: {self._meant(table, key)}")
        self._unknown = []
        if self._sentences:
            raise ConfigError(*self._sentences)

    def _meant(self, table: str, key: str) -> str:
        tables = sorted(self._known, key=lambda name: "." in name)
        elsewhere = [name for name in tables if key in self._known[name] and name != table]
        if elsewhere:
            return f"it belongs into {f'[{elsewhere[0]}]' if elsewhere[0] else 'the top of the file'}"
        near = get_close_matches(key, self._known.get(table, ()), 1)
        return f"do you mean {_path(table, near[0])}?" if near else "take it out, or see docs/configuration.md"

    def _named(self, path: str) -> str:
        return f"{path} (from {self._given[path]})" if path in self._given else path


def _path(table: str, key: str) -> str:
    return f"{table}.{key}" if table else key
