"""Asking whole venues: the paper ones in full, ones that refuse, hang, or hide behind a certificate; all bounded."""

import asyncio
import shutil
import socket
import ssl
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from common import clock
from common.core.market import Venue
from common.doctor import venue_facts
from common.doctor.venue_facts import VenueFacts
from common.endpoints import Endpoint

ROOT = Path(__file__).resolve().parents[2]
MARKETS = ("BTC", "ETH")


def endpoint(venue: Venue, host: str, keys: Path = Path("x")) -> Endpoint:
    ws = f"ws://{host}/v3/ws" if venue is Venue.DYDX else f"ws://{host}"
    return Endpoint(venue, f"http://{host}", ws, 1, keys)


def asked(where: Endpoint, keys: Any = None, markets: tuple[str, ...] = MARKETS) -> VenueFacts:
    return asyncio.run(venue_facts.ask(where, keys, markets))


@pytest.mark.parametrize("venue", list(Venue))
def test_a_paper_venue_answers_everything(paper_house: Any, venue: Venue) -> None:
    where = endpoint(venue, paper_house.url(venue).removeprefix("http://"))
    told = asked(where, paper_house.keys[venue]).private
    assert told is not None and (told.wrong, told.silent) == ("", "")
    assert [i.market for i in told.instruments] == list(MARKETS)
    assert told.account is not None and told.account.equity_uusd == 1_000_000_000
    assert told.orders == ()
    assert told.book_ms is not None and told.stream_ms is not None


@pytest.mark.parametrize("venue", list(Venue))
def test_keys_that_the_venue_does_not_know(paper_house: Any, venue: Venue) -> None:
    where = endpoint(venue, paper_house.url(venue).removeprefix("http://"))
    told = asked(where, replace(paper_house.keys[venue], key="0" * 36)).private
    assert told is not None and "refuses the API key" in told.wrong and told.account is None


@pytest.mark.parametrize("venue", list(Venue))
def test_what_is_not_listed_is_told_and_the_rest_found(paper_house: Any, venue: Venue) -> None:
    where = endpoint(venue, paper_house.url(venue).removeprefix("http://"))
    told = asked(where, paper_house.keys[venue], ("BTC", "NONE")).private
    assert told is not None and len(told.unlisted) == 1 and "NONE" in told.unlisted[0]
    assert [i.market for i in told.instruments] == ["BTC"]


@pytest.mark.parametrize("venue", list(Venue))
def test_without_keys_the_clock_is_read_all_the_same(paper_house: Any, venue: Venue) -> None:
    facts = asked(endpoint(venue, paper_house.url(venue).removeprefix("http://")))
    assert facts.clock is not None and facts.clock.surely_off_ns < 10**9
    assert facts.private is None


@pytest.mark.parametrize("venue", list(Venue))
def test_nobody_listens_there(venue: Venue) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        facts = asked(endpoint(venue, f"127.0.0.1:{unused.getsockname()[1]}"))
    assert facts.clock is None and "Connect" in facts.unreachable


@pytest.mark.parametrize("venue", list(Venue))
def test_one_who_takes_the_connection_and_says_nothing(venue: Venue) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began_ns = clock.monotonic_ns()
        facts = asked(endpoint(venue, f"127.0.0.1:{silent.getsockname()[1]}"))
    assert facts.clock is None and "Timeout" in facts.unreachable
    assert clock.monotonic_ns() - began_ns < 8 * 10**9


def test_a_stream_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue_facts, "STREAM_BOUND_S", 0.05)

    async def hang(_: object) -> None:
        await asyncio.Event().wait()

    assert asyncio.run(venue_facts._began_ms(hang, int)) is None


def test_a_stream_that_ends_by_itself_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue_facts, "STREAM_BOUND_S", 0.05)

    async def fail(_: object) -> None:
        raise OSError("gone")

    assert asyncio.run(venue_facts._began_ms(fail, int)) is None


# ---- TLS ------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")
def test_a_certificate_that_nobody_vouches_for_is_refused_and_one_that_is_known_is_taken(tmp_path: Path) -> None:
    asyncio.run(_tls(tmp_path))


async def _tls(folder: Path) -> None:
    certificate, key = folder / "cert.pem", folder / "key.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    made += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    app = web.Application()
    app.router.add_get("/v3/time", _time)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "localhost", 0, ssl_context=context).start()
    port = runner.addresses[0][1]
    try:
        unknown = await asyncio.to_thread(_clock_of, port, {})
        assert "CERTIFICATE_VERIFY_FAILED" in unknown
        known = await asyncio.to_thread(_clock_of, port, {"SSL_CERT_FILE": str(certificate)})
        assert known.startswith("read")
    finally:
        await runner.cleanup()


async def _time(_: web.Request) -> web.Response:
    now_ns = clock.now_ns()
    return web.json_response({"iso": "2026-01-01T00:00:00.000Z", "epoch": str(now_ns // 10**6 / 1000)})


SCRIPT = """
import asyncio, sys
from pathlib import Path
from common.core.market import Venue
from common.doctor.venue_facts import ask
from common.endpoints import Endpoint
base = f"localhost:{sys.argv[1]}"
where = Endpoint(Venue.DYDX, f"https://{base}", f"wss://{base}", 1, Path("x"))
facts = asyncio.run(ask(where, None, ()))
print("read" if facts.clock else facts.unreachable)
"""


def _clock_of(port: int, environ: dict[str, str]) -> str:
    """In a process of its own: which certificates are trusted is read once, at its start."""
    line = [sys.executable, "-c", SCRIPT, str(port)]
    done = subprocess.run(line, capture_output=True, text=True, cwd=ROOT, env=environ, timeout=30, check=True)
    return done.stdout.strip()
