"""Our requests held against those of the official client, unmodified: same inputs, same bytes, same signatures."""

import asyncio
import inspect
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.market import Side
from common.core.order import Order
from common.venues.apex import wire_order as wire
from common.venues.apex.wire_market import Listing
from common.venues.apex.wire_order import Signing
from common.venues.keys import Keys

MakeOrder = Callable[..., Order]
ROOT = Path(__file__).parents[3]
NOW_NS = 1_700_000_000_123_000_000


def official() -> Any:
    """The client as it comes; one of its dependencies asks for a function that Python 3.11 dropped."""
    inspect.getargspec = inspect.getfullargspec  # type: ignore[attr-defined]
    import apexpro.http_private_stark_key_sign as client

    return client


def client_for(endpoint: str, keys: Keys) -> Any:
    return official().HttpPrivateStark(
        endpoint,
        network_id=1,
        stark_private_key=keys.private_key,
        api_key_credentials={"key": keys.key, "secret": keys.secret, "passphrase": keys.passphrase},
    )


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(
    ("size", "limit", "rate"),
    [("0.003", "20000.5", "0.0005"), ("1.234", "63001", "0.00043"), ("0.001", "0.5", "0.001")],
)
def test_the_official_client_makes_the_same_form_and_the_same_headers(
    stub: Any, keys: Keys, listing: Listing, make_order: MakeOrder, side: Side, size: str, limit: str, rate: str
) -> None:
    stub.answers[wire.CREATE_PATH] = {"data": {"id": "1"}}
    order = make_order(side=side, size=Decimal(size), limit=Decimal(limit), created_ns=NOW_NS, reduce_only=True)

    def place(endpoint: str) -> None:
        client = client_for(endpoint, keys)
        client.configs()
        client.get_account()
        client.create_order(
            symbol="BTC-USDC",
            side=side.value,
            type="LIMIT",
            size=size,
            price=limit,
            limitFeeRate=rate,
            timeInForce="FILL_OR_KILL",
            reduceOnly=True,
            clientId=order.client_id,
            expirationEpochSeconds=NOW_NS // 10**9,
        )

    async def whole() -> None:
        async with stub:
            await asyncio.to_thread(place, stub.base)

    asyncio.run(whole())
    [heard] = stub.of(wire.CREATE_PATH)
    position_id = int(stub.answers["/api/v1/account"]["data"]["positionId"])
    ours = wire.order_fields(order, listing, Signing(position_id, Decimal(rate), keys))
    assert list(ours.items()) == list(heard.form.items())
    stamp = heard.headers["APEX-TIMESTAMP"]
    assert wire.hmac_signature(keys.secret, stamp, "POST", wire.CREATE_PATH, ours) == heard.headers["APEX-SIGNATURE"]
    [account] = stub.of("/api/v1/account")
    get = wire.hmac_signature(keys.secret, account.headers["APEX-TIMESTAMP"], "GET", "/api/v1/account")
    assert get == account.headers["APEX-SIGNATURE"]


def test_the_official_client_signs_any_form_as_we_do(keys: Keys) -> None:
    client = client_for("http://127.0.0.1:1", keys)
    fields = {"b": "my id/é&=", "a": "False", "c": "1"}
    theirs = client.sign("/api/v1/x?q=1", "POST", "123", fields)
    assert wire.hmac_signature(keys.secret, "123", "POST", "/api/v1/x?q=1", fields) == theirs


def test_importing_the_package_brings_neither_aiohttp_nor_the_official_client() -> None:
    script = (
        "import sys, common.venues.apex as apex;"
        "light = not {'aiohttp', 'apexpro', 'web3', 'common.venues.stark'} & set(sys.modules);"
        "from common.settings import Endpoint; from common.core.market import *; from pathlib import Path;"
        "from decimal import Decimal as D; from common.venues.keys import Keys;"
        "end = Endpoint(Venue.APEX, 'http://h', 'ws://h', 1, Path('k'));"
        "feed = apex.make_feed(end, Instrument(Venue.APEX, 'BTC', 'BTC-USDC', *[D(1)] * 6));"
        "desk = apex.make_desk(end, Keys(Venue.APEX, *['1'] * 6));"
        "assert feed.venue is desk.venue is Venue.APEX and light and 'apexpro' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, cwd=ROOT)
