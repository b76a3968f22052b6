"""The [warden] table of arb.toml: what it leaves out follows from the rest, what makes no sense is refused by name."""

from decimal import Decimal
from pathlib import Path

import pytest

from common import settings
from common.core.errors import ConfigError
from common.core.terms import SECOND_NS
from common.warden.terms import WardenTerms

MARKETS = '[markets.BTC]\nsize = "0.001"\n'


def terms(folder: Path, text: str) -> WardenTerms:
    (folder / "arb.toml").write_text(text + MARKETS)
    return settings.load(folder / "arb.toml", {}).warden


def test_without_a_table_the_warden_goes_by_its_defaults(tmp_path: Path) -> None:
    assert terms(tmp_path, "") == WardenTerms()


def test_bounds_on_leverage_follow_the_cap_unless_they_are_given(tmp_path: Path) -> None:
    cap = "[cap]\nleverage_entry = 5\nleverage_max = 10\n"
    followed = terms(tmp_path, cap)
    assert (followed.leverage_reduce, followed.leverage_calm) == (Decimal(8), Decimal(5))
    given = terms(tmp_path, cap + "[warden]\nleverage_reduce = 7\n")
    assert (given.leverage_reduce, given.leverage_calm) == (Decimal(7), Decimal(5))


def test_seconds_become_nanoseconds_and_counts_stay_whole(tmp_path: Path) -> None:
    given = terms(tmp_path, '[warden]\nskew_warn_s = "0.25"\nquarantine_starts = 20\n')
    assert given.skew_warn_ns == SECOND_NS // 4
    assert given.quarantine_starts == 20 and isinstance(given.quarantine_starts, int)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("calm = 3", "warden.calm"),
        ('daily_loss_max = "much"', "warden.daily_loss_max"),
        ("drawdown_max = nan", "warden.drawdown_max"),
        ("look_every_s = inf", "warden.look_every_s"),
        ("leverage_reduce = 2", "warden.leverage_calm"),
        ("heartbeat_max_s = 0", "warden.heartbeat_max_s"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_by_name(tmp_path: Path, line: str, key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        terms(tmp_path, f"[warden]\n{line}\n")
