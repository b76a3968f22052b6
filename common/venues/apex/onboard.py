"""Onboarding at ApeX Pro with its official client: nonce, STARK key, registration, credentials, account id.

The only place that imports the client. Two of its habits are kept away from here: the key that it derives depends on
the venue's settings, so these are asked for first; and errors come as answers, so every answer is looked at.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from common.compat import prepare_sdk_import
from common.core.market import Venue
from common.endpoints import Endpoint
from common.venues.keys import Keys
from common.venues.onboarding import Onboarded, asking, odd, refused


def onboard_apex(endpoint: Endpoint, eth_key: str) -> Onboarded:
    """Register the wallet, which finds the same account every time; VenueError and ConfigError say what went wrong."""
    with asking(endpoint), _decoding(endpoint):
        client = _client(endpoint, eth_private_key=eth_key)
        _configured(endpoint, client)
        stark = client.derive_stark_key(client.default_address)
        credentials = _registered(endpoint, client, stark)
        account = _data(
            endpoint, "to show the account", _client(endpoint, api_key_credentials=credentials).get_account()
        )
    try:
        theirs, account_id, position_id = int(account["starkKey"], 16), account["id"], account["positionId"]
    except (KeyError, TypeError, ValueError):
        raise odd(endpoint, "the account") from None
    if theirs != int(stark["public_key"], 16):
        raise refused(endpoint, "this Ethereum key", f"its account was registered with another STARK key ({theirs:x})")
    keys = Keys(venue=Venue.APEX, **stark, **credentials)
    return Onboarded(keys, "registered", client.default_address, str(account_id), str(position_id), endpoint.rest)


@contextmanager
def _decoding(endpoint: Endpoint) -> Iterator[None]:
    """The client's own error for what is no JSON; its text has the whole request, so it goes no further."""
    prepare_sdk_import()
    from apexpro.exceptions import FailedRequestError

    try:
        yield
    except FailedRequestError:
        raise odd(endpoint, "a request") from None


def _client(endpoint: Endpoint, **given: Any) -> Any:
    prepare_sdk_import()
    # it warns about itself whenever one is made
    logging.getLogger("apexpro").setLevel(logging.CRITICAL)
    from apexpro.http_private import HttpPrivate

    return HttpPrivate(endpoint.rest, network_id=endpoint.network_id, **given)


def _configured(endpoint: Endpoint, client: Any) -> None:
    """Let the client learn the environment that its keys are derived for."""
    try:
        client.configs()
    except (KeyError, TypeError):
        raise odd(endpoint, "a request for its settings") from None


def _registered(endpoint: Endpoint, client: Any, stark: dict[str, str]) -> dict[str, str]:
    """The API credentials that the venue hands out for a signed nonce."""
    address, public = client.default_address, stark["public_key"]
    answer = client.generate_nonce(starkKey=public, ethAddress=address, chainId=endpoint.network_id)
    made = _data(
        endpoint,
        "to register the wallet",
        client.register_user(
            nonce=_data(endpoint, "a nonce", answer)["nonce"],
            starkKey=public,
            stark_public_key_y_coordinate=stark["public_key_y_coordinate"],
            ethereum_address=address,
        ),
    )
    try:
        return {name: str(made["apiKey"][name]) for name in ("key", "secret", "passphrase")}
    except (KeyError, TypeError):
        raise odd(endpoint, "a registration") from None


def _data(endpoint: Endpoint, what: str, answer: Any) -> dict[str, Any]:
    """The data of an answer; errors come with a code and HTTP 200."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if isinstance(data, dict):
        return data
    if isinstance(answer, dict) and "code" in answer:
        raise refused(endpoint, what, answer.get("msg") or answer["code"])
    raise odd(endpoint, what)
