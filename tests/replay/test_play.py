"""A replay does not flatter: what fills, when, at what, and what does not, on tapes of a few messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from common.core.deal import DealState
from common.core.errors import ConfigError
from common.core.market import Venue
from common.ledger.report import Report
from common.replay.run import Outcome, Replay, play
from common.settings import Settings

if TYPE_CHECKING:
    from tests.replay.conftest import Tape

MakeTape = Callable[..., "Tape"]
MakeConfig = Callable[..., Settings]
DEEP_BIDS, DEEP_ASKS = [(40_400, 5000), (40_399, 5000)], [(40_402, 5000), (40_403, 5000)]
#: the decision falls on dYdX's word at 5,001 ms; 100 ms to the venue, 20 ms until the tape shows it
DECIDED_MS, JUDGED_MS = 5_001, 5_121


def fills(ledger: Path) -> list[tuple[Venue, str, Decimal, int]]:
    with Report.open(ledger) as report:
        return [(f.venue, f.side, f.price, f.venue_ns) for f in report.trades()]


def states(ledger: Path) -> list[DealState]:
    with Report.open(ledger) as report:
        return [row.deal.state for row in report.deals()]


@pytest.fixture
def played(tmp_path: Path, make_config: MakeConfig) -> Callable[[Path], tuple[Outcome, Path]]:
    def run(tape: Path) -> tuple[Outcome, Path]:
        ledger = tmp_path / f"{tape.name}.db"
        return play(Replay((tape,), make_config("BTC"), 1, ledger)), ledger

    return run


Played = Callable[[Path], tuple[Outcome, Path]]


def test_both_legs_fill_at_what_the_tape_shows_when_they_are_there(make_tape: MakeTape, played: Played) -> None:
    tape = make_tape()
    tape.quiet(0, 5_000)
    tape.gap(5_000, bids=DEEP_BIDS, asks=DEEP_ASKS)
    # better bids and worse asks come before the orders are judged: the sell gains, the buy pays
    tape.change(JUDGED_MS - 2, Venue.APEX, [(40_401, 5000)], [])
    tape.change(JUDGED_MS - 1, Venue.DYDX, [], [(40_001, 0)])
    # and what comes a moment later is too late
    tape.change(JUDGED_MS + 1, Venue.APEX, [(40_401, 0), (40_400, 0)], [])
    tape.beat(5_200, 5_600, apex=40_380)
    outcome, ledger = played(tape.done())
    opened = fills(ledger)[:2]
    judged_ns = tape.at(JUDGED_MS)
    assert sorted(opened) == [
        (Venue.APEX, "SELL", Decimal("40401.0"), judged_ns),
        (Venue.DYDX, "BUY", Decimal("40002"), judged_ns),
    ]
    assert outcome.deals[0].was_missed is False


def test_a_price_that_is_gone_when_the_order_arrives_does_not_fill(make_tape: MakeTape, played: Played) -> None:
    tape = make_tape()
    tape.quiet(0, 5_000)
    tape.gap(5_000, bids=DEEP_BIDS, asks=DEEP_ASKS)
    tape.change(JUDGED_MS - 1, Venue.APEX, [(40_400, 0), (40_399, 0), (39_999, 5000)], [(40_001, 5000)])
    tape.beat(5_200, 8_000)
    outcome, ledger = played(tape.done())
    (deal,) = outcome.deals
    assert deal.was_missed and deal.pnl_uusd < -deal.fees_uusd < 0
    assert {f[0] for f in fills(ledger)} == {Venue.DYDX}
    assert states(ledger) == [DealState.CLOSED]


def test_what_we_took_is_gone_until_the_tape_says_something_of_it(make_tape: MakeTape, played: Played) -> None:
    tape = make_tape()
    tape.quiet(0, 5_000)
    tape.gap(5_000, bids=[(40_400, 1), (39_990, 5000)], asks=DEEP_ASKS)
    tape.beat(5_000, 9_000, apex=39_990)
    outcome, _ = played(tape.done())
    assert len(outcome.deals) == 1
    again = make_tape()
    again.quiet(0, 5_000)
    again.gap(5_000, bids=[(40_400, 1), (39_990, 5000)], asks=DEEP_ASKS)
    again.beat(5_000, 7_000, apex=39_990)
    again.change(7_000, Venue.APEX, [(40_400, 1)], [])
    again.change(7_001, Venue.DYDX, [(39_990, 8)], [])
    again.beat(7_000, 9_000, apex=39_990)
    outcome, _ = played(again.done())
    assert len(outcome.deals) == 2


def test_a_book_is_not_believed_between_a_loss_and_the_next_snapshot(make_tape: MakeTape, played: Played) -> None:
    def tape_with(lost: bool) -> Path:
        tape = make_tape()
        tape.quiet(0, 5_000)
        if lost:
            tape.lost(4_999, Venue.DYDX)
        tape.gap(5_000, bids=DEEP_BIDS, asks=DEEP_ASKS)
        tape.beat(5_000, 6_000, apex=40_390)
        return tape.done()

    assert len(played(tape_with(lost=False))[0].deals) > 0
    assert len(played(tape_with(lost=True))[0].deals) == 0


def test_a_crossed_book_refuses(make_tape: MakeTape, played: Played) -> None:
    tape = make_tape()
    tape.quiet(0, 5_000)
    tape.gap(5_000, bids=[(40_400, 5000)], asks=[(40_300, 5000)])
    tape.beat(5_000, 6_000, apex=40_000)
    outcome, _ = played(tape.done())
    assert outcome.deals == ()


def test_an_order_that_meets_a_book_nobody_knows_does_not_fill(make_tape: MakeTape, played: Played) -> None:
    tape = make_tape()
    tape.quiet(0, 5_000)
    tape.gap(5_000, bids=DEEP_BIDS, asks=DEEP_ASKS)
    tape.lost(JUDGED_MS - 1, Venue.APEX)
    tape.lost(JUDGED_MS - 1, Venue.DYDX)
    tape.beat(5_200, 8_000)
    outcome, ledger = played(tape.done())
    assert states(ledger) == [DealState.VOID] and fills(ledger) == []
    assert outcome.deals[0].pnl_uusd == 0 and not outcome.deals[0].closed_at_end


def test_what_is_open_when_the_tape_ends_is_closed_at_its_last_books_and_counted(
    make_tape: MakeTape, played: Played
) -> None:
    tape = make_tape()
    tape.quiet(0, 5_000)
    tape.gap(5_000, bids=DEEP_BIDS, asks=DEEP_ASKS)
    tape.beat(5_000, 6_000, apex=40_390)
    outcome, ledger = played(tape.done())
    assert outcome.deals and all(deal.closed_at_end for deal in outcome.deals)
    assert set(states(ledger)) == {DealState.CLOSED}
    # sold at 40,400 and bought back at 40,402; bought at 40,001 and sold at 39,999: four dollars of spread, four fees
    deal = outcome.deals[0]
    assert deal.pnl_uusd + deal.fees_uusd == -4_000
    with Report.open(ledger) as report:
        assert sum(d.pnl_uusd for d in outcome.deals) == report.totals().realised_uusd
    assert outcome.equity_curve[-1][1] == 200_000_000 + sum(d.pnl_uusd for d in outcome.deals)


def test_twice_the_latency_is_twice_as_late(make_tape: MakeTape, make_config: MakeConfig, tmp_path: Path) -> None:
    tape = make_tape()
    tape.quiet(0, 5_000)
    tape.gap(5_000, bids=DEEP_BIDS, asks=DEEP_ASKS)
    tape.beat(5_000, 6_000, apex=40_390)
    ledger = tmp_path / "slow.db"
    play(Replay((tape.done(),), make_config("BTC"), 1, ledger, slowness=2.0))
    assert fills(ledger)[0][3] - tape.at(DECIDED_MS) == 2 * (tape.at(JUDGED_MS) - tape.at(DECIDED_MS))


def test_the_same_again_is_the_same_and_a_ledger_is_not_written_over(
    make_tape: MakeTape, make_config: MakeConfig, tmp_path: Path
) -> None:
    tape = make_tape()
    tape.quiet(0, 5_000)
    tape.gap(5_000, bids=DEEP_BIDS, asks=DEEP_ASKS)
    tape.beat(5_000, 7_000, apex=40_390)
    asked = Replay((tape.done(),), make_config("BTC"), 1)
    first = play(asked)
    assert first == play(asked) == play(replace(asked, ledger_file=tmp_path / "kept.db"))
    assert first.events == 24 * 2 + 2 + 2 + 9 * 2 and first.markets == ("BTC",)
    with pytest.raises(ConfigError, match="there already"):
        play(replace(asked, ledger_file=tmp_path / "kept.db"))


def test_a_window_decides_within_itself_on_books_that_were_known_before(
    make_tape: MakeTape, make_config: MakeConfig
) -> None:
    tape = make_tape()
    tape.quiet(0, 12_000)
    asked = Replay((tape.done(),), make_config("BTC"), from_ns=tape.at(6_000), to_ns=tape.at(9_000))
    outcome = play(asked)
    assert (outcome.from_ns, outcome.to_ns) == (tape.at(6_000), tape.at(9_000))
    assert outcome.events == 2 * 16
    with pytest.raises(ConfigError, match=r"nothing on these tapes|tapes end before"):
        play(replace(asked, from_ns=tape.at(20_000), to_ns=None))
