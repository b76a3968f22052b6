"""A replay sees the edges that a slow second reckoning of the same tape finds: every decision, both directions."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

from common import settings
from common.core import opening, trader
from common.core.market import Direction, Venue
from common.core.view import MarketView
from common.replay.run import Outcome, Replay, play
from common.settings import Settings
from common.sim.listings import listings
from common.tape.reader import read
from common.tape.record import Kind, Record, note
from common.tape.writer import Rotation, TapeWriter
from scripts.bench_replay import make_tape

ROOT = Path(__file__).resolve().parents[2]
SECOND_NS = 10**9
START_NS = 1_700_000_000 * SECOND_NS
#: the spread of leaving passes through a float, everything else is exact
NEAR_USD = Fraction(1, 10**9)


def _reference() -> ModuleType:
    path = Path(__file__).with_name("reference.py")
    spec = importlib.util.spec_from_file_location("arb_reference", path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["arb_reference"] = made
    spec.loader.exec_module(made)
    return made


REFERENCE = _reference()


@dataclass(frozen=True, slots=True)
class Weighed:
    """One decision of a trader: its edges in both directions, and what it found."""

    market: str
    at_ns: int
    plus: Fraction | None
    minus: Fraction | None
    found: str


@dataclass
class Seen:
    """What traders did in a replay: every decision about an opening, and every look at the spread of leaving."""

    weighed: list[Weighed]
    looks: list[tuple[int, str]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    seen = Seen([], [])
    find, sample = opening.find_opening, MarketView.sample

    def finding(view: MarketView, at_ns: int) -> Any:
        found = find(view, at_ns)
        why = getattr(found, "reason", "open")
        if why not in ("stale", "offline", "index"):
            edges = (opening.weigh(view, direction, at_ns) for direction in (Direction(1), Direction(-1)))
            plus, minus = (None if one is None else Fraction(one.edge) for one in edges)
            seen.weighed.append(Weighed(view.terms.market, at_ns, plus, minus, why))
        return found

    def sampling(view: MarketView, at_ns: int) -> None:
        seen.looks.append((at_ns, view.terms.market))
        sample(view, at_ns)

    monkeypatch.setattr(trader, "find_opening", finding)
    monkeypatch.setattr(MarketView, "sample", sampling)
    return seen


@pytest.fixture
def config() -> Settings:
    """arb.toml with a short window, so that samples leave it within the tape."""
    loaded = settings.load(ROOT / "arb.toml", {})
    markets = {
        name: replace(terms, median_window_ns=8 * SECOND_NS, median_warmup_ns=3 * SECOND_NS)
        for name, terms in loaded.markets.items()
    }
    return replace(loaded, markets=markets)


def never(config: Settings) -> Settings:
    """No edge is ever enough."""
    markets = {name: replace(terms, edge_min_bps=terms.edge_min_bps + 9_000) for name, terms in config.markets.items()}
    return replace(config, markets=markets)


def rules_of(config: Settings) -> dict[str, Any]:
    ticks = {venue: listings(venue, config.paper.taker_fee) for venue in Venue}
    return {
        name: REFERENCE.Rules(
            size=Fraction(terms.size),
            slack_bps=Fraction(terms.limit_slack_bps),
            slippage_bps=Fraction(terms.slippage_max_bps),
            window_ns=terms.median_window_ns,
            warmup_ns=terms.median_warmup_ns,
            silence_ns=terms.feed_silence_max_ns,
            index_age_ns=terms.index_age_max_ns,
            hold_ns=terms.expected_hold_ns,
            fee=Fraction(config.paper.taker_fee),
            tick={venue.value: Fraction(ticks[venue][name].instrument.tick) for venue in Venue},
        )
        for name, terms in config.markets.items()
    }


KINDS = {Kind.FRAME: "frame", Kind.OPENED: "opened", Kind.LOST: "lost"}


def records_of(tape: Path) -> Iterator[tuple[int, int, str, bytes]]:
    for taped in read(tape):
        record = taped.record
        yield record.at_ns, record.connection, KINDS.get(record.kind, "note"), record.body


def reckoned(tape: Path, config: Settings, seen: Seen) -> list[Any]:
    return list(REFERENCE.edges_of(records_of(tape), rules_of(config), seen.looks))


def refuse_difference(weighed: list[Weighed], expected: list[Any]) -> None:
    """The same moments, and the same edges at each."""
    assert [(one.market, one.at_ns) for one in weighed] == [(one.market, one.at_ns) for one in expected]
    for mine, other in zip(weighed, expected, strict=True):
        for one, another in ((mine.plus, other.plus), (mine.minus, other.minus)):
            assert (one is None) == (another is None), (mine, other)
            assert one is None or abs(one - another) < NEAR_USD, (mine, other)


# ---- a synthetic tape of ten markets --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ten_markets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tape(tmp_path_factory.mktemp("ten"), 16)


def test_every_decision_of_ten_markets_sees_the_edges_of_the_reference(
    ten_markets: Path, config: Settings, seen: Seen
) -> None:
    play(Replay((ten_markets,), never(config)))
    expected = reckoned(ten_markets, config, seen)
    refuse_difference(seen.weighed, expected)
    known = [one for one in expected if one.plus is not None and one.minus is not None]
    assert len({one.market for one in known}) == 10 and len(known) > 2_000


def test_a_deal_is_opened_when_the_reference_says_and_for_the_edge_it_says(
    ten_markets: Path, config: Settings, seen: Seen, tmp_path: Path
) -> None:
    """Up to each market's first reservation nothing of ours is in the books; each decision is the reference's."""
    outcome = play(Replay((ten_markets,), config, ledger_file=tmp_path / "ledger.db"))
    first = _first_deals(outcome)
    assert first, "nothing was opened: there is nothing to compare"
    expected = {(one.market, one.at_ns): one for one in reckoned(ten_markets, config, seen)}
    compared = 0
    for mine in seen.weighed:
        other = expected.get((mine.market, mine.at_ns))
        if other is None or mine.at_ns > first.get(mine.market, 1 << 62):
            continue
        compared += 1
        assert _decided(other, config) == (mine.found if mine.found in ("cold", "edge") else "above"), (mine, other)
    assert compared > 1_000
    # where the trader first asked for a fresh book, it was opened between two messages of the tape
    on_tape = [(market, at_ns) for market, at_ns in first.items() if (market, at_ns) in expected]
    assert on_tape
    for market, at_ns in on_tape:
        (mine,) = [one for one in seen.weighed if (one.market, one.at_ns, one.found) == (market, at_ns, "open")]
        other = expected[market, at_ns]
        assert mine.plus is not None and abs(mine.plus - other.plus) < NEAR_USD
        assert mine.minus is not None and abs(mine.minus - other.minus) < NEAR_USD


def _first_deals(outcome: Outcome) -> dict[str, int]:
    first: dict[str, int] = {}
    for deal in outcome.deals:
        first[deal.market] = min(deal.opened_ns, first.get(deal.market, 1 << 62))
    return first


def _decided(expected: Any, config: Settings) -> str:
    """What there is to decide by the reference's own edges."""
    ways = [(e, n) for e, n in ((expected.plus, expected.notional_plus), (expected.minus, expected.notional_minus))
            if e is not None]  # fmt: skip
    if not ways:
        return "cold"
    best, notional = max(ways)
    least = Fraction(config.markets[expected.market].edge_min_bps) * notional / 10_000
    return "edge" if best <= least else "above"


# ---- tapes of everything that goes wrong ----------------------------------------------------------------------------


def troubled(seed: int) -> Iterator[Record]:
    """BTC at both venues for half a minute: late and doubled levels, levels across the other side, gaps, lost lines.

    What makes a trader ask for a fresh book is left out, since only a venue could answer that: an ApeX book that
    crosses, a middle that is suddenly elsewhere.
    """
    drawn = random.Random(seed)
    yield from (_opened(venue, 0) for venue in Venue)
    at_ns, middle, offset, u = START_NS, 40_000, 100, 10
    for venue in Venue:
        yield _figures(venue, at_ns, middle, drawn)
    whole = {Venue.DYDX: True, Venue.APEX: True}
    while at_ns < START_NS + 30 * SECOND_NS:
        at_ns += drawn.randrange(1_000, 60_000_000)
        middle += drawn.choice((-2, -1, 0, 0, 1, 2))
        venue = drawn.choice(tuple(Venue))
        if drawn.random() < 0.02:
            yield _figures(venue, at_ns, middle, drawn)
        if drawn.random() < 0.004:
            yield _lost(venue, at_ns)
            yield _opened(venue, at_ns)
            whole[venue] = True
        if venue is Venue.DYDX:
            offset += drawn.choice((1, 1, 1, 3, -2))
            yield _dydx(at_ns, middle, offset, drawn, whole=whole[venue])
        else:
            u += 2 if drawn.random() < 0.02 else 1
            yield _apex(at_ns, middle, u, drawn, whole=whole[venue])
        whole[venue] = drawn.random() < 0.03
        if drawn.random() < 0.003:
            # long enough for a venue to count as silent
            at_ns += drawn.choice((1_900_000_000, 2_100_000_000))


def _opened(venue: Venue, at_ns: int) -> Record:
    return note(Kind.OPENED, at_ns or START_NS, _line(venue), venue=venue.value, market="BTC")


def _lost(venue: Venue, at_ns: int) -> Record:
    return note(Kind.LOST, at_ns, _line(venue), why="closed")


def _line(venue: Venue) -> int:
    return 1 if venue is Venue.DYDX else 2


def _frame(venue: Venue, at_ns: int, said: dict[str, Any]) -> Record:
    return Record(Kind.FRAME, _line(venue), at_ns, orjson.dumps(said))


def _figures(venue: Venue, at_ns: int, middle: int, drawn: random.Random) -> Record:
    rate = f"{drawn.randrange(-400, 400) / 10**7:.7f}"
    if venue is Venue.DYDX:
        contents = {"BTC-USD": {"indexPrice": str(middle), "nextFundingRate": rate}}
        return _frame(venue, at_ns, {"type": "channel_data", "channel": "v3_markets", "contents": contents})
    data = {"indexPrice": str(middle), "predictedFundingRate": rate}
    return _frame(venue, at_ns, {"topic": "instrumentInfo.H.BTCUSDC", "type": "delta", "data": data})


def _size(drawn: random.Random) -> str:
    """Thin at times: a deal is 0.004."""
    return drawn.choice(("0", "0.001", "0.002", "0.003", "0.02", "1.5"))


def _dydx(at_ns: int, middle: int, offset: int, drawn: random.Random, *, whole: bool) -> Record:
    said: dict[str, Any] = {"channel": "v3_orderbook", "id": "BTC-USD", "message_id": 1}
    if whole:
        sides = [[(middle + sign * n, _size(drawn)) for n in range(1, 9)] for sign in (-1, 1)]
        bids, asks = ([{"price": str(p), "size": s, "offset": str(offset)} for p, s in side] for side in sides)
        return _frame(Venue.DYDX, at_ns, said | {"type": "subscribed", "contents": {"bids": bids, "asks": asks}})
    # a level may lie across the other side: the older one goes
    changed = [
        [[str(middle + sign * drawn.randrange(-1, 9)), _size(drawn)] for _ in range(drawn.randrange(3))]
        for sign in (-1, 1)
    ]
    change = {"offset": str(offset), "bids": changed[0], "asks": changed[1]}
    if drawn.random() < 0.3:
        later = {"offset": str(offset + 1), "bids": [], "asks": changed[1][:1]}
        return _frame(Venue.DYDX, at_ns, said | {"type": "channel_batch_data", "contents": [change, later]})
    return _frame(Venue.DYDX, at_ns, said | {"type": "channel_data", "contents": change})


def _apex(at_ns: int, middle: int, u: int, drawn: random.Random, *, whole: bool) -> Record:
    """Whole ticks about a middle that does not move, so that the book never crosses; each price once a message."""
    base = 40_000
    places = range(1, 12) if whole else drawn.sample(range(1, 12), drawn.randrange(4))
    bids, asks = ([[f"{base + sign * n / 2:.1f}", _size(drawn)] for n in places] for sign in (-1, 1))
    if whole:
        bids[-1][1] = asks[-1][1] = "2"
    data = {"s": "BTCUSDC", "b": bids, "a": asks, "u": u}
    kind = "snapshot" if whole else "delta"
    return _frame(Venue.APEX, at_ns, {"topic": "orderBook200.H.BTCUSDC", "type": kind, "data": data})


@pytest.fixture
def write(tmp_path: Path) -> Callable[[int], Path]:
    def write(seed: int) -> Path:
        folder = tmp_path / f"troubled-{seed}"
        writer = TapeWriter(folder, 7, "test", Rotation(1 << 30, 10**18))
        records = list(troubled(seed))
        for at in range(0, len(records), 50):
            writer.write(records[at : at + 50])
        writer.close(records[-1].at_ns)
        return folder

    return write


@pytest.mark.parametrize("seed", range(4))
def test_gaps_late_levels_thin_books_and_funding_make_no_difference(
    write: Callable[[int], Path], config: Settings, seen: Seen, seed: int
) -> None:
    terms = replace(config.markets["BTC"], size=Decimal("0.004"))
    if seed % 2:
        # the band about the touch binds, at no whole tick
        terms = replace(terms, limit_slack_bps=Decimal("3.7"), slippage_max_bps=Decimal("2.3"))
    one = never(replace(config, markets={"BTC": terms}))
    tape = write(seed)
    play(Replay((tape,), one))
    expected = reckoned(tape, one, seen)
    refuse_difference(seen.weighed, expected)
    assert len([edges for edges in expected if edges.plus is not None]) > 100
