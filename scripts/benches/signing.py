"""What one signature costs: hash and sign one order as each venue wants it, by our code, on this machine's backend.

The official clients do the same in pure Python; `book_to_wire` has them beside us where it matters.
"""

from collections.abc import Iterable
from dataclasses import replace

from common import clock
from common.venues import stark
from scripts.benches.base import Bench, Row, at_most

#: a key that signs here and nowhere else
KEY = 0x1234567890ABCDEF1234567890ABCDEF
ORDER = stark.StarkOrder(
    synthetic_id=0x4254432D3130000000000000000000,
    collateral_id=0x02893294412A4C8F915F75892B395EBBF6859EC246EC365C3B1F56F47C3A0A5D,
    fee_id=0x02893294412A4C8F915F75892B395EBBF6859EC246EC365C3B1F56F47C3A0A5D,
    is_buy=True,
    synthetic_quantums=10_000_000,
    collateral_quantums=40_000_000,
    fee_quantums=60_000,
    position_id=1812,
    nonce=1,
    expiration_hours=478_000,
)
GOAL_MS = 1.0


def measure(bench: Bench) -> Iterable[Row]:
    """Hash and signature of one order, a new one every time."""
    stark.warm_up()
    samples = bench.rounds({"sign": _Signed()}, quick=200, full=2000).of("sign")
    yield Row(f"one order, {stark.backend}", "ms", samples, (at_most("median", GOAL_MS),))


class _Signed:
    """One more order each time: its nonce is another."""

    def __init__(self) -> None:
        self._nonce = 0

    def __call__(self) -> float:
        self._nonce += 1
        order = replace(ORDER, nonce=self._nonce)
        begun_ns = clock.monotonic_ns()
        stark.sign(stark.order_hash(order), KEY)
        return (clock.monotonic_ns() - begun_ns) / 1e6
