"""Onboarding with the official clients at venues that answer oddly: our errors, in one sentence, without a secret."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from common.compat import prepare_sdk_import
from common.core.errors import ArbError, ConfigError, VenueError
from common.core.market import Venue
from common.endpoints import Endpoint
from common.sim.server import views_apex_market
from common.venues import eth_key, onboarding

prepare_sdk_import()

#: the first account of every Ganache chain, published with it: nobody's secret
ETH_KEY = eth_key.checked("4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d")
ENVIRONMENT = 5


class Odd(BaseHTTPRequestHandler):
    """Answers every request alike."""

    status, body = 200, b""

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def odd_venue() -> Iterator[tuple[type[Odd], str]]:
    """A handler whose answer can be set, and where it is served."""
    handler = type("Set", (Odd,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


ANSWERS = {
    "html": (200, b"<html>blocked</html>"),
    "empty": (200, b""),
    "list": (200, b"[]"),
    "object": (200, b"{}"),
    "null": (200, b"null"),
    "exists": (200, b'{"exists": true, "data": {"global": {"registerEnvId": 1}, "nonce": "7", "apiKey": {}}}'),
    "account": (200, b'{"exists": true, "account": {"starkKey": "zz"}, "data": {"global": {}, "nonce": "7"}}'),
    "refusal": (400, b'{"errors": [{"msg": "no\\nthanks"}], "code": 3, "msg": "no thanks"}'),
    "teapot": (418, b"teapot"),
    "gateway": (502, b"<html>bad gateway</html>"),
    "echo": (400, f'{{"errors": [{{"msg": "{ETH_KEY}"}}], "code": 1, "msg": "{ETH_KEY}"}}'.encode()),
}


@pytest.mark.parametrize("venue", Venue)
@pytest.mark.parametrize("answer", ANSWERS)
def test_a_venue_that_answers_oddly_is_one_sentence(venue: Venue, answer: str, odd_venue: Any) -> None:
    handler, url = odd_venue
    handler.status, handler.body = ANSWERS[answer]
    with pytest.raises(ArbError) as caught:
        onboarding.onboard(Endpoint(venue, url, "", 1, Path("unused")), ETH_KEY)
    said = str(caught.value)
    assert isinstance(caught.value, ConfigError | VenueError) and url in said and "\n" not in said
    assert ETH_KEY.removeprefix("0x") not in said and caught.value.__suppress_context__


def test_nobody_there_is_said_and_the_real_hosts_end_is_known() -> None:
    with pytest.raises(VenueError, match="cannot be reached: the paper venues do not run"):
        onboarding.onboard(Endpoint(Venue.DYDX, "http://127.0.0.1:9", "", 1, Path("unused")), ETH_KEY)
    live = Endpoint(Venue.DYDX, "https://api.dydx.exchange", "", 1, Path("unused"))
    import requests

    with pytest.raises(VenueError, match="stopped on 28 October 2024"), onboarding.asking(live):
        raise requests.exceptions.ConnectTimeout


def test_apex_keys_are_those_of_the_environment_that_the_venue_names(
    paper_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apexpro.http_private import HttpPrivate

    settings = views_apex_market.config

    def elsewhere(mouth: Any) -> Any:
        shown = settings(mouth)
        return shown | {"global": shown["global"] | {"registerEnvId": ENVIRONMENT}}

    monkeypatch.setattr(views_apex_market, "config", elsewhere)
    url = paper_house.url(Venue.APEX)
    made = onboarding.onboard(Endpoint(Venue.APEX, url, "", 1, Path("unused")), ETH_KEY)
    theirs = HttpPrivate(url, eth_private_key=ETH_KEY, env_id=ENVIRONMENT).derive_stark_key()
    assert made.keys.private_key == theirs["private_key"]
    assert theirs != HttpPrivate(url, eth_private_key=ETH_KEY, env_id=1).derive_stark_key()
