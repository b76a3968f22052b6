"""Who was onboarded at a paper venue: kept before it counts, found again, and a damaged file is a sentence."""

from decimal import Decimal
from pathlib import Path

import pytest

from common.core.errors import ConfigError
from common.core.market import Venue
from common.sim.accounts import AccountRecord, Credentials, dydx_account_id, fresh_credentials, onboarded
from common.sim.enrolment import Enrolment, another_key, each_once


def holder(number: int, given: Credentials | None = None) -> AccountRecord:
    return onboarded(Venue.DYDX, f"0x{number:040x}", (number, 1), given or fresh_credentials())


def test_the_newest_account_comes_first_and_keys_of_one_account_stay_together(tmp_path: Path) -> None:
    kept = Enrolment(Venue.DYDX, tmp_path / "a" / "dydx.jsonl", Decimal(7))
    first, second = holder(1), holder(2)
    more = another_key(first, fresh_credentials())
    for record in (first, second, more):
        kept.add(record)
    again = Enrolment(Venue.DYDX, tmp_path / "a" / "dydx.jsonl")
    assert again.records() == kept.records() == (first, second, more)
    assert again.accounts() == each_once((second, *again.records())) == (second, first)
    assert second.account_id == dydx_account_id(second.eth_address)
    again.drop(first.api_key)
    again.drop(second.api_key)
    last = Enrolment(Venue.DYDX, tmp_path / "a" / "dydx.jsonl")
    assert last.records() == (more,) and last.accounts() == (second, first)


def test_a_torn_line_is_dropped_and_the_next_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "dydx.jsonl"
    Enrolment(Venue.DYDX, path).add(holder(1))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"address": "0x0')
    kept = Enrolment(Venue.DYDX, path)
    assert path.read_bytes() == whole
    kept.add(holder(2))
    assert len(Enrolment(Venue.DYDX, path).records()) == 2


@pytest.mark.parametrize("line", [b"{}", b"[]", b"{", b'{"address": "0x1", "stark_x": "zz"}'])
def test_a_damaged_file_is_a_sentence_without_its_content(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "dydx.jsonl"
    Enrolment(Venue.DYDX, path).add(holder(1))
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(ConfigError, match="move the file away") as caught:
        Enrolment(Venue.DYDX, path)
    assert holder(1).eth_address not in str(caught.value)
