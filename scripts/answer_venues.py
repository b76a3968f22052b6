"""The answer of `arbctl venues`: the three venues side by side, what they have in common, and all of it as data."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from scripts import venn_svg, venue_facts
from scripts.render import Answer
from scripts.venue_facts import Compared, Fact, Sets


def venues(ours: Collection[str]) -> Answer:
    """The comparison; `ours` are the fleet's markets, which are marked."""
    compared = venue_facts.load()
    marks = {key: chr(ord("a") + index) for index, key in enumerate(compared.sources)}
    rows = [
        [title, *(_cell(compared, topic, venue, marks) for venue in compared.venues)]
        for topic, title in compared.topics.items()
    ]
    legend = [f"{marks[key]}  {source.says} ({source.date})" for key, source in compared.sources.items()]
    return Answer(
        _data(compared, ours),
        columns=["", *compared.venues.values()],
        rows=rows,
        wrapped=True,
        footer="\n".join([*_regions(compared, ours), "", "Sources:", *legend]),
    )


def plotted(ours: Collection[str], file: Path) -> Answer:
    """Draw both sets into an SVG file."""
    compared = venue_facts.load()
    file.write_text(venn_svg.drawn(compared.sets, compared.venues, ours))
    return Answer({"plotted": str(file)}, text=f"drawn: {file}")


def _cell(compared: Compared, topic: str, venue: str, marks: Mapping[str, str]) -> str:
    """A fact with the letters of its sources, and what has changed since below it."""
    told = _marked(compared.facts[topic, venue], marks)
    since = compared.since.get((topic, venue))
    return told if since is None else f"{told}\nsince then: {_marked(since, marks)}"


def _marked(fact: Fact, marks: Mapping[str, str]) -> str:
    letters = ",".join(marks[source.key] for source in fact.sources)
    # a percentage, and the letters with the last word, stay together when the cell is broken
    return f"{fact.says} [{letters}]".replace(" %", "\u00a0%").replace(" [", "\u00a0[")


def _regions(compared: Compared, ours: Collection[str]) -> list[str]:
    """The drawn sets in words, the largest combination first."""
    lines = []
    for sets in compared.sets.values():
        is_ours = any(name in ours for names in sets.members.values() for name in names)
        lines.append(f"{sets.title.capitalize()} in common{' (* traded by this fleet)' if is_ours else ''}:")
        for region, names in sets.regions().items():
            if names:
                who = " + ".join(title for venue, title in compared.venues.items() if venue in region)
                shown = " ".join(f"{name}*" if name in ours else name for name in names)
                lines.append(f"  {who + (' alone' if len(region) == 1 else ''):<24} {shown}")
    return lines


def _data(compared: Compared, ours: Collection[str]) -> dict[str, Any]:
    return {
        "venues": compared.venues,
        "facts": [_told(compared, topic, venue) for topic in compared.topics for venue in compared.venues],
        "sets": {key: _set(compared, sets) for key, sets in compared.sets.items()},
        "ours": list(ours),
        "sources": {key: {"says": source.says, "date": source.date} for key, source in compared.sources.items()},
    }


def _told(compared: Compared, topic: str, venue: str) -> dict[str, Any]:
    fact, since = compared.facts[topic, venue], compared.since.get((topic, venue))
    return {"topic": topic, "venue": venue, **_fact(fact), "since": None if since is None else _fact(since)}


def _fact(fact: Fact) -> dict[str, Any]:
    return {"says": fact.says, "sources": [{"source": each.key, "date": each.date} for each in fact.sources]}


def _set(compared: Compared, sets: Sets) -> dict[str, Any]:
    regions = [
        {"venues": [venue for venue in compared.venues if venue in region], "names": names}
        for region, names in sets.regions().items()
    ]
    return {"title": sets.title, "members": sets.members, "regions": regions}
