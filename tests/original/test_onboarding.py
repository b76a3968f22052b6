"""The original's scripts that make an account at each venue, against paper venues where nobody is known yet."""

from collections.abc import Callable
from typing import Any

import pytest

from common.core.market import Venue
from common.sim.accounts import dydx_account_id

pytestmark = pytest.mark.slow
ETHEREUM_KEY = "0x4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"
ADDRESS = "0x90F8bf6A479f320ead074411a4B0e7944Ea8c9C1"
KEY_OF_DYDX = {"eth_private_key=''": f"eth_private_key='{ETHEREUM_KEY}'"}


@pytest.fixture
def stranger(make_original: Callable[..., Any]) -> Any:
    """The scripts, at venues that have not met their wallet."""
    return make_original(onboarded=False)


def test_dydx_onboards_once_and_its_account_can_trade(stranger: Any) -> None:
    before = stranger.run(12, {"your private eth key": ETHEREUM_KEY})
    assert before.code == 1 and "DydxApiError(status_code=401" in before.err
    script = stranger.run(10, KEY_OF_DYDX)
    account_id = dydx_account_id(ADDRESS)
    assert script.code == 0 and f"'id': '{account_id}'" in script.out
    assert "onboarding_response <dydx3.helpers.requests.Response object" in script.out
    stranger.run(12, {"your private eth key": ETHEREUM_KEY})
    engine = stranger.house.engines[Venue.DYDX]
    (order,) = stranger.house.call(lambda: list(engine.orders(account_id)))
    assert (order.status, f"{order.request.size}") == ("OPEN", "0.0777")
    again = stranger.run(10, KEY_OF_DYDX)
    assert again.code == 1 and "DydxApiError(status_code=400" in again.err


def test_apex_registers_and_the_script_keeps_nothing_of_it(stranger: Any) -> None:
    script = stranger.run(15, {"your eth_prikey": ETHEREUM_KEY})
    assert script.code == 0 and f"'ethereumAddress': '{ADDRESS.lower()}'" in script.out
    assert "'key'" not in script.out and "secret" not in script.out
    assert stranger.run(15, {"your eth_prikey": ETHEREUM_KEY}).code == 0
