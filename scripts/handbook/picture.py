"""A state diagram as SVG: boxes in columns, an arrow for each move of the table. Knows no states of its own.

Drawn here because a page must not fetch anything from elsewhere to show three boxes. Colours follow the reader's theme.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

BOX_W, BOX_H, GAP_X, GAP_Y, EDGE = 128, 36, 76, 54, 34
_STYLE: Final = (
    "<style>rect{fill:#eef3fb;stroke:#3b6ea8;stroke-width:1.5}.end rect{fill:#f1f1f1;stroke:#777}"
    "text{font:13px sans-serif;text-anchor:middle;dominant-baseline:central;fill:#111}"
    "path{fill:none;stroke:#667;stroke-width:1.3}marker path{fill:#667;stroke:none}"
    "@media(prefers-color-scheme:dark){rect{fill:#1e2b3d;stroke:#7fb0ea}.end rect{fill:#2a2a2a;stroke:#999}"
    "text{fill:#eee}path{stroke:#aab}marker path{fill:#aab}}</style>"
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z"/></marker></defs>'
)
Place: TypeAlias = tuple[int, int]
State = TypeVar("State", bound=str)


def svg(columns: Sequence[Sequence[str]], table: Mapping[State, Iterable[State]], title: str) -> str:
    """The drawing; `columns` say where each state stands, and must name all of them."""
    moves = {str(state): tuple(map(str, others)) for state, others in table.items()}
    rows = max(map(len, columns))
    places = {state: (x, y) for x, column in enumerate(columns) for y, state in enumerate(column)}
    width = 2 * EDGE + len(columns) * BOX_W + (len(columns) - 1) * GAP_X
    height = 2 * EDGE + rows * BOX_H + (rows - 1) * GAP_Y
    arrows = [_arrow(places[a], places[b]) for a in places for b in sorted(moves[a], key=lambda s: places[s])]
    boxes = [_box(state, place, is_end=not set(moves[state]) - {state}) for state, place in places.items()]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}">'
    return "\n".join((head, f"<title>{title}</title>", _STYLE, *arrows, *boxes, "</svg>", ""))


def _corner(place: Place) -> Place:
    return EDGE + place[0] * (BOX_W + GAP_X), EDGE + place[1] * (BOX_H + GAP_Y)


def _box(state: str, place: Place, *, is_end: bool) -> str:
    x, y = _corner(place)
    kind = ' class="end"' if is_end else ""
    said = f'<text x="{x + BOX_W // 2}" y="{y + BOX_H // 2}">{state}</text>'
    return f'<g{kind}><rect x="{x}" y="{y}" width="{BOX_W}" height="{BOX_H}" rx="7"/>{said}</g>'


def _arrow(start: Place, end: Place) -> str:
    """Between neighbours straight, past others in a bow; there and back never on the same line."""
    if start == end:
        x, y = _corner(start)
        return _path(f"M{x + 50} {y}C{x + 40} {y - 26} {x + 88} {y - 26} {x + 78} {y}")
    (ax, ay), (bx, by) = _corner(start), _corner(end)
    if start[0] == end[0]:
        return _upright(ax, ay, by, far=abs(start[1] - end[1]) > 1)
    shift = -7 if bx > ax else 7
    tail, tip = (ax + BOX_W, bx) if bx > ax else (ax, bx + BOX_W)
    y1, y2 = ay + BOX_H // 2 + shift, by + BOX_H // 2 + shift
    if start[1] == end[1] and abs(start[0] - end[0]) > 1:
        return _bow(start, end)
    half = (tip - tail) // 2
    return _path(f"M{tail} {y1}C{tail + half} {y1} {tip - half} {y2} {tip} {y2}")


def _bow(start: Place, end: Place) -> str:
    """Over the boxes between to the right, under them to the left; the further it goes, the higher."""
    (ax, y), (bx, _), far = _corner(start), _corner(end), abs(start[0] - end[0])
    to_right = bx > ax
    edge, lift = (y, -(6 + 11 * far)) if to_right else (y + BOX_H, 6 + 11 * far)
    tail, tip = ax + BOX_W // 2 + (20 if to_right else -20), bx + BOX_W // 2 + (-14 * far if to_right else 14 * far)
    bend = 30 if to_right else -30
    return _path(f"M{tail} {edge}C{tail + bend} {edge + lift} {tip - bend} {edge + lift} {tip} {edge}")


def _upright(x: int, from_y: int, to_y: int, *, far: bool) -> str:
    down = to_y > from_y
    at = x + BOX_W // 2 + (-9 if down else 9)
    tail, tip = (from_y + BOX_H, to_y) if down else (from_y, to_y + BOX_H)
    if not far:
        return _path(f"M{at} {tail}L{at} {tip}")
    side = x - 24 if down else x + BOX_W + 24
    begin = x if down else x + BOX_W
    return _path(f"M{begin} {from_y + 18}C{side} {from_y + 18} {side} {to_y + 18} {begin} {to_y + 18}")


def _path(way: str) -> str:
    return f'<path d="{way}" marker-end="url(#tip)"/>'
