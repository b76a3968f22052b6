"""Reading back: the order of time over all files, gaps where something is missing, one file open at a time."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.core.errors import ConfigError
from common.core.events import BookMessage, FundingRate
from common.core.market import Venue
from common.tape.block import FILE_HEAD, seal
from common.tape.decode import decoded
from common.tape.export import into_folder
from common.tape.heard import Gap, Heard, Page
from common.tape.listed import Listings
from common.tape.places import tape_files
from common.tape.reader import DAMAGED, DIED, STOPPED, merged, read
from common.tape.record import Kind, Record, note

BID, ASK = [["36999", "1.5"]], [["37000", "2"]]


class Counted(BytesIO):
    """A file that counts how many of its kind are open."""

    now = most = 0

    def __init__(self, name: str) -> None:
        super().__init__(Path(name).read_bytes())
        Counted.now += 1
        Counted.most = max(Counted.most, Counted.now)

    def close(self) -> None:
        Counted.now -= not self.closed
        super().close()


def gaps(heard: list[Heard]) -> list[tuple[str, str]]:
    return [(one.venue.value, one.told.why) for one in heard if isinstance(one.told, Gap)]


def test_files_of_several_recorders_are_one_line_of_time(tmp_path: Path, frames: Any) -> None:
    for run in (1, 2, 3):
        records = [Record(Kind.FRAME, 9, frames.at(run + 3 * n), b"%d" % run) for n in range(20)]
        frames.write(tmp_path / str(run), records, run=run, per_block=3)
    times = [one.record.at_ns for one in read(tmp_path) if one.record.kind is Kind.FRAME]
    assert times == [frames.at(n) for n in range(1, 61)]


def test_a_tape_is_named_by_file_folder_or_pattern(tmp_path: Path, frames: Any) -> None:
    frames.write(tmp_path / "a", frames.opened())
    frames.write(tmp_path / "b", frames.opened(5))
    one = next((tmp_path / "a").glob("*.tape"))
    assert len(tape_files([tmp_path])) == len(tape_files([f"{tmp_path}/*/*.tape"])) == 2
    assert [Path(file.name) for file in tape_files([one, one])] == [one]
    with pytest.raises(ConfigError, match="there is no tape"):
        tape_files([tmp_path / "c"])
    (tmp_path / "d.tape").write_text("something else")
    with pytest.raises(ConfigError, match=r"d\.tape is not a tape"):
        tape_files([tmp_path])


def test_many_files_are_read_one_after_the_other(tmp_path: Path, frames: Any) -> None:
    for n in range(12):
        frames.write(tmp_path, [Record(Kind.FRAME, 1, frames.at(10 * n + m), b"x" * 100) for m in range(5)], run=n + 1)
    files = [replace(file, open=partial(Counted, file.name)) for file in tape_files([tmp_path])]
    assert sum(one.record.kind is Kind.FRAME for one in merged(files)) == 60
    assert Counted.most == 1


def test_a_dead_recorder_a_stopped_one_and_damage_are_gaps_of_all_it_heard(tmp_path: Path, frames: Any) -> None:
    book = frames.dydx_book(1, BID, ASK)
    frames.write(tmp_path, [*frames.opened(), book], run=1, end=False, per_block=2)
    frames.write(tmp_path, [*frames.opened(10), replace(book, at_ns=frames.at(11))], run=2, per_block=2)
    assert gaps(list(decoded(read(tmp_path)))) == [(v, why) for why in (DIED, STOPPED) for v in ("dydx", "apex")]
    second = tape_files([tmp_path])[1].name
    data = bytearray(Path(second).read_bytes())
    data[data.rfind(b"BLK1", 0, data.rfind(b"BLK1")) + 40] ^= 1
    Path(second).write_bytes(bytes(data))
    heard = list(decoded(read(second)))
    assert gaps(heard) == [(v, why) for why in (DAMAGED, STOPPED) for v in ("dydx", "apex")]
    assert not [one for one in heard if isinstance(one.told, BookMessage)]


def test_a_tape_of_a_later_program_is_refused(tmp_path: Path, frames: Any) -> None:
    frames.write(tmp_path, [note(Kind.BEGIN, frames.at(0), format=2, run=1)])
    with pytest.raises(ConfigError, match="newer version"):
        list(read(tmp_path))


def test_frames_become_books_trades_and_rates_by_the_codecs_of_trading(tmp_path: Path, frames: Any) -> None:
    figures = {"markets": {"BTC-USD": {"nextFundingRate": "0.0000125"}}}
    records = [
        *frames.opened(),
        note(Kind.OPENED, frames.at(0), 3, venue="dydx", market=""),
        frames.frame(1, 1, {"type": "connected", "message_id": 0}),
        frames.dydx_book(1, BID, ASK),
        frames.dydx_delta(2, 7, [["36999.5", "0"]], []),
        frames.dydx_trades(3, frames.dydx_trade("2023-11-14T22:13:23.000Z"), first=True),
        frames.frame(3, 3, {"type": "subscribed", "channel": "v3_markets", "contents": figures}),
        frames.apex_book(4, 5, BID, ASK, "snapshot"),
        frames.frame(2, 4, {"success": True, "request": {"op": "subscribe"}}),
        frames.apex_trades(5, frames.apex_trade("a", 1_700_000_005_000)),
        frames.apex(6, "instrumentInfo.H.BTCUSDC", "delta", {"symbol": "BTCUSDC", "predictedFundingRate": "0.0001"}),
        frames.frame(1, 7, "no object"),
    ]
    heard = list(decoded(read(frames.write(tmp_path, records, end=False))))
    told = [(one.venue, one.market, type(one.told)) for one in heard if not isinstance(one.told, Gap)]
    kinds = [BookMessage, BookMessage, Page, FundingRate]
    assert [kind for venue, _, kind in told if venue is Venue.DYDX] == kinds
    assert [kind for venue, _, kind in told if venue is Venue.APEX] == [BookMessage, Page, FundingRate]
    assert {market for _, market, _ in told} == {"BTC"}
    delta = heard[1].told
    assert isinstance(delta, BookMessage) and delta.bids == ((3_699_950_000_000, 0, 7),) and delta.at_ns == frames.at(2)
    assert "malformed" in gaps(heard)[0][1], "what cannot be read is a gap, and the tape goes on"


def test_what_was_dropped_or_lost_is_told_of_the_markets_it_was_about(tmp_path: Path, frames: Any) -> None:
    records = [
        *frames.opened(),
        note(Kind.GAP, frames.at(1), why="dropped", dropped={"1": 12}),
        note(Kind.GAP, frames.at(2), venue="apex", market="BTC", why="book 5 after 3", topic=""),
        note(Kind.LOST, frames.at(3), 1, why="silent"),
        note(Kind.OPENED, frames.at(4), 5, venue="apex", market="BTC"),
        note(Kind.ANSWER, frames.at(5), venue="dydx", market="BTC", topic="book", status=429, text="error code: 1015"),
    ]
    heard = [one for one in decoded(read(frames.write(tmp_path, records))) if isinstance(one.told, Gap)]
    assert gaps(heard) == [
        ("dydx", "dropped"),
        ("apex", "book 5 after 3"),
        ("dydx", "silent"),
        ("apex", "its connection was replaced"),
        ("dydx", "dydx: http 429, not json"),
        ("apex", STOPPED),
    ]
    assert isinstance(heard[0].told, Gap) and heard[0].told.dropped == 12


def test_the_listing_on_the_tape_gives_the_instruments(tmp_path: Path, frames: Any) -> None:
    figures = dict.fromkeys(("initialMarginFraction", "maintenanceMarginFraction"), "0.05")
    listed = {"market": "BTC-USD", "tickSize": "1", "stepSize": "0.0001", "minOrderSize": "0.001", "status": "ONLINE"}
    text = f'{{"markets": {{"BTC-USD": {orjson.dumps(listed | figures).decode()}}}}}'
    answer = note(Kind.ANSWER, frames.at(0), venue="dydx", market="", topic="listing", status=200, text=text)
    files = tape_files([frames.write(tmp_path, [answer])])
    instrument = Listings(files).instrument(Venue.DYDX, "BTC")
    assert (str(instrument.tick), str(instrument.step)) == ("1", "0.0001")
    with pytest.raises(ConfigError, match="no listing of apex"):
        Listings(files).instrument(Venue.APEX, "BTC")


def test_tapes_of_an_object_store_are_read_where_fsspec_is_installed(tmp_path: Path, frames: Any) -> None:
    fsspec = pytest.importorskip("fsspec", reason="fsspec is for object stores and optional")
    frames.write(tmp_path, frames.opened())
    store, local = fsspec.filesystem("memory"), next(tmp_path.glob("*.tape"))
    store.put_file(str(local), f"/bucket/deep/{local.name}")
    assert list(read("memory://bucket")) == list(read(f"memory://bucket/deep/{local.name}")) == list(read(tmp_path))
    rows = into_folder("memory://bucket/out", lambda folder: {"n": (folder / "a.csv").write_text("x")})
    assert rows == {"n": 1} and store.exists("/bucket/out/a.csv")
    with pytest.raises(ConfigError, match="nothing is overwritten"):
        into_folder("memory://bucket/out", lambda folder: {})


json_values = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-9, 9), st.sampled_from(["dydx", "BTC", "../x", "book", "trades", ""])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["1", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)
note_keys = ["venue", "market", "why", "topic", "status", "text", "base64", "dropped", "format", "run", "ends"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    kind=st.sampled_from(Kind),
    fields=st.dictionaries(st.sampled_from(note_keys), json_values),
    good=st.dictionaries(st.sampled_from(["venue", "market"]), st.just("x"), max_size=2),
)
def test_a_tape_that_no_recorder_wrote_is_refused_in_a_sentence(
    kind: Kind, fields: dict[str, Any], good: dict[str, str], tmp_path: Path, frames: Any
) -> None:
    says = fields | {key: {"venue": "dydx", "market": "BTC"}[key] for key in good}
    odd = Record(kind, 1, frames.at(1), orjson.dumps(says))
    name = tmp_path / "odd.tape"
    name.write_bytes(FILE_HEAD + seal([*frames.opened(), odd, frames.dydx_book(2, BID, ASK)]))
    with suppress(ConfigError):
        heard = list(decoded(read(name)))
        is_book_heard = any(isinstance(one.told, BookMessage) for one in heard)
        assert is_book_heard or kind not in (Kind.FRAME, Kind.ANSWER, Kind.END)


def test_a_venue_cannot_name_our_files(tmp_path: Path, frames: Any) -> None:
    book = frames.dydx_book(1, BID, ASK).fields() | {"id": "../../etc/x-USD"}
    heard = list(decoded(read(frames.write(tmp_path, [*frames.opened(), frames.frame(1, 1, book)]))))
    assert gaps(heard)[0] == ("dydx", "dydx names a market '../../etc/x'")
    assert not [one for one in heard if isinstance(one.told, BookMessage)]
