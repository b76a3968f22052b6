"""Replay: recorded books on our grids, never better than recorded, both venues on one time line."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.core.errors import ConfigError
from common.core.market import Venue
from common.sim.listings import MARKETS, listings
from common.sim.replay import ReplaySource, on_grid, open_replay
from common.sim.sources import open_source
from common.sim.types import Instruments, SourceBook
from common.tape.books import RecordedBook
from common.tape.record import Kind, Record, note
from common.tape.writer import Rotation, TapeWriter

SECOND_NS = 10**9
START_NS = 1_700_000_000 * SECOND_NS
INSTRUMENTS: Instruments = {
    venue: {market: listing.instrument for market, listing in listings(venue, Decimal("0.0005")).items()}
    for venue in Venue
}
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
TWO_VENUES = DATA / "two_venue" / "A_binance_20240808"
ONE_VENUE = DATA / "single_venue" / "dydx_v3_2021"
CAPTURE = DATA / "fixtures" / "dydx_v3" / "cryptofeed" / "DYDX_20211028.ws.txt.gz"
recorded_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the recorded books at {DATA} are not on this machine")

levels = st.lists(
    st.tuples(st.decimals("1", "90000", places=6, allow_nan=False), st.decimals("0.00000001", "1000", places=8)),
    min_size=1,
    max_size=20,
    unique_by=lambda level: level[0],
)


@given(prices=levels, market=st.sampled_from(MARKETS), venue=st.sampled_from(list(Venue)), cut=st.integers(1, 19))
def test_rounding_never_makes_a_recorded_book_better(
    prices: list[tuple[Decimal, Decimal]], market: str, venue: Venue, cut: int
) -> None:
    prices.sort()
    bids, asks = tuple(reversed(prices[:cut])), tuple(prices[cut:])
    instrument = INSTRUMENTS[venue][market]
    book = on_grid(RecordedBook(market, 0, bids, asks), instrument)
    if book is None:
        return
    assert book.bids[0][0] < book.asks[0][0]
    for recorded, rows, sign in ((bids, book.bids, 1), (asks, book.asks, -1)):
        assert list(rows) == sorted(rows, key=lambda row: -sign * row[0])
        for tick, steps in rows:
            # at this price or better there is no more on our grid than was recorded at least as well
            ours = sum(instrument.size(s) for t, s in rows if sign * t >= sign * tick)
            theirs = sum(size for price, size in recorded if sign * price >= sign * instrument.price(tick))
            assert steps > 0 and ours <= theirs


def test_levels_meet_on_one_tick_and_dust_is_dropped() -> None:
    bids = (
        (Decimal("100.9"), Decimal("0.5")),
        (Decimal("100.2"), Decimal("0.25")),
        (Decimal("99"), Decimal("0.00001")),
    )
    book = on_grid(RecordedBook("BTC", 0, bids, ((Decimal("101.1"), Decimal(1)),)), INSTRUMENTS[Venue.DYDX]["BTC"])
    assert book == SourceBook(Venue.DYDX, "BTC", ((100, 7500),), ((102, 10000),), Decimal("101"))


def test_an_empty_side_or_a_crossed_book_is_not_shown() -> None:
    instrument, level = INSTRUMENTS[Venue.DYDX]["BTC"], ((Decimal(100), Decimal(1)),)
    assert on_grid(RecordedBook("BTC", 0, level, ()), instrument) is None
    assert on_grid(RecordedBook("BTC", 0, level, level), instrument) is None


def write(folder: Path, name: str, rows: Iterable[tuple[float, float, float]]) -> None:
    """A bbo file; rows are (seconds after the start, bid, ask)."""
    values = ", ".join(f"({START_NS + int(s * SECOND_NS)}, -1, {bid}, 2.0, {ask}, 3.0)" for s, bid, ask in rows)
    table = f"(values {values}) as t(ts_ns, exch_ts_ms, bid_px, bid_sz, ask_px, ask_sz)"
    duckdb.execute(f"copy (select * from {table}) to '{folder / name}' (format parquet)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "bbo_binance_usdm_BTC.parquet", [(s / 4, 100.0 + s, 101.0 + s) for s in range(40)])
    write(tmp_path, "bbo_binance_coinm_BTC.parquet", [(2 + s / 2, 100.0 + s, 101.0 + s) for s in range(40)])
    write(tmp_path, "bbo_binance_spot_ETH.parquet", [(s, 50, 51) for s in range(9)])
    write(tmp_path, "bbo_binance_usdm_ETH.parquet", [(s, 50, 51) for s in range(9)])
    return tmp_path


def play(source: ReplaySource) -> list[tuple[int, SourceBook]]:
    books = []
    while (at_ns := source.next_at_ns()) is not None:
        books += [(at_ns, book) for book in source.pop()]
    return books


def test_a_market_plays_while_both_venues_were_recorded_and_then_ends(folder: Path) -> None:
    source = open_replay(folder, MARKETS, INSTRUMENTS)
    assert source.markets == source.books_of(Venue.DYDX) == source.books_of(Venue.APEX) == ("BTC",)
    books = play(source)
    assert {book.venue for at_ns, book in books if at_ns == 0} == set(Venue)
    assert books[-1][0] == 7_750_000_000
    assert [at for at, _ in books] == sorted(at for at, _ in books)
    assert len(books) == 32 + 16
    assert source.next_at_ns() is None and source.pop() == ()


def test_a_restart_goes_on_where_the_tape_stood_and_begins_anew_after_its_end(folder: Path) -> None:
    source = open_replay(folder, MARKETS, INSTRUMENTS)
    whole = play(open_replay(folder, MARKETS, INSTRUMENTS))
    for _ in range(10):
        source.pop()
    rest = play(open_replay(folder, MARKETS, INSTRUMENTS, source.state()))
    assert rest[0][0] == 0
    assert [book for _, book in rest] == [book for _, book in whole][-len(rest) :]
    play(source)
    assert play(open_replay(folder, MARKETS, INSTRUMENTS, source.state())) == whole


def test_a_deeper_recording_is_preferred(folder: Path) -> None:
    table = ", ".join(
        [f"{START_NS} + range * 1000000000 as ts_ns"]
        + [f"{px} as {side}_px_{n}, 1.0 as {side}_sz_{n}" for side, n, px in
           (("bid", 1, 99.0), ("bid", 2, 98.0), ("ask", 1, 100.0), ("ask", 2, 102.0))]
    )  # fmt: skip
    name = folder / "book2_binance_usdm_BTC_20240101.parquet"
    duckdb.execute(f"copy (select {table} from range(10)) to '{name}' (format parquet)")
    dydx = next(b for _, b in play(open_replay(folder, ["BTC"], INSTRUMENTS)) if b.venue is Venue.DYDX)
    assert (dydx.bids, dydx.asks) == (((99, 10000), (98, 10000)), ((100, 10000), (102, 10000)))


def test_a_file_out_of_order_is_refused(folder: Path) -> None:
    write(folder, "bbo_binance_usdm_BTC.parquet", [(1, 1, 2), (5, 1, 2), (4, 1, 2), (6, 1, 2)])
    with pytest.raises(ConfigError, match="sort it by ts_ns"):
        play(open_replay(folder, MARKETS, INSTRUMENTS))


def test_what_cannot_be_replayed_is_said_with_the_remedy(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="both venues at the same time: BTC"):
        open_replay(folder, ["ETH"], INSTRUMENTS)
    with pytest.raises(ConfigError, match=r"does not exist: replay takes tapes \(\*\.tape\), a folder of"):
        open_replay(tmp_path / "nowhere", MARKETS, INSTRUMENTS)
    (folder / "bbo_binance_usdm_BTC.parquet").write_text("no parquet")
    with pytest.raises(ConfigError, match="cannot be read as recorded books"):
        open_replay(folder, MARKETS, INSTRUMENTS)


@pytest.mark.parametrize("spec", ["", "replay", "replay:", "tape:/x", "Synthetic"])
def test_a_source_nobody_knows_is_refused_with_the_two_that_exist(spec: str) -> None:
    with pytest.raises(ConfigError, match='write "synthetic", or "replay:PATH"'):
        open_source(spec, MARKETS, INSTRUMENTS, seed=1, jumps=Decimal(0))


def test_both_kinds_open_through_one_door(folder: Path) -> None:
    synthetic = open_source("synthetic", ["BTC", "SOL"], INSTRUMENTS, seed=1, jumps=Decimal(0))
    replay = open_source(f"replay:{folder}", ["BTC", "SOL"], INSTRUMENTS, seed=1, jumps=Decimal(0))
    assert synthetic.books_of(Venue.APEX) == synthetic.markets
    assert (synthetic.markets, replay.markets) == (("BTC", "SOL"), ("BTC",))


@recorded_data
def test_the_recorded_perps_play_on_grid_uncrossed_and_in_order() -> None:
    source = open_replay(TWO_VENUES, MARKETS, INSTRUMENTS)
    assert source.markets == ("BTC", "ETH")
    books = [(at_ns, book) for _ in range(1000) for at_ns in [source.next_at_ns()] for book in source.pop()]
    assert len(books) > 3000
    assert all(one[0] is not None and other[0] is not None and one[0] <= other[0] for one, other in pairwise(books))
    assert all(b.bids[0][0] < b.asks[0][0] and min(s for _, s in b.bids + b.asks) > 0 for _, b in books)
    mids = [b.index for _, b in books if b.market == "BTC"]
    assert 60_000 < min(mids) <= max(mids) < 64_000


@recorded_data
def test_a_folder_of_one_venue_has_no_market_for_us() -> None:
    with pytest.raises(ConfigError, match="both venues at the same time: none"):
        open_replay(ONE_VENUE, MARKETS, INSTRUMENTS)


@recorded_data
def test_a_raw_capture_drives_the_paper_dydx_alone() -> None:
    source = open_replay(CAPTURE, MARKETS, INSTRUMENTS)
    assert source.markets == ()
    assert source.books_of(Venue.DYDX) == ("ETH", "LTC", "BCH") and source.books_of(Venue.APEX) == ()
    books = play(source)
    assert len(books) > 2000 and {book.venue for _, book in books} == {Venue.DYDX}
    assert 30 * SECOND_NS < books[-1][0] < 32 * SECOND_NS


def test_a_tape_of_our_own_plays_while_both_venues_were_heard(tmp_path: Path) -> None:
    at = [START_NS + n * SECOND_NS for n in range(8)]
    opened = [note(Kind.OPENED, at[0], n, venue=v, market="BTC") for n, v in ((1, "dydx"), (2, "apex"))]
    again = note(Kind.OPENED, at[4], 3, venue="dydx", market="BTC")
    lost = note(Kind.LOST, at[3], 1, why="silent")
    records = [
        *opened,
        _dydx(1, at[1], "100"),
        _apex(at[2], 5, "101", "snapshot"),
        lost,
        _apex(at[4], 6, "102", "delta"),
        again,
        _dydx(3, at[5], "103"),
        _apex(at[6], 7, "104", "delta"),
    ]
    writer = TapeWriter(tmp_path, 1, "test", Rotation(1 << 30, 10**18))
    for record in records:
        writer.write([record])
    writer.close(at[7])
    source = open_replay(tmp_path, ["BTC", "ETH"], INSTRUMENTS)
    assert source.markets == ("BTC",)
    books = [(at_ns // SECOND_NS, book.venue, float(book.index)) for at_ns, book in play(source)]
    assert books == [
        (0, Venue.DYDX, 99.5),
        (0, Venue.APEX, 100.5),
        (3, Venue.DYDX, 102.5),
        (3, Venue.APEX, 101.5),
        (4, Venue.APEX, 103.5),
    ]
    kept = {"kind": "replay", "path": str(tmp_path), "at_ns": at[5]}
    assert [book.venue for _, book in play(open_replay(tmp_path, ["BTC"], INSTRUMENTS, kept))][-1] is Venue.APEX
    with pytest.raises(ConfigError, match="never has books of both venues"):
        open_replay(tmp_path, ["ETH"], INSTRUMENTS)


def _dydx(connection: int, at_ns: int, ask: str) -> Record:
    bids, asks = ([{"price": p, "size": "1"}] for p in (str(int(ask) - 1), ask))
    frame = {"type": "subscribed", "channel": "v3_orderbook", "id": "BTC-USD", "contents": {"bids": bids, "asks": asks}}
    return Record(Kind.FRAME, connection, at_ns, orjson.dumps(frame))


def _apex(at_ns: int, u: int, ask: str, kind: str) -> Record:
    """Each delta takes the last book's levels away."""
    bids, asks = [[str(int(ask) - 1), "1"]], [[ask, "1"]]
    if kind == "delta":
        bids += [[str(price), "0"] for price in range(90, int(ask) - 1)]
        asks += [[str(price), "0"] for price in range(90, int(ask))]
    frame = {"topic": "orderBook200.H.BTCUSDC", "type": kind, "data": {"s": "BTCUSDC", "b": bids, "a": asks, "u": u}}
    return Record(Kind.FRAME, 2, at_ns, orjson.dumps(frame))
