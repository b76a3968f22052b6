"""Where each venue is spoken to: the paper venues on loopback, the live ones where [venues] of arb.toml says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from common.core.market import Venue
from common.toml_table import Table


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one venue is spoken to, and with which keys."""

    venue: Venue
    rest: str
    ws: str
    network_id: int
    keys: Path
    #: where the processes of the fleet keep what they may still ask of this venue; None: each process by itself
    budgets: Path | None = None
    #: whether the environment may stand in for what the key file says; not where the paper venues make their own keys
    environ: bool = True


LIVE_HOSTS = {
    Venue.DYDX: ("https://api.dydx.exchange", "wss://api.dydx.exchange/v3/ws"),
    Venue.APEX: ("https://pro.apex.exchange", "wss://quote.pro.apex.exchange"),
}
#: GMX on Arbitrum: its prices are read, nothing is traded there
GMX_HOST = "https://arbitrum-api.gmxinfra.io"


def paper_endpoints(
    folder: Path, ports: Mapping[Venue, int], onboarded: Mapping[Venue, Path] | None = None
) -> dict[Venue, Endpoint]:
    """Where the paper venues listen, with the key files that they write into `folder`, or those of `onboarded`."""
    return {venue: _paper_endpoint(venue, port, folder, onboarded) for venue, port in ports.items()}


def _paper_endpoint(venue: Venue, port: int, folder: Path, onboarded: Mapping[Venue, Path] | None) -> Endpoint:
    host = f"127.0.0.1:{port}"
    ws = f"ws://{host}/v3/ws" if venue is Venue.DYDX else f"ws://{host}"
    keys = onboarded[venue] if onboarded else folder / f"{venue.value}config.ini"
    return Endpoint(venue, f"http://{host}", ws, 1, keys, environ=onboarded is not None)


def sharing(folder: Path, endpoints: Mapping[Venue, Endpoint]) -> dict[Venue, Endpoint]:
    """The same, with one budget of requests in `folder` for all processes."""
    return {venue: replace(endpoint, budgets=folder) for venue, endpoint in endpoints.items()}


def paper_gmx(dydx_port: int) -> str:
    """Where the paper GMX answers: it follows the paper dYdX's index and has no port of its own."""
    return f"http://127.0.0.1:{dydx_port}/gmx"


def live_gmx(venues: Table) -> str | None:
    """Where GMX's prices are read; None when something was complained about."""
    table = venues.table("gmx")
    rest = _address(table, "rest", GMX_HOST, "https")
    table.done()
    return rest


def live_endpoints(root: Path, venues: Table) -> dict[Venue, Endpoint] | None:
    """Where the live venues are; None when something was complained about."""
    found = {venue: _live_endpoint(root, venue, venues.table(venue.value)) for venue in Venue}
    venues.done()
    if len({endpoint.rest for endpoint in found.values() if endpoint}) < sum(e is not None for e in found.values()):
        venues.complaints.say("venues.apex.rest is venues.dydx.rest: give each venue its own address")
    whole = {venue: endpoint for venue, endpoint in found.items() if endpoint is not None}
    return whole if len(whole) == len(found) else None


def _live_endpoint(root: Path, venue: Venue, table: Table) -> Endpoint | None:
    hosts = LIVE_HOSTS[venue]
    rest, ws = _address(table, "rest", hosts[0], "https"), _address(table, "ws", hosts[1], "wss")
    keys = table.text("keys", f"{venue.value}config.ini")
    network_id = table.whole("network_id") if table.has("network_id") else 1
    table.know("network_id")
    table.done()
    if rest is None or ws is None or keys is None or network_id is None:
        return None
    return Endpoint(venue, rest, ws, network_id, root / keys)


def _address(table: Table, key: str, default: str, scheme: str) -> str | None:
    """A host's address; without TLS only on this machine, where tests and paper venues live."""
    value = table.text(key, default)
    plain = scheme.removesuffix("s")
    if value is None or re.fullmatch(
        rf"{scheme}://[^\s/@]+(/\S*)?|{plain}://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?", value
    ):
        return value and value.rstrip("/")
    # the value is not repeated: an address may carry a password
    table.complaints.say(
        f"{table.path(key)} must be an address that begins with {scheme}:// and has no user name in it"
    )
    return None
