"""Each row of today is read once, whole, however the files grow, end or are replaced."""

import shutil
from pathlib import Path

from common.telemetry.files import Writer, day_of
from common.telemetry.following import Following
from common.telemetry.rows import Refused, Row, line

SECOND_NS = 1_000_000_000
NOON_NS = 20_000 * 86_400 * SECOND_NS + 43_200 * SECOND_NS
DAY_NS = 86_400 * SECOND_NS


def refused(market: str, reason: str, at_ns: int = NOON_NS) -> Refused:
    return Refused(market, at_ns, reason, 1, 5)


def heard(following: Following, now_ns: int = NOON_NS) -> tuple[bool, list[Row]]:
    is_anew, rows = following.news(now_ns)
    return is_anew, list(rows)


def test_what_came_since_is_read_once(tmp_path: Path) -> None:
    following = Following(tmp_path)
    assert heard(following) == (True, [])
    btc, eth = Writer(tmp_path, "BTC"), Writer(tmp_path, "ETH")
    btc.append([refused("BTC", "cap")])
    eth.append([refused("ETH", "level")])
    assert heard(following) == (False, [refused("BTC", "cap"), refused("ETH", "level")])
    eth.append([refused("ETH", "rate")])
    assert heard(following) == (False, [refused("ETH", "rate")])
    assert heard(following) == (False, [])
    # whoever begins later reads the same day
    assert heard(Following(tmp_path)) == (
        True,
        [refused("BTC", "cap"), refused("ETH", "level"), refused("ETH", "rate")],
    )


def test_a_line_that_is_being_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    following, text = Following(tmp_path), line(refused("BTC", "cap"))
    file = tmp_path / day_of(NOON_NS).isoformat() / "BTC.jsonl"
    file.parent.mkdir()
    file.write_bytes(b"no row\n" + text[:9])
    assert heard(following) == (True, [])
    with file.open("ab") as out:
        out.write(text[9:])
    assert heard(following) == (False, [refused("BTC", "cap")])


def test_midnight_and_another_file_begin_anew(tmp_path: Path) -> None:
    following, writer = Following(tmp_path), Writer(tmp_path, "BTC")
    writer.append([refused("BTC", "cap")])
    heard(following)
    writer.append([refused("BTC", "level", NOON_NS + DAY_NS)])
    assert heard(following, NOON_NS + DAY_NS) == (True, [refused("BTC", "level", NOON_NS + DAY_NS)])
    shutil.rmtree(tmp_path / day_of(NOON_NS + DAY_NS).isoformat())
    assert heard(following, NOON_NS + DAY_NS) == (True, [])
