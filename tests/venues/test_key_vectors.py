"""Published key vectors: the official clients derive these keys here, and our own arithmetic agrees with them."""

import importlib
import inspect
import warnings
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from common.venues import stark

#: the first account of every Ganache chain, published with it: nobody's secret
GANACHE = "0x4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
ADDRESS = "0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1"
DYDX_KEYS = {
    "private_key": "0x170d807cafe3d8b5758f3f698331d292bf5aeb71f6fd282f0831dee094ee891",
    "public_key": "0x39d88860b99b1809a63add01f7dfa59676ae006bbcdf38ff30b6a69dcf55ed3",
    "public_key_y_coordinate": "0x2bdd58a2c2acb241070bc5d55659a85bba65211890a8c47019a33902aba8400",
}
DYDX_API = {
    "key": "50fdcaa0-62b8-e827-02e8-a9520d46cb9f",
    "secret": "rdHdKDAOCa0B_Mq-Q9kh8Fz6rK3ocZNOhKB4QsR9",
    "passphrase": "12_1LuuJMZUxcj3kGBWc",
}
APEX_KEYS = {
    "private_key": "0x4a2e2cbde814ed49382a2bd615069bf8aaf86687cb3358600179da0958336e9",
    "public_key": "0x19abec62609941b13de20e07d9bb976317f74bba753d810215cf7fccb55fcd8",
    "public_key_y_coordinate": "0x6ea1b56a3b8d7c7b6537d4a98a5ef9d71fbccbe68aa655f9920cbab504ab946",
}


@pytest.fixture(scope="module")
def clients() -> Iterator[SimpleNamespace]:
    """Both vendor packages; one of their dependencies may ask for a function Python 3.11 lost."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(inspect, "getargspec", inspect.getfullargspec, raising=False)
        dydx, apex = importlib.import_module("dydx3"), importlib.import_module("apexpro.http_private")
        yield SimpleNamespace(
            dydx=dydx.Client(host="http://127.0.0.1:9", eth_private_key=GANACHE, network_id=1),
            apex=apex.HttpPrivate("http://127.0.0.1:9", network_id=1, eth_private_key=GANACHE),
        )


def test_dydx_keys_and_default_credentials_come_out_of_the_ethereum_key(clients: SimpleNamespace) -> None:
    assert clients.dydx.onboarding.derive_stark_key() == DYDX_KEYS
    assert clients.dydx.onboarding.recover_default_api_key_credentials() == DYDX_API


def test_apex_keys_come_out_of_the_ethereum_key(clients: SimpleNamespace) -> None:
    assert clients.apex.derive_stark_key(ADDRESS) == APEX_KEYS


@pytest.mark.parametrize("keys", [DYDX_KEYS, APEX_KEYS])
def test_our_public_key_of_each_private_key_is_the_published_one(keys: dict[str, str]) -> None:
    public = tuple(int(keys[name], 16) for name in ("public_key", "public_key_y_coordinate"))
    assert stark.public_key(int(keys["private_key"], 16)) == public
