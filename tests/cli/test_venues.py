"""The three venues side by side: the data behind it, what is said, and the picture, reckoned again from the SVG."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.core.errors import LocalError
from common.sim.listings import MARKETS
from scripts import venn, venn_svg
from scripts.venn import LETTER, ROW, Circle, Region, laid_out
from scripts.venue_facts import FILE, Sets, Source, load

COMPARED = load()
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def call(fleet: Any, arbctl_in: Callable[[Path], Any]) -> Any:
    return arbctl_in(fleet.root)


# ---- the data ----------------------------------------------------------------------------------------------------


def test_every_venue_is_told_of_every_topic_with_source_and_date() -> None:
    assert set(COMPARED.facts) == {(topic, venue) for topic in COMPARED.topics for venue in COMPARED.venues}
    told = [*COMPARED.facts.values(), *COMPARED.since.values()]
    assert all(source.date and source.says for fact in told for source in fact.sources)
    used = {source.key for fact in told for source in fact.sources}
    assert used == set(COMPARED.sources), "a source that nothing rests on"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('dated = "2023-10-08"\n', "", "source drawings needs"),
        ('dated = "2023-10-08"\n', 'dated = "2023-10-08"\nread = "2026-11-28"\n', "source drawings needs"),
        ('dated = "2023-10-08"\n', 'dated = "lately"\n', "source drawings needs"),
        ('sources = ["gmx_fee"]', 'sources = ["hearsay"]', "hearsay"),
        ('sources = ["gmx_fee"]', "sources = []", "fees of gmx needs"),
        ('says = "up to 50×"', 'says = " "', "leverage of gmx needs"),
        ('says = "up to 50×"\n', "", "says"),
        ('topic = "leverage"\nvenue = "gmx"', 'topic = "leverage"\nvenue = "apex"', "leverage of apex is told twice"),
        ('[topics]\nmodel = "model"\n', "[topics]\n", "('model', 'apex')"),
        ('gmx = ["Arbitrum", "Avalanche"]', 'gmx = ["Arbitrum", "Arbitrum"]', "set chains has a name twice"),
        ('gmx = ["Arbitrum", "Avalanche"]', "gmx = []", "set chains has a name twice, or none"),
    ],
)
def test_data_without_source_date_or_place_is_not_taken(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = FILE.read_text()
    assert old in text
    (tmp_path / "broken.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(LocalError) as caught:
        load(tmp_path / "broken.toml")
    assert says in str(caught.value)


@given(st.lists(st.sets(st.sampled_from("ABCDEFGH"), min_size=1), min_size=3, max_size=3))
def test_every_name_is_in_the_one_region_of_the_venues_that_have_it(drawn: list[set[str]]) -> None:
    members = dict(zip(("x", "y", "z"), (tuple(sorted(names)) for names in drawn), strict=True))
    regions = Sets("t", members, (Source("s", "t", read="2026-11-28"),)).regions()
    assert len(regions) == 7
    placed = [name for names in regions.values() for name in names]
    assert sorted(placed) == sorted(set().union(*drawn))
    for region, names in regions.items():
        assert all((name in members[venue]) is (venue in region) for name in names for venue in members)


def test_the_drawn_sets_are_the_originals() -> None:
    regions = COMPARED.sets["markets"].regions()
    assert regions[frozenset({"dydx", "gmx", "apex"})] == ("BTC", "ETH", "LINK")
    assert regions[frozenset({"dydx", "gmx"})] == ("UNI",)
    assert regions[frozenset({"gmx"})] == regions[frozenset({"gmx", "apex"})] == ()
    assert {len(names) for names in regions.values()} == {3, 1, 7, 26, 0, 10}
    both = {"dydx", "apex"}
    assert {name for region, names in regions.items() if both <= region for name in names} == set(MARKETS)
    chains = COMPARED.sets["chains"].regions()
    assert chains[frozenset({"dydx", "apex"})] == ("Ethereum",)
    assert chains[frozenset({"gmx", "apex"})] == ("Arbitrum", "Avalanche")


# ---- what is said --------------------------------------------------------------------------------------------------


def test_the_three_stand_side_by_side_with_their_sources(call: Any) -> None:
    said = call("venues")
    assert said.code == 0
    out = said.out.replace("\u00a0", " ")
    assert all(name in out.splitlines()[1] for name in COMPARED.venues.values())
    for told in ("up to 20×", "up to 50× [a]", "up to 30× [a]", "since then: V2 began with 0.05 % [o]", "BTC* ETH*"):
        assert told in out
    for source in COMPARED.sources.values():
        assert f"{source.says} ({source.date})" in out


def test_as_data_every_fact_carries_its_dates_and_what_has_changed(call: Any) -> None:
    data = call("venues", "--json").data
    assert list(data["venues"]) == ["dydx", "gmx", "apex"]
    assert len(data["facts"]) == len(COMPARED.topics) * 3
    assert all(source["date"] for fact in data["facts"] for source in fact["sources"])
    fees = next(fact for fact in data["facts"] if (fact["topic"], fact["venue"]) == ("fees", "gmx"))
    assert fees["since"]["says"] == "V2 began with 0.05 %"
    common = next(region for region in data["sets"]["markets"]["regions"] if len(region["venues"]) == 3)
    assert common["names"] == ["BTC", "ETH", "LINK"]
    assert sorted(data["ours"]) == sorted(MARKETS)


def test_a_picture_is_drawn_where_it_was_asked_for(call: Any, tmp_path: Path) -> None:
    file = tmp_path / "venn.svg"
    said = call("venues", "--plot", str(file))
    assert (said.code, said.out) == (0, f"drawn: {file}\n")
    assert ElementTree.parse(file).getroot().tag == f"{SVG}svg"


@pytest.mark.parametrize(("name", "code"), [("venn.png", 2), ("venn", 2), ("no/such/folder/venn.svg", 1)])
def test_a_picture_that_cannot_be_is_refused_without_a_traceback(
    call: Any, tmp_path: Path, name: str, code: int
) -> None:
    said = call("venues", "--plot", str(tmp_path / name))
    assert said.code == code
    assert "Traceback" not in said.err and said.err


# ---- the picture ---------------------------------------------------------------------------------------------------

OURS = ("BTC", "SOL")


@pytest.fixture(scope="module")
def panels() -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(venn_svg.drawn(COMPARED.sets, COMPARED.venues, OURS))
    return {panel.attrib["id"]: panel for panel in root.iter(f"{SVG}g")}


def names_of(panel: ElementTree.Element) -> list[ElementTree.Element]:
    return [text for text in panel.iter(f"{SVG}text") if "class" in text.attrib]


@pytest.mark.parametrize("key", COMPARED.sets)
def test_every_name_stands_once_and_in_the_circles_of_its_venues_alone(
    panels: dict[str, ElementTree.Element], key: str
) -> None:
    sets, panel = COMPARED.sets[key], panels[key]
    circles = {c.attrib["id"].rpartition("-")[2]: c.attrib for c in panel.iter(f"{SVG}circle")}
    assert circles.keys() == sets.members.keys()
    texts = names_of(panel)
    assert sorted(str(t.text) for t in texts) == sorted({name for names in sets.members.values() for name in names})
    for text in texts:
        left, base = float(text.attrib["x"]), float(text.attrib["y"])
        right, size = left + float(text.attrib["textLength"]), float(text.attrib["font-size"])
        for venue, circle in circles.items():
            centre, radius = (float(circle["cx"]), float(circle["cy"])), float(circle["r"])
            corners = [(x, y) for x in (left, right) for y in (base - size * 0.8, base + size * 0.2)]
            inside = {math.dist(centre, corner) < radius for corner in corners}
            assert inside == {text.text in sets.members[venue]}, f"{text.text} and the circle of {venue}"


def test_no_two_names_stand_upon_one_another(panels: dict[str, ElementTree.Element]) -> None:
    boxes = [
        (float(t.attrib["x"]), float(t.attrib["x"]) + float(t.attrib["textLength"]), float(t.attrib["y"]))
        for t in names_of(panels["markets"])
    ]
    for index, (left, right, y) in enumerate(boxes):
        for other_left, other_right, other_y in boxes[index + 1 :]:
            assert right + LETTER <= other_left or other_right + LETTER <= left or abs(y - other_y) >= ROW - 0.1


def test_what_the_fleet_trades_is_bold_and_nothing_else(panels: dict[str, ElementTree.Element]) -> None:
    bold = {text.text for text in names_of(panels["markets"]) if text.attrib.get("font-weight") == "bold"}
    assert bold == set(OURS)
    assert "bold: traded by this fleet" in "".join(panels["markets"].itertext())
    assert "bold" not in "".join(panels["chains"].itertext())


CIRCLES = tuple(place[0] for place in venn_svg.PLACES)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.text("ABCDEFGHIJ", min_size=1, max_size=9), min_size=1, max_size=14),
    st.sets(st.sampled_from(range(3)), min_size=1),
)
def test_rows_are_whole_and_within_their_region_or_there_is_no_room(names: list[str], chosen: set[int]) -> None:
    inside = tuple(circle for index, circle in enumerate(CIRCLES) if index in chosen)
    outside = tuple(circle for index, circle in enumerate(CIRCLES) if index not in chosen)
    try:
        rows = laid_out(names, Region(inside, outside))
    except ValueError:
        # what is too much is told, see below
        return
    assert [name for row in rows for name in row.names] == names
    for row in rows:
        width = (sum(map(len, row.names)) + venn.GAP * (len(row.names) - 1)) * LETTER
        around = [(row.x + width * part / 20, row.y + high) for part in range(21) for high in (-ROW / 2, 0.0, ROW / 2)]
        assert all(math.dist((c.x, c.y), point) < c.radius for c in inside for point in around)
        assert all(math.dist((c.x, c.y), point) > c.radius for c in outside for point in around)


def test_names_for_which_there_is_no_room_are_told() -> None:
    with pytest.raises(ValueError, match="no room for LONG"):
        laid_out(["LONG"], Region((Circle(0, 0, 20),), ()))
