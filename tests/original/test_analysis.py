"""The original's analysis of what it collected: three scripts that need pandas and matplotlib, which are none of ours.

They run where both can be imported (say, from a folder named in `PYTHONPATH`), and are skipped elsewhere.
"""

import importlib.util
import struct
from typing import Any

import pytest

from common.core.market import Venue

FOLDER = "D:\\学习资料\\实习\\DYDX_data\\depthdata"
NEEDED = ("pandas", "matplotlib")
absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(absent), reason=f"not installed: {', '.join(absent)}")]


@pytest.fixture
def filtered(original: Any) -> Any:
    """Books of both venues, collected and cut to three levels by the original's own scripts."""
    original.move("BTC", Venue.APEX, 10)
    for number in (3, 6):
        original.write(collect=number)
        script = original.start("collect")
        script.wait_for("saved to order_book_BTC", times=3)
        script.wait_for("saved to order_book_ETH")
        script.end()
    # a Windows path: here it is one name with backslashes in it
    (original.folder / FOLDER).mkdir()
    for path in original.folder.glob("order_book_*.csv"):
        path.rename(original.folder / FOLDER / path.name)
    return original


def test_books_are_cut_to_three_levels(filtered: Any) -> None:
    script = filtered.run(18)
    assert script.code == 0 and script.out.endswith("All files processed.\n")
    kept = filtered.folder / (FOLDER + "\\datafilter")
    rows = (kept / "order_book_BTC-USD_dydx_filter.csv").read_text().splitlines()
    assert rows[0] == "Size,Price,Type,Timestamp,Market" and len(rows) > 6
    prices = [float(row.split(",")[1]) for row in rows[1:7]]
    assert prices == [28801, 28802, 28803, 28799, 28798, 28797]


@pytest.mark.parametrize("number", [19, 20])
def test_charts_are_drawn(filtered: Any, number: int) -> None:
    filtered.run(18)
    for path in (filtered.folder / (FOLDER + "\\datafilter")).glob("*.csv"):
        (filtered.folder / path.name).write_bytes(path.read_bytes())
    drawn = "\nplt.savefig('drawn.png')\n"
    filtered.write_text("chart.py", filtered.blocks[number] + drawn)
    assert filtered.start("chart").ended().code == 0
    head = (filtered.folder / "drawn.png").read_bytes()[:24]
    assert struct.unpack(">8x4x4xII", head) == (1000, 600)
