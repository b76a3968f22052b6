"""A replay on a file is reported like a live fleet: its ledger and telemetry give what the outcome says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.errors import ConfigError
from common.replay.run import Replay, play
from common.result.result import Asked, result
from common.settings import Settings
from common.telemetry.files import folder_of

if TYPE_CHECKING:
    from tests.replay.conftest import Tape

MakeTape = Callable[..., "Tape"]
MakeConfig = Callable[..., Settings]
DEEP_BIDS, DEEP_ASKS = [(40_400, 5000), (40_399, 5000)], [(40_402, 5000), (40_403, 5000)]


def gapped(make_tape: MakeTape) -> Path:
    tape = make_tape()
    tape.quiet(0, 5_000)
    tape.gap(5_000, bids=DEEP_BIDS, asks=DEEP_ASKS)
    tape.beat(5_000, 26_000, apex=40_390)
    return tape.done()


def test_a_replay_is_reported_as_it_was_played(make_tape: MakeTape, make_config: MakeConfig, tmp_path: Path) -> None:
    ledger = tmp_path / "replay.db"
    outcome = play(Replay((gapped(make_tape),), make_config("BTC"), 1, ledger))
    found = result(Asked(ledger))
    assert outcome.deals and found.earned.deals == len(outcome.deals)
    assert found.pnl_uusd == sum(deal.pnl_uusd for deal in outcome.deals)
    assert found.equity[0][1] == 200_000_000 and found.equity[-1][1] == outcome.equity_curve[-1][1]
    assert found.watching is not None
    assert {one.reason: one.times for one in found.watching.denied} == dict(outcome.refusals)
    assert found.funnel.seen and found.funnel.reserved == len(outcome.deals)
    assert {(one.venue, one.unknown) for one in found.slipped if one.purpose == "OPEN"} == {("dydx", 0), ("apex", 0)}
    assert sum(one.for_ns for one in found.watching.said) == pytest.approx(outcome.to_ns - outcome.from_ns, abs=10**10)


def test_what_nobody_keeps_leaves_no_telemetry_and_what_is_there_is_not_mixed(
    make_tape: MakeTape, make_config: MakeConfig, tmp_path: Path
) -> None:
    tape, ledger = gapped(make_tape), tmp_path / "replay.db"
    bare = play(Replay((tape,), make_config("BTC"), 1))
    kept = play(Replay((tape,), make_config("BTC"), 1, ledger))
    assert bare == kept and folder_of(ledger).is_dir()
    ledger.unlink()
    with pytest.raises(ConfigError, match="telemetry"):
        play(Replay((tape,), make_config("BTC"), 1, ledger))
