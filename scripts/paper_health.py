"""Whether the paper venues answer, which markets they drive, and whether their tape has ended."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """What /health says; `markets` None when it does not name them."""

    markets: tuple[str, ...] | None
    ended: bool


def ask(port: int, host: str = "127.0.0.1") -> Health | None:
    """One look; None while nobody answers there properly."""
    connection = HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/health")
        response = connection.getresponse()
        body = json.loads(response.read())
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
    if response.status != 200 or not isinstance(body, dict):
        return None
    markets = body.get("markets")
    return Health(None if markets is None else tuple(str(m) for m in markets), bool(body.get("ended")))
