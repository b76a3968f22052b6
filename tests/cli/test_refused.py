"""`arbctl refused`: the newest refusals in words, counted by reason, within the time that was asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.telemetry.files import Writer, folder_of
from common.telemetry.rows import Refused

if TYPE_CHECKING:
    from tests.cli.conftest import Call

SECOND = 10**9


def test_why_and_what_to_do_the_newest_last(fleet: Any, arbctl_in: Callable[[Path], "Call"]) -> None:
    now_ns = fleet.now_ns
    for market, reasons in (("BTC", ["cap", "cap", "level"]), ("ETH", ["direction"])):
        rows = [Refused(market, now_ns - (9 - n) * SECOND, reason, 1, 15_000) for n, reason in enumerate(reasons)]
        Writer(folder_of(fleet.ledger_file), market).append(
            [Refused(market, now_ns - 3 * 86_400 * SECOND, "rate", 1, 1), *rows]
        )
    arbctl = arbctl_in(fleet.root)
    said = arbctl("refused")
    assert "4 refused since" in said.out and "cap 2" in said.out and "no room under the cap" in said.out
    assert "arbctl limit show" in said.err and "rate" not in said.out
    told = arbctl("refused", "--market", "BTC", "--limit", "2", "--json").data
    assert [row["reason"] for row in told["refused"]] == ["cap", "level"] and told["reasons"] == {"cap": 2, "level": 1}
    assert arbctl("refused", "--since", "7d", "--json").data["reasons"]["rate"] == 2
    assert "nothing to show" in arbctl("refused", "--since", "1s", "--market", "SOL").err
