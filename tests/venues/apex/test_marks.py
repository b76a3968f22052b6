"""Oracle prices: asked for once by the whole fleet, never handed out old, whatever lies in the file."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from common import clock
from common.core.errors import VenueError
from common.core.order import Unknown
from common.venues.apex.marks import MARK_AGE_NS, Marks
from common.venues.apex.wire import Data, Payload

BTC, ETH = "BTC-USDC", "ETH-USDC"


class Venue:
    """Stands for ApexRest: a price that rises with each question."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses = False

    async def public(self, path: str) -> Payload:
        """The answer of /v1/ticker."""
        self.asked.append(path)
        if self.refuses:
            return Unknown("too many")
        symbol = path.rpartition("=")[2]
        return Data([{"symbol": symbol, "oraclePrice": str(100 + len(self.asked)), "indexPrice": "1"}])


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    at_ns = [1_000 * MARK_AGE_NS]
    monkeypatch.setattr(clock, "monotonic_ns", lambda: at_ns[0])
    return at_ns


def marks(venue: Venue, file: Path | None) -> Marks:
    return Marks(venue, file)  # type: ignore[arg-type]


def of(one: Marks, *symbols: str) -> list[Decimal]:
    found = asyncio.run(one.of(symbols))
    return [found[symbol] for symbol in symbols]


def test_what_one_process_asked_for_the_others_find_until_it_is_old(tmp_path: Path, now: list[int]) -> None:
    venue, file = Venue(), tmp_path / "marks"
    first, second = marks(venue, file), marks(venue, file)
    assert of(first, BTC) == [Decimal(101)]
    now[0] += MARK_AGE_NS - 1
    assert of(second, BTC) == [Decimal(101)]
    assert of(first, BTC) == [Decimal(101)]
    assert len(venue.asked) == 1
    now[0] += 1
    assert of(second, BTC, ETH) == [Decimal(102), Decimal(103)]
    assert of(first, ETH, BTC) == [Decimal(103), Decimal(102)]
    assert len(venue.asked) == 3


def test_a_price_that_another_left_is_kept_beside_ones_own(tmp_path: Path, now: list[int]) -> None:
    venue, file = Venue(), tmp_path / "marks"
    of(marks(venue, file), BTC)
    of(marks(venue, file), ETH)
    assert of(marks(venue, file), BTC, ETH) == [Decimal(101), Decimal(102)]
    assert len(venue.asked) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["marks"]


@pytest.mark.parametrize(
    "left",
    [
        "", "[]", "7", '{"BTC-USDC": 1}', '{"BTC-USDC": [1]}', '{"BTC-USDC": [%d, "NaN"]}', '{"BTC-USDC": [%d, "-5"]}',
        '{"BTC-USDC": [%d, "Infinity"]}', '{"BTC-USDC": ["x", "5"]}', '{"BTC-USDC": [9999999999999999999999, "5"]}',
    ],
)  # fmt: skip
def test_a_damaged_file_or_one_of_another_life_of_the_machine_is_as_good_as_none(
    left: str, tmp_path: Path, now: list[int]
) -> None:
    file = tmp_path / "marks"
    file.write_text(left.replace("%d", str(now[0])))
    assert of(marks(Venue(), file), BTC) == [Decimal(101)]
    file.write_text(f'{{"BTC-USDC": [{now[0] + 1}, "5"]}}')
    assert of(marks(Venue(), file), BTC) == [Decimal(101)]


def test_without_a_file_or_where_it_cannot_be_written_each_asks_for_itself(tmp_path: Path, now: list[int]) -> None:
    venue = Venue()
    for file in (None, tmp_path / "no folder" / "marks"):
        assert of(marks(venue, file), BTC) == [Decimal(100 + len(venue.asked))]
        assert of(marks(venue, file), BTC) == [Decimal(100 + len(venue.asked))]
    assert len(venue.asked) == 4


def test_a_venue_that_gives_no_price_is_an_error(tmp_path: Path, now: list[int]) -> None:
    venue = Venue()
    venue.refuses = True
    with pytest.raises(VenueError, match="no price of BTC"):
        of(marks(venue, tmp_path / "marks"), BTC)
