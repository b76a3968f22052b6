"""Our orders held against the official client, unmodified, which orders the same from a stub: same body, same HMAC."""

import asyncio
import inspect
import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import orjson
import pytest

from common.core.market import Side
from common.core.order import Lifetime, Order
from common.venues.dydx import wire_order
from common.venues.dydx.wire_market import Listing
from common.venues.dydx.wire_order import Signer, Signing
from common.venues.keys import Keys

MakeOrder = Callable[..., Order]
ORDERS = [
    {"side": Side.BUY, "lifetime": Lifetime.FOK},
    {"side": Side.SELL, "lifetime": Lifetime.IOC, "reduce_only": True, "client_id": "k3f9-BTC-17-d3"},
    {"size": Decimal("12.3456"), "limit": Decimal(1), "created_ns": 1_699_999_125_000_000_000},
    {"size": Decimal("0.0011"), "limit": Decimal(99999), "created_ns": 1_699_999_124_999_999_999},
]


def make_client(host: str, keys: Keys) -> Any:
    """The client imports on Python 3.11 once `inspect.getargspec` is there again."""
    if not hasattr(inspect, "getargspec"):
        inspect.getargspec = inspect.getfullargspec  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dydx3 import Client
    credentials = {"key": keys.key, "secret": keys.secret, "passphrase": keys.passphrase}
    return Client(host=host, network_id=1, api_key_credentials=credentials, stark_private_key=keys.private_key)


def place(client: Any, order: Order, signing: Signing) -> None:
    client.private.create_order(
        position_id=str(signing.position_id),
        market="BTC-USD",
        side=order.side.value,
        order_type="LIMIT",
        post_only=False,
        size=format(order.size, "f"),
        price=format(order.limit, "f"),
        limit_fee="0.001500",
        expiration_epoch_seconds=wire_order.expires_ns(order) / 10**9,
        time_in_force=order.lifetime.value,
        client_id=order.client_id,
        **({"reduce_only": True} if order.reduce_only else {}),
    )


@pytest.mark.parametrize("changes", ORDERS)
def test_the_official_client_sends_the_same_body_and_the_same_hmac(
    stub: Any, keys: Keys, make_order: MakeOrder, listing: Listing, signing: Signing, changes: dict[str, Any]
) -> None:
    order = make_order(**changes)
    stub.answers["POST /v3/orders"] = (201, {"order": {"id": "1"}})

    async def whole() -> None:
        async with stub:
            client = make_client(stub.endpoint.rest, keys)
            await asyncio.to_thread(place, client, order, signing)

    asyncio.run(whole())
    (heard,) = stub.asked("POST", "/v3/orders")
    ours = wire_order.order_body(order, listing, signing)
    assert list(orjson.loads(heard.body).items()) == list(orjson.loads(ours).items())
    # The client signs the compact form of what it sends with spaces; ours is compact already.
    expected = Signer(keys).headers(heard.headers["DYDX-TIMESTAMP"], "POST", "/v3/orders", ours)
    assert heard.headers == heard.headers | expected
