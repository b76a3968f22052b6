"""The accounts that the paper venues open by themselves."""

from pathlib import Path

import pytest

from common.core.errors import ConfigError
from common.core.market import Venue
from common.sim.accounts import dydx_account_id, open_accounts
from common.venues import keys, stark


def test_accounts_are_made_once_and_found_again(tmp_path: Path) -> None:
    first = open_accounts(tmp_path)
    assert open_accounts(tmp_path) == first
    assert set(first) == set(Venue)
    assert open_accounts(tmp_path / "other") != first


def test_a_worker_can_read_the_keys_and_the_venue_verifies_what_it_signs(tmp_path: Path) -> None:
    for venue, record in open_accounts(tmp_path).items():
        path = tmp_path / f"{venue.value}config.ini"
        own = keys.read(venue, path)
        assert path.stat().st_mode & 0o077 == 0
        assert (own.key, own.secret, own.passphrase) == (record.api_key, record.secret, record.passphrase)
        signature = stark.sign(12_345, int(own.private_key, 16))
        assert stark.verify(12_345, signature, record.stark_x)
        assert own.secret not in repr(record) and own.passphrase not in repr(record)


def test_ids_have_the_venues_shapes(tmp_path: Path) -> None:
    record = open_accounts(tmp_path)
    apex, dydx = record[Venue.APEX], record[Venue.DYDX]
    assert len(apex.account_id) == 18 and apex.account_id == str(apex.position_id)
    assert dydx.account_id == dydx_account_id(dydx.eth_address) and 0 < dydx.position_id <= 10**6


def test_the_account_id_follows_the_published_example() -> None:
    address = "0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1"
    assert dydx_account_id(address) == "59609ad5-3bf3-544b-9fba-836a7567fa74"


def test_a_key_file_that_is_no_key_is_a_sentence(tmp_path: Path) -> None:
    open_accounts(tmp_path)
    path = tmp_path / "dydxconfig.ini"
    lines = path.read_text().splitlines()
    path.write_text("\n".join("private_key = 0" if line.startswith("private_key") else line for line in lines))
    with pytest.raises(ConfigError, match="no STARK key"):
        open_accounts(tmp_path)
