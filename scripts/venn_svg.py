"""The three venues' chains and markets as one SVG picture: two drawings of three circles, names in their regions.

Written by hand, so that nothing needs to be installed; what stands where is decided in `venn`.
"""

from collections.abc import Collection, Iterator, Mapping
from html import escape

from scripts.venn import LETTER, Circle, Region, laid_out
from scripts.venue_facts import Sets

RADIUS = 215.0
#: per venue, in the order of the data file: the circle, the colour, and where its name stands
PLACES = (
    (Circle(250, 300, RADIUS), "#2f6fd0", (130, 66)),
    (Circle(470, 300, RADIUS), "#d9772b", (590, 66)),
    (Circle(360, 490, RADIUS), "#2a9363", (360, 742)),
)
PANEL, HEIGHT = 720, 800
FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"
#: letters are 0.6 of their size wide in these fonts; `textLength` holds others to it
SIZE = LETTER / 0.6
INK, OURS = "#4a4a4a", "#000000"


def drawn(sets: Mapping[str, Sets], venues: Mapping[str, str], ours: Collection[str]) -> str:
    """The whole picture; the names of `ours` are bold and underlined."""
    width = PANEL * len(sets)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}"'
        f' font-family="{FONT}">',
        f"<title>{escape(', '.join(venues.values()))}: {escape(' and '.join(each.title for each in sets.values()))}"
        "</title>",
        f'<rect width="{width}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for index, (key, each) in enumerate(sets.items()):
        lines.append(f'<g id="{escape(key)}" transform="translate({index * PANEL} 0)">')
        lines += _panel(each, venues, ours)
        lines.append("</g>")
    return "\n".join([*lines, "</svg>", ""])


def _panel(sets: Sets, venues: Mapping[str, str], ours: Collection[str]) -> Iterator[str]:
    """One drawing: circles, names of venues with how many they have, the names, and where they were found."""
    circles = dict(zip(venues, PLACES, strict=True))
    for venue, (circle, colour, _) in circles.items():
        yield (
            f'<circle id="{sets.title}-{escape(venue)}" cx="{circle.x:g}" cy="{circle.y:g}" r="{circle.radius:g}"'
            f' fill="{colour}" fill-opacity="0.16" stroke="{colour}" stroke-width="2"/>'
        )
    yield f'<text x="{PANEL / 2:g}" y="34" font-size="22" font-weight="bold" text-anchor="middle">{sets.title}</text>'
    for venue, (_, colour, (x, y)) in circles.items():
        style = f'font-size="19" font-weight="bold" fill="{colour}" text-anchor="middle"'
        yield f'<text x="{x}" y="{y}" {style}>{escape(venues[venue])} · {len(sets.members[venue])}</text>'
    for region, names in sets.regions().items():
        if names:
            yield from _names(names, region, {venue: place[0] for venue, place in circles.items()}, ours)
    told = [f"{source.says}, {source.date}" for source in sets.sources]
    if any(name in ours for names in sets.members.values() for name in names):
        told.append("bold: traded by this fleet")
    caption = escape(" · ".join(told))
    yield f'<text x="{PANEL / 2:g}" y="782" font-size="12" fill="#777777" text-anchor="middle">{caption}</text>'


def _names(
    names: tuple[str, ...], region: frozenset[str], circles: Mapping[str, Circle], ours: Collection[str]
) -> Iterator[str]:
    inside = tuple(circle for venue, circle in circles.items() if venue in region)
    outside = tuple(circle for venue, circle in circles.items() if venue not in region)
    key = " ".join(venue for venue in circles if venue in region)
    for row in laid_out(names, Region(inside, outside)):
        for name, x in row.places():
            marked = f' fill="{OURS}" font-weight="bold" text-decoration="underline"' if name in ours else ""
            yield (
                f'<text class="{escape(key)}" x="{x:.1f}" y="{row.y + SIZE * 0.35:.1f}" font-size="{SIZE:g}"'
                f' textLength="{len(name) * LETTER:.1f}"{marked or f" fill={INK!r}"}>{escape(name)}</text>'
            )
