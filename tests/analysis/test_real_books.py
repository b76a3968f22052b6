"""Real books, where the recordings are there: at 5 + 5 bp they hardly ever pay."""

from pathlib import Path

import pytest

from common.analysis.analyse import Wanted, analysed
from common.analysis.findings import PairFound

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "two_venue"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the recorded books are not part of the project")


def found(tmp_path: Path, *places: str) -> list[PairFound]:
    wanted = Wanted(size_of=lambda market: 0.001, fee_bps_of=lambda place: 5.0)
    return analysed([str(DATA / place) for place in places], wanted, tmp_path)


def test_no_pair_of_minute_bars_was_ever_above_both_ways_fees(tmp_path: Path) -> None:
    pairs = found(tmp_path, "E_lean_minute_quotes")
    assert len(pairs) == 6 and all(spread.over_twice_share == 0 for pair in pairs for spread in pair.spreads)


def test_a_gap_of_milliseconds_counts_as_milliseconds(tmp_path: Path) -> None:
    files = [f"A_binance_20240808/bbo_binance_{place}_BTC.parquet" for place in ("usdm", "coinm")]
    (pair,) = found(tmp_path, *files)
    sold = pair.spreads[0]
    assert sold.lasting[1].runs == 1 and sold.lasting[1].longest_s == pytest.approx(0.0321, abs=0.0001)
    # sampled every 100 ms by somebody else: 0.92, 2.16, 2.61, and 98.4 % of the time one direction above 0
    assert (sold.median_bps, sold.p95_bps, sold.p99_bps) == pytest.approx((0.92, 2.16, 2.61), abs=0.05)
    assert sum(spread.over_zero_share for spread in pair.spreads) == pytest.approx(0.984, abs=0.005)
