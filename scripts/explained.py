"""docs/configuration.md as data: what every key means, so that a page and a command say the same."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

DOCUMENT: Final = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"
#: keys whose values the ledger's own rows outrank once it has them
LEDGER_KEPT: Final = ("cap", "limits")
MARKET_LIMITS: Final = "market_"
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_SECTION = re.compile(r"^## (.+?)(?::.*)?$")

#: by section: what has to be started anew for a changed value to count
_COUNTS_AFTER: Final = {
    "": "./scripts/run, stopped and started",
    "strategy": "arbctl config reload",
    "markets.NAME": "arbctl config reload",
    "venues.dydx": "supervisorctl restart 'arb:*' warden",
    "venues.apex": "supervisorctl restart 'arb:*' warden",
    "venues.gmx": "the next command that asks it",
    "warden": "arbctl config reload",
    "recorder": "supervisorctl restart recorder",
    "alerts": "supervisorctl restart alerts",
    "web": "supervisorctl restart web; of enabled: arbctl fleet render, supervisorctl update",
    "metrics": "supervisorctl restart metrics; of enabled: arbctl fleet render, supervisorctl update",
    "paper": "supervisorctl restart sim",
    "replay": "the next arbctl replay",
}
#: keys of [strategy] and of a market that a worker has from its start to its end
FOR_LIFE: Final = ("size", "median_window_s", "median_warmup_s")
_AFTER_A_START: Final = "supervisorctl restart 'arb:*'"
_BY_THE_LEDGER: Final = (
    "a value lowered here counts after arbctl config reload; the ledger's row outranks it, "
    "and is moved at once by arbctl limit set"
)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of arb.toml as the document has it; `section` is empty at the top level."""

    section: str
    name: str
    default: str
    meaning: str

    @property
    def dotted(self) -> str:
        """`cap.level`; of a market's table `markets.NAME.size`."""
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def counts_after(self) -> str:
        """What makes a changed value count."""
        if self.section in LEDGER_KEPT or self.name.startswith(MARKET_LIMITS):
            return _BY_THE_LEDGER
        is_terms = self.section in ("strategy", "markets.NAME")
        return _AFTER_A_START if is_terms and self.name in FOR_LIFE else _COUNTS_AFTER[self.section]


def keys(text: str | None = None) -> tuple[Key, ...]:
    """Every key of the document, in its order."""
    return tuple(_keys(DOCUMENT.read_text() if text is None else text))


def found(known: Sequence[Key], asked: str) -> tuple[Key, ...]:
    """The keys of that name, with or without their table; a market's own key is the one of [strategy]."""
    parts = asked.split(".")
    section, name = ".".join(parts[:-1]), parts[-1]
    named = [key for key in known if key.name == name]
    if section.startswith("markets."):
        return tuple(key for key in named if key.section in ("markets.NAME", "strategy"))
    return tuple(key for key in named if not section or key.section == section)


def nearest(known: Sequence[Key], asked: str) -> list[str]:
    """Names like it."""
    names = {key.name for key in known} | {key.dotted for key in known}
    return get_close_matches(asked, sorted(names), n=3, cutoff=0.6)


def _keys(text: str) -> Iterator[Key]:
    sections: list[str] = []
    for line in text.splitlines():
        heading = _SECTION.match(line)
        if heading:
            sections = _sections(heading[1])
        elif line.startswith("| `") and sections:
            names, default, meaning = (cell.strip() for cell in line.strip("| ").split(" | ")[:3])
            yield from _row(sections, names, default, meaning)


def _sections(heading: str) -> list[str]:
    """`[venues.dydx], [venues.apex]` → both; `Top level` → one without a name; anything else has no keys."""
    if heading == "Top level":
        return [""]
    return re.findall(r"\[([^\]]+)\]", heading)


def _row(sections: Sequence[str], names: str, default: str, meaning: str) -> Iterator[Key]:
    """One row of a table, which may name several keys."""
    called = re.findall(r"`([^`]+)`", names)
    is_list = len(called) > 1 and default.count(", ") == len(called) - 1
    given = default.split(", ") if is_list else [default] * len(called)
    for section in sections:
        for name, value in zip(called, given, strict=True):
            yield Key(section, name, value.strip("`"), _LINK.sub(r"\1", meaning))
