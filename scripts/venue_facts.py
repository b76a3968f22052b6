"""What is known of the three venues, read from venues_compared.toml: facts with sources and dates, and sets.

A file that ships with the program: what is wrong in it is our own mistake (LocalError), never the reader's.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from common.core.errors import LocalError

FILE: Final = Path(__file__).parent / "venues_compared.toml"
_DATE = re.compile(r"20[0-9]{2}-[01][0-9](?:-[0-3][0-9])?")


@dataclass(frozen=True, slots=True)
class Source:
    """Where something stands: `dated` when it tells its date, else the day it was `read`."""

    key: str
    says: str
    dated: str = ""
    read: str = ""

    def __post_init__(self) -> None:
        if not self.says or bool(self.dated) is bool(self.read) or not _DATE.fullmatch(self.dated or self.read):
            raise LocalError(f"source {self.key} needs a text and one date, `dated` or `read`")

    @property
    def date(self) -> str:
        """Its date as people read it."""
        return self.dated or f"read {self.read}"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing said of one venue."""

    topic: str
    venue: str
    says: str
    sources: tuple[Source, ...]

    def __post_init__(self) -> None:
        if not self.says.strip() or not self.sources:
            raise LocalError(f"{self.topic} of {self.venue} needs a text and a source")


@dataclass(frozen=True, slots=True)
class Sets:
    """Three overlapping sets of names: the chains or the markets of each venue."""

    title: str
    members: dict[str, tuple[str, ...]]
    sources: tuple[Source, ...]

    def __post_init__(self) -> None:
        doubled = [venue for venue, names in self.members.items() if len(set(names)) != len(names)]
        if doubled or not all(self.members.values()):
            raise LocalError(f"set {self.title} has a name twice, or none, at {doubled}")

    def regions(self) -> dict[frozenset[str], tuple[str, ...]]:
        """Names by the venues that have them, in the order of the lists; every combination is there."""
        found: dict[frozenset[str], list[str]] = {combination: [] for combination in combinations(self.members)}
        for name in dict.fromkeys(name for names in self.members.values() for name in names):
            found[frozenset(venue for venue, names in self.members.items() if name in names)].append(name)
        return {region: tuple(names) for region, names in found.items()}


@dataclass(frozen=True, slots=True)
class Compared:
    """Everything in the file; `facts` and `since` by topic and venue."""

    venues: dict[str, str]
    topics: dict[str, str]
    sources: dict[str, Source]
    facts: dict[tuple[str, str], Fact]
    since: dict[tuple[str, str], Fact]
    sets: dict[str, Sets]

    def __post_init__(self) -> None:
        wanted = {(topic, venue) for topic in self.topics for venue in self.venues}
        if set(self.facts) != wanted or not set(self.since) <= wanted:
            raise LocalError(f"facts missing or of nothing: {sorted(wanted ^ set(self.facts))}")


def combinations(venues: Iterable[str]) -> list[frozenset[str]]:
    """Every combination of venues but the empty one, the largest first."""
    found = [frozenset[str]()]
    for venue in venues:
        found += [region | {venue} for region in found]
    return sorted((region for region in found if region), key=len, reverse=True)


def load(file: Path = FILE) -> Compared:
    """The file as values; LocalError when something in it has no source, no date or no place."""
    try:
        return _compared(tomllib.loads(file.read_text()))
    except (KeyError, TypeError) as error:
        raise LocalError(f"{file.name}: {type(error).__name__} {error}") from error


def _compared(raw: Mapping[str, Any]) -> Compared:
    sources = {key: Source(key=key, **fields) for key, fields in raw["sources"].items()}
    sets = {key: _sets(fields, raw["venues"], sources) for key, fields in raw["sets"].items()}
    told = [_fact(fields, sources) for fields in raw["facts"]]
    listed = [
        Fact(key, venue, ", ".join(names) if key == "chains" else str(len(names)), each.sources)
        for key, each in sets.items()
        for venue, names in each.members.items()
    ]
    since = [_fact(fields, sources) for fields in raw["since"]]
    return Compared(raw["venues"], raw["topics"], sources, _placed(told + listed), _placed(since), sets)


def _fact(fields: Mapping[str, Any], sources: Mapping[str, Source]) -> Fact:
    named = tuple(sources[key] for key in fields["sources"])
    return Fact(**{**fields, "sources": named})


def _sets(fields: Mapping[str, Any], venues: Iterable[str], sources: Mapping[str, Source]) -> Sets:
    members = {venue: tuple(fields[venue]) for venue in venues}
    return Sets(fields["title"], members, tuple(sources[key] for key in fields["sources"]))


def _placed(facts: Iterable[Fact]) -> dict[tuple[str, str], Fact]:
    placed: dict[tuple[str, str], Fact] = {}
    for fact in facts:
        if placed.setdefault((fact.topic, fact.venue), fact) is not fact:
            raise LocalError(f"{fact.topic} of {fact.venue} is told twice")
    return placed
