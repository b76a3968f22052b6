"""What became of the two venues: said in live mode, so that nobody waits for an answer that cannot come."""

from collections.abc import Mapping
from typing import Final

from common.core.market import Venue
from common.doctor.finding import Finding, ok, warning
from common.endpoints import LIVE_HOSTS, Endpoint

SUNSETS: Final[Mapping[Venue, str]] = {
    Venue.DYDX: "dYdX v3 stopped on 28 October 2024; its successor, dYdX v4, is a chain with another protocol",
    Venue.APEX: "ApeX Pro has been replaced by ApeX Omni, which has another API; the day of its end was not found",
}
REMEDY: Final = 'stay with mode = "paper", or name another host that speaks the protocol ([venues.…] rest and ws)'


def sunset(endpoint: Endpoint, mode: str) -> Finding:
    """The plain word about one venue; a warning where its own host is what would be traded on."""
    check = f"{endpoint.venue} sunset"
    if mode == "paper":
        return ok(check, f"a paper venue of this machine. The real one: {SUNSETS[endpoint.venue]}")
    if endpoint.rest == LIVE_HOSTS[endpoint.venue][0]:
        return warning(check, SUNSETS[endpoint.venue], REMEDY)
    return ok(check, f"{endpoint.rest} is not the host that stopped. ({SUNSETS[endpoint.venue]})")
