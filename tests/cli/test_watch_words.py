"""What stands on the desk's screen, in words: widths, tones, and what a person must not overlook."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common import settings
from common.core.events import HaltLevel
from common.core.market import Venue
from common.desk import deal_told
from common.desk.facts import facts
from common.desk.shapes import DeskFacts, ProgramFacts
from common.desk.told import Reader
from common.ledger.shapes import Doubt, Halt, JournalRow
from common.supervisor_client import Process
from common.telemetry.files import Writer, folder_of
from common.telemetry.rows import Refused, Span
from scripts.watch import acts, columns, entries, head, tale, words
from scripts.watch.acts import Act
from scripts.watch.frame import frame
from scripts.watch.words import Bounds, Said, Tone, text_of

SECOND_NS = 1_000_000_000
WIDTHS = (80, 100, 130, 200)


@pytest.fixture
def bounds(fleet: Any) -> Bounds:
    return Bounds.of(settings.load(fleet.root / "arb.toml"))


@pytest.fixture
def desk(fleet: Any) -> DeskFacts:
    """A fleet whose BTC worker runs and has seen something, a second ago; BTC and SOL have a deal each."""
    quotes = {venue.value: ("40010", "40012") for venue in Venue}
    edges = {"+1": (-3.5, 1.25), "-1": (-8.0, -6.0)}
    seen = Span(
        "BTC", fleet.now_ns, 10 * SECOND_NS, 0, {}, {}, 1.0, edges, (), quotes, {"dydx": 40}, {"dydx": 3, "apex": 5}
    )
    refused = Refused("BTC", fleet.now_ns, "cap", 1, 26)
    Writer(folder_of(fleet.ledger_file), "BTC").append([seen, refused])
    at_ns = fleet.now_ns + SECOND_NS
    told = Reader(settings.load(fleet.root / "arb.toml")).read(at_ns)
    running = Process("btc", "arb", "RUNNING", 41, 12, 0, "")
    return facts(replace(told, processes=(running,), alive=(7, "RUNNING")), at_ns)


def with_market(desk: DeskFacts, name: str, **changed: Any) -> DeskFacts:
    return replace(desk, markets=tuple(replace(m, **changed) if m.market == name else m for m in desk.markets))


def row(desk: DeskFacts, bounds: Bounds, name: str = "BTC", width: int = 200) -> dict[str, Said]:
    chosen = columns.fitting(width)
    market = next(one for one in desk.markets if one.market == name)
    return {c.title: said for c, said in zip(chosen, columns.cells(chosen, market, bounds), strict=True)}


def top(desk: DeskFacts, width: int = 100) -> str:
    return "\n".join(text_of(line) for line in head.lines(desk, width))


def tones(desk: DeskFacts) -> dict[str, Tone]:
    return {said.text.strip(): said.tone for line in head.lines(desk, 100) for said in line}


# ---- figures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ns", "said"),
    [
        (None, "–"),
        (-5, "0.0s"),
        (300_000_000, "0.3s"),
        (9_949_000_000, "9.9s"),
        (45 * SECOND_NS, "45s"),
        (60 * SECOND_NS, "1m"),
        (3_600 * SECOND_NS, "1h"),
        (3 * 86_400 * SECOND_NS, "3d"),
    ],
)
def test_an_age_has_room_in_its_column(ns: int | None, said: str) -> None:
    assert words.age(ns) == said


def test_a_bar_shows_more_than_nothing_and_less_than_all() -> None:
    assert [words.bar(part, 10).count("█") for part in (-1, 0, 0.001, 0.5, 0.999, 1, 7)] == [0, 0, 1, 5, 9, 10, 10]
    assert words.bar(0.5, 10, 0.8) == "█████░░░│░"
    assert all(len(words.bar(0.3, width, mark)) == width for width in (2, 8, 50) for mark in (None, 0.0, 0.99, 1.0))


def test_figures_have_signs_of_one_width_and_nothing_is_no_zero() -> None:
    assert (words.usd(-1_500), words.usd(1_500, sign=False), words.usd(None)) == ("−0.002", "0.002", "–")
    assert (words.size(Decimal("-0.0010")), words.size(Decimal(2))) == ("−0.001", "+2")
    assert [words.earned(uusd).tone for uusd in (5, 0, -5)] == [Tone.GOOD, Tone.DIM, Tone.WARN]
    assert (words.cut("abcdef", 4), words.cut("abcd", 4), words.fitted("a", 3, right=True)) == ("abc…", "abcd", "  a")


# ---- a frame --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_a_frame_fits_its_window_and_has_header_markets_and_journal(
    desk: DeskFacts, bounds: Bounds, width: int
) -> None:
    halt = Halt("*", HaltLevel.HALT, "a reason that goes on and on " * 9, "anna", desk.at_ns)
    lines = frame(replace(desk, halts=(halt,)), bounds, width).splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0].startswith(" PAPER ") and lines[0].endswith(" UTC") and "1/10 workers" in lines[0]
    titles = next(line for line in lines if line.startswith("market "))
    for title in ("worker", "ago", "best+1", "best−1", "dydx", "apex", "pnl", "says"):
        assert title in titles
    assert [line.split()[0] for line in lines[lines.index(titles) + 1 :][: len(desk.markets)]] == [
        one.market for one in desk.markets
    ]
    assert lines[-1].split()[1].startswith("aaaaaa-")


def test_a_window_of_100_has_both_edges_the_threshold_positions_entry_close_pnl_and_lag() -> None:
    titles = [column.title for column in columns.fitting(99)]
    assert {"min", "dydx", "apex", "entry", "close", "pnl"} <= set(titles)
    wide = [column.title for column in columns.fitting(199)]
    assert wide == [column.title for column in columns.COLUMNS]


def test_a_row_has_what_the_desk_has(desk: DeskFacts, bounds: Bounds) -> None:
    cells = {title: said.text for title, said in row(desk, bounds).items()}
    assert (cells["worker"], cells["up"], cells["ago"], cells["says"]) == ("running", "12s", "1.0s", "holding")
    assert (cells["best+1"], cells["mean+1"], cells["best−1"], cells["mean−1"], cells["min"]) == (
        "+1.2",
        "−3.5",
        "−6.0",
        "−8.0",
        "1",
    )
    assert (cells["dydx"], cells["apex"], cells["deals"], cells["entry"]) == ("+0.001", "−0.001", "+1", "+0.002")
    assert (cells["lag ms"], cells["silent ms"], cells["refused last"]) == ("3/5", "40/–", "cap +1, 1.0s")
    assert row(desk, bounds)["best+1"].tone is Tone.GOOD and row(desk, bounds)["best−1"].tone is Tone.PLAIN
    seen = next(one.seen for one in desk.markets if one.market == "BTC")
    assert seen is not None
    above = with_market(desk, "BTC", seen=replace(seen, least_bps=1.5))
    assert row(above, bounds)["best+1"].tone is Tone.PLAIN, "above nothing, and below the threshold"


def test_a_worker_that_is_silent_dead_or_was_never_there_is_seen(desk: DeskFacts, bounds: Bounds) -> None:
    old_ns = bounds.decided_max_ns + 1
    silent = row(with_market(desk, "BTC", heard_age_ns=old_ns, decided_age_ns=old_ns), bounds)
    assert (silent["ago"].tone, silent["says"]) == (Tone.BAD, Said("silent 20s", Tone.BAD))
    half = row(with_market(desk, "BTC", decided_age_ns=old_ns // 2 + 1), bounds)
    assert (half["ago"].tone, half["says"].text) == (Tone.WARN, "holding")
    dead = row(with_market(desk, "BTC", state="FATAL"), bounds)
    assert (dead["worker"], dead["says"].text) == (Said("fatal", Tone.BAD), "–")
    assert row(desk, bounds, "ETH")["worker"] == Said("none", Tone.BAD)


def test_trouble_comes_before_a_halt_and_a_halt_before_what_the_worker_says(desk: DeskFacts, bounds: Bounds) -> None:
    halted = with_market(desk, "BTC", halt=HaltLevel.REDUCE)
    assert row(halted, bounds)["says"].text == "REDUCE holding"
    assert row(with_market(halted, "BTC", says="halted"), bounds)["says"].text == "REDUCE"
    deal = next(one for one in desk.markets if one.market == "BTC").deals[0]
    stuck = with_market(halted, "BTC", deals=(replace(deal, state="STUCK"),))
    assert row(stuck, bounds)["says"] == Said("stuck", Tone.BAD)
    assert f" BTC: stuck  arbctl deal show {deal.deal_id}" in top(stuck)
    all_stuck = replace(
        stuck, markets=tuple(replace(one, deals=(replace(deal, state="STUCK"),)) for one in desk.markets)
    )
    assert f"and {len(desk.markets) - 3} more:" in top(all_stuck) and top(all_stuck).count("arbctl deal show") == 3


def test_a_position_that_the_venue_does_not_confirm_shows_the_venues_figure(desk: DeskFacts, bounds: Bounds) -> None:
    sides = next(one for one in desk.markets if one.market == "BTC").sides
    other = (replace(sides[0], venue_size=Decimal("0.005"), settled=True), sides[1])
    cells = row(with_market(desk, "BTC", sides=other), bounds)
    assert (cells["dydx"], cells["apex"].text) == (Said("+0.005!", Tone.BAD), "−0.001")


# ---- the header -----------------------------------------------------------------------------------------------------


def test_the_header_has_equity_today_cap_count_and_both_leverages(desk: DeskFacts) -> None:
    said = top(desk)
    assert "equity 200.00 USD (dydx 100.00, apex 100.00)" in said
    assert "count  +1 █░░░ 1/4  −1 █░░░ 1/4" in said
    assert "of 2.5, max 3" in said and said.count("│") == 2
    assert "100.00 of 249.90" in said and " 40% " in said


def test_halts_doubts_and_real_money_stand_out(desk: DeskFacts) -> None:
    halts = tuple(Halt(m, HaltLevel.FLATTEN, "odd", "anna", desk.at_ns) for m in ("*", "BTC", "ETH", "LTC", "SOL"))
    said = top(replace(desk, halts=halts, doubts=(Doubt("BTC", 1, 1),)))
    assert " FLATTEN  every market, by anna 0.0s ago: odd" in said and "and 2 more halts: arbctl status" in said
    assert "in doubt since a power cut, nobody enters: BTC" in said
    assert tones(replace(desk, mode="live"))["LIVE"] is Tone.ALARM
    assert tones(desk)["PAPER"] is Tone.SIGN


def test_what_uses_up_the_cap_and_the_level_changes_its_tone(desk: DeskFacts) -> None:
    assert desk.cap is not None and desk.cap.cap_uusd is not None

    def tone(part: float) -> Tone:
        assert desk.cap is not None and desk.cap.cap_uusd is not None
        cap = replace(desk.cap, held_uusd=int(desk.cap.cap_uusd * part))
        line = next(one for one in head.lines(replace(desk, cap=cap), 100) if one[0].text.startswith("cap"))
        return line[1].tone

    assert [tone(part) for part in (0.5, 0.95, 1.01)] == [Tone.GOOD, Tone.WARN, Tone.BAD]


def test_an_account_that_was_not_heard_lately_says_so(desk: DeskFacts) -> None:
    # 30 s by the ledger, which outranks arb.toml
    old = replace(desk.venues[0], age_ns=31 * SECOND_NS)
    assert "31s old" in top(replace(desk, venues=(old, desk.venues[1])))
    just = replace(desk.venues[0], age_ns=30 * SECOND_NS)
    assert "old" not in top(replace(desk, venues=(just, desk.venues[1])))


def test_figures_that_are_old_are_called_so(desk: DeskFacts) -> None:
    assert head.as_of(desk, desk.at_ns + head.OLD_NS)[0].tone is Tone.DIM
    late = head.as_of(desk, desk.at_ns + head.OLD_NS + SECOND_NS)
    assert late == [Said(" these figures are 4.0s old ", Tone.ALARM)]


def test_no_fleet_no_ledger_and_a_program_that_broke_are_said_in_words(desk: DeskFacts) -> None:
    assert "no fleet runs here: ./scripts/run starts it" in top(replace(desk, supervisord=None))
    gone = top(replace(desk, trouble="there is no ledger yet"))
    assert "there is no ledger yet" in gone and "equity" not in gone
    programs = (ProgramFacts("sim", "RUNNING", 1), ProgramFacts("warden", "FATAL", 0))
    broken = replace(desk, programs=programs)
    assert "· sim runs · warden fatal" in top(broken)
    assert tones(broken)["· warden fatal"] is Tone.BAD


def test_a_ledger_without_cap_or_equity_is_no_empty_bar(desk: DeskFacts) -> None:
    assert desk.cap is not None
    bare = replace(desk, cap=replace(desk.cap, cap_uusd=None), counts=None, venues=(), pnl=None)
    assert "none yet: no new deals" in top(bare)


# ---- journal, deals, deeds ------------------------------------------------------------------------------------------


def test_in_the_journal_what_moves_a_deal_stands_out() -> None:
    moved = JournalRow(1, 0, "move", "BTC", "a-BTC-1", "OPENING", "STUCK", "means exhausted", 1, "v", "c")
    assert [said.text for said in entries.cells(moved)] == ["00:00:00", "a-BTC-1", "move → STUCK", "means exhausted"]
    assert entries.cells(moved)[2].tone is Tone.BAD
    same = replace(moved, verb="record", to_state="OPENING")
    assert entries.cells(same)[2] == Said("record", Tone.DIM)
    halt = replace(moved, verb="halt", market="*", deal_id=None, from_state=None, to_state=None)
    assert entries.cells(halt)[1] == Said("every market", Tone.BAD)


def test_a_deals_story_has_ids_venues_reasons_and_times(fleet: Any) -> None:
    story = deal_told.read(fleet.ledger_file, "aaaaaa-ETH-1")
    assert story is not None
    said = "\n".join(" ".join(part.text for part in step) for step in tale.steps(story.happened))
    assert "edge 12 bp" in said and "[aaaaaa-ETH-1-d0 · f-aaaaaa-ETH-1-d0]" in said and "venue time" in said
    assert "sell apex, buy dydx" in text_of(tale.about(story, fleet.now_ns)[0])
    rows = deal_told.newest(fleet.ledger_file, "ETH")
    assert [said.text for said in tale.cells(rows[0], fleet.now_ns)][:4] == ["aaaaaa-ETH-1", "+1", "CLOSED", "0.01"]


@pytest.mark.parametrize(
    ("ns", "said"), [(2_360_000, "+2.4 ms"), (1_144_000_000, "+1.144 s"), (185_000_000_000, "+3 min 5 s")]
)
def test_times_of_a_story_are_as_fine_as_they_are_early(ns: int, said: str) -> None:
    assert tale.since(ns) == said


def test_before_a_deed_it_is_said_what_will_happen_to_which_deals(desk: DeskFacts) -> None:
    def said(act: Act, at: DeskFacts = desk, height: int = 30) -> str:
        return "\n".join(text_of(line) for line in acts.says(act, at, height))

    flatten = said(Act(HaltLevel.FLATTEN, "BTC"))
    assert "closed NOW" in flatten and "BTC +1 0.001 OPEN" in flatten and "SOL" not in flatten
    assert "closed at the prices last seen: −" in flatten
    everywhere = said(Act(HaltLevel.FLATTEN, None))
    assert "SOL −1 1 OPEN" in everywhere and "prices last seen" not in everywhere, "SOL has no price: no sum"
    low = said(Act(HaltLevel.FLATTEN, None), height=20)
    assert "SOL −1" not in low and "and 1 more" in low
    assert "prices last seen" not in said(Act(HaltLevel.HALT, "BTC"))
    assert "Nothing is open there." in said(Act(HaltLevel.REDUCE, "ETH"))
    halted = replace(
        desk, halts=(Halt("*", HaltLevel.HALT, "odd", "anna", 1), Halt("BTC", HaltLevel.HALT, "x", "bob", 1))
    )
    assert "stays: all halt (odd)" in said(Act(HaltLevel.NONE, "BTC"), halted)
    assert "stays: BTC halt (x)" in said(Act(HaltLevel.NONE, None), halted)


def test_a_resume_without_a_halt_is_useless_and_says_what_is_halted(desk: DeskFacts) -> None:
    halted = replace(desk, halts=(Halt("*", HaltLevel.HALT, "odd", "anna", 1),))
    assert acts.useless(Act(HaltLevel.NONE, "BTC"), halted) == "BTC has no halt of its own; halted: every market"
    assert acts.useless(Act(HaltLevel.NONE, None), halted) == ""
    assert acts.useless(Act(HaltLevel.HALT, "BTC"), halted) == ""
    assert acts.useless(Act(HaltLevel.HALT, "BTC"), replace(desk, trouble="no ledger")) == "no ledger"


# ---- for scripts ----------------------------------------------------------------------------------------------------


def test_once_prints_a_frame_and_its_facts(fleet: Any, arbctl_in: Callable[[Path], Any]) -> None:
    call = arbctl_in(fleet.root)
    said = call("watch", "--once")
    assert (said.code, said.err) == (0, "") and "equity 200.00 USD" in said.out
    data = call("watch", "--once", "--json").data
    assert (data["mode"], data["equity_uusd"], data["trouble"]) == ("paper", 200_000_000, "")
    btc = next(one for one in data["markets"] if one["market"] == "BTC")
    assert (btc["entry_uusd"], btc["close_uusd"], btc["look_at"]) == (1_500, None, "")
    assert data["journal"][-1]["seq"] > 0


def test_once_without_a_ledger_says_so_and_fails(folder: Path, arbctl_in: Callable[[Path], Any]) -> None:
    said = arbctl_in(folder)("watch", "--once")
    assert said.code == 1 and "there is no ledger yet" in said.out and "no fleet runs here" in said.out
    assert "+0.000" not in said.out, "what is not known is no zero"


def test_a_screen_needs_a_terminal_and_json_one_frame(folder: Path, arbctl_in: Callable[[Path], Any]) -> None:
    assert arbctl_in(folder)("watch").code == 2
    assert arbctl_in(folder)("watch", "--json").code == 2


def test_why_there_is_no_ledger_is_said_in_full_in_every_window(desk: DeskFacts, bounds: Bounds) -> None:
    trouble = "there is no ledger yet at " + "/a/long/folder" * 9 + ": start the fleet with ./scripts/run"
    said = frame(replace(desk, trouble=trouble), bounds, 80)
    assert "".join(trouble.split()) in "".join(said.split()) and max(map(len, said.splitlines())) <= 80


def test_a_line_is_cut_where_the_window_ends_and_keeps_its_tones() -> None:
    line = [Said("abc", Tone.BAD), Said("def"), Said("ghi")]
    assert words.cut_line(line, 9) == line and words.cut_line(line, 20) == line
    assert words.cut_line(line, 5) == [Said("abc", Tone.BAD), Said("d"), Said("…")]
    assert [text_of(words.cut_line(line, width)) for width in (6, 3, 1)] == ["abcde…", "ab…", "…"]
