"""Onboarding at dYdX v3 with its official client: STARK key, user, API credentials, position id.

The only place that imports the client. The STARK key and the default credentials are functions of the Ethereum key, so
that onboarding again finds the same ones; credentials that were deleted are replaced by new ones.
"""

from collections.abc import Callable
from typing import Any

from common.compat import prepare_sdk_import
from common.core.market import Venue
from common.endpoints import Endpoint
from common.venues.keys import Keys
from common.venues.onboarding import TIMEOUT_S, Onboarded, asking, odd, refused

UNAUTHORIZED = 401


def onboard_dydx(endpoint: Endpoint, eth_key: str) -> Onboarded:
    """Create the user, or recover what belongs to it; VenueError and ConfigError say what went wrong."""
    client = _client(endpoint, eth_private_key=eth_key)
    with asking(endpoint):
        stark = client.onboarding.derive_stark_key()
        how, credentials = _credentials(endpoint, client, stark)
        account = _account(endpoint, client, credentials)
        if account is None:
            # dYdX has deleted the default ones, or gave this wallet others
            how, credentials = (
                "renewed",
                _handed_out(endpoint, _asked(endpoint, "another API key", client.eth_private.create_api_key)),
            )
            account = _account(endpoint, client, credentials)
    if account is None:
        raise refused(endpoint, "the credentials that it just gave", "Unauthorized")
    try:
        theirs, account_id, position_id = int(account["starkKey"], 16), account["id"], account["positionId"]
    except (KeyError, TypeError, ValueError):
        raise odd(endpoint, "the account") from None
    if theirs != int(stark["public_key"], 16):
        said = f"its account was registered with another STARK key ({theirs:x}): use the keys made then"
        raise refused(endpoint, "this Ethereum key", said)
    keys = Keys(venue=Venue.DYDX, **stark, **credentials)
    return Onboarded(keys, how, client.default_address, str(account_id), str(position_id), endpoint.rest)


def _client(endpoint: Endpoint, **given: Any) -> Any:
    prepare_sdk_import()
    from dydx3 import Client

    return Client(host=endpoint.rest, network_id=endpoint.network_id, api_timeout=TIMEOUT_S, **given)


def _credentials(endpoint: Endpoint, client: Any, stark: dict[str, str]) -> tuple[str, dict[str, str]]:
    """What was done, and the API credentials that should let us in now."""
    address = client.default_address
    found = _asked(endpoint, "whether the user exists", lambda: client.public.check_if_user_exists(address))
    if isinstance(found, dict) and found.get("exists"):
        return "recovered", client.onboarding.recover_default_api_key_credentials()
    made = _asked(
        endpoint,
        "to create the user",
        lambda: client.onboarding.create_user(
            stark_public_key=stark["public_key"], stark_public_key_y_coordinate=stark["public_key_y_coordinate"]
        ),
    )
    return "registered", _handed_out(endpoint, made)


def _handed_out(endpoint: Endpoint, answer: Any) -> dict[str, str]:
    try:
        return {name: str(answer["apiKey"][name]) for name in ("key", "secret", "passphrase")}
    except (KeyError, TypeError):
        raise odd(endpoint, "a request for API credentials") from None


def _account(endpoint: Endpoint, client: Any, credentials: dict[str, str]) -> Any:
    """The user's account; None when the credentials are not taken."""
    from dydx3.errors import DydxApiError

    trading = _client(endpoint, api_key_credentials=credentials, default_ethereum_address=client.default_address)
    try:
        data = trading.private.get_account().data
    except DydxApiError as error:
        if error.status_code == UNAUTHORIZED:
            return None
        raise refused(endpoint, "to show the account", _words(error.msg)) from None
    return data.get("account") if isinstance(data, dict) else data


def _asked(endpoint: Endpoint, what: str, call: Callable[[], Any]) -> Any:
    """The data of an answer; ConfigError for a refusal."""
    from dydx3.errors import DydxApiError

    try:
        return call().data
    except DydxApiError as error:
        raise refused(endpoint, what, _words(error.msg)) from None


def _words(said: Any) -> Any:
    """What the venue said, out of its error body."""
    try:
        return "; ".join(str(one["msg"]) for one in said["errors"])
    except (KeyError, TypeError):
        return said
