"""Onboarding at either venue, by an Ethereum key: what comes of it, and the official clients' errors in our words.

The clients themselves are imported by `dydx/onboard.py` and `apex/onboard.py` alone, inside functions: 80 MB that no
worker ever loads.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from common import log
from common.core.errors import ConfigError, VenueError
from common.core.market import Venue
from common.endpoints import LIVE_HOSTS, Endpoint
from common.venues.keys import Keys

#: of one request to a venue
TIMEOUT_S = 20
_SAID_MAX = 300
_SUNSET = {
    Venue.DYDX: "dYdX v3 stopped on 28 October 2024",
    Venue.APEX: "ApeX Pro has been replaced by ApeX Omni",
}


@dataclass(frozen=True, slots=True)
class Onboarded:
    """An account and the keys to it; `how` is one word for what was done: registered, recovered or renewed."""

    keys: Keys
    how: str
    ethereum_address: str
    account_id: str
    position_id: str
    host: str

    @property
    def about(self) -> dict[str, str]:
        """What a key file notes for people."""
        return {
            "ethereum_address": self.ethereum_address,
            "account_id": self.account_id,
            "position_id": self.position_id,
            "host": self.host,
        }


def onboard(endpoint: Endpoint, eth_key: str) -> Onboarded:
    """Register the key's address at the venue, or find its account again.

    VenueError when the venue does not answer as it should, ConfigError when it refuses.
    """
    if endpoint.venue is Venue.DYDX:
        from common.venues.dydx.onboard import onboard_dydx

        return onboard_dydx(endpoint, eth_key)
    from common.venues.apex.onboard import onboard_apex

    return onboard_apex(endpoint, eth_key)


def refused(endpoint: Endpoint, what: str, said: Any) -> ConfigError:
    """The venue's no, in its own words and without any secret."""
    return ConfigError(f"{endpoint.venue} at {endpoint.rest} refused {what}: {_plain(said)}")


def odd(endpoint: Endpoint, what: str) -> VenueError:
    """An answer that is not what was asked for."""
    return VenueError(f"{endpoint.venue} at {endpoint.rest} answered {what} with something else: is it that venue?")


@contextmanager
def asking(endpoint: Endpoint) -> Iterator[None]:
    """Turns what the clients' HTTP library raises into a VenueError that says what to do."""
    import requests

    try:
        yield
    except requests.exceptions.JSONDecodeError:
        raise odd(endpoint, "a request") from None
    except requests.exceptions.RequestException as error:
        raise VenueError(f"{endpoint.venue} at {endpoint.rest} cannot be reached{_why(endpoint, error)}") from None


def _why(endpoint: Endpoint, error: Exception) -> str:
    if endpoint.rest == LIVE_HOSTS[endpoint.venue][0]:
        return f": {_SUNSET[endpoint.venue]}"
    if endpoint.rest.startswith("http://127.0.0.1") and _is_refusal(error):
        return ": the paper venues do not run; start ./scripts/run in another terminal"
    return f" ({type(error).__name__})"


def _is_refusal(error: BaseException | None) -> bool:
    """Whether a refused connection is at the bottom of an error of the HTTP library."""
    return error is not None and (f"[Errno {errno.ECONNREFUSED}]" in str(error) or _is_refusal(error.__cause__))


def _plain(said: Any) -> str:
    """A venue's words: one line, printable, of bounded length."""
    text = log.concealed(" ".join(str(said).split()))
    return "".join(c for c in text if c.isprintable())[:_SAID_MAX]
