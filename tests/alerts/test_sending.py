"""Real notifications to a mail server and a webhook of this machine, and what is never said of an address."""

import json
import logging
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from common.alerts import sending, targets
from common.alerts.shapes import Due, Severity
from common.core.errors import ConfigError

DUES = [
    Due(7, Severity.WARNING, "BTC is halted\n→ arbctl resume", False, 0),
    Due(8, Severity.CRITICAL, "stuck", True, 1),
]


class Mail:
    """Keeps what is delivered."""

    def __init__(self) -> None:
        self.letters: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.letters.append(envelope.content.decode())
        return "250 kept"


@pytest.fixture
def mail() -> Iterator[tuple[Mail, int]]:
    kept = Mail()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, port
    controller.stop()


@pytest.fixture
def hook() -> Iterator[tuple[list[Any], list[int], int]]:
    """What was posted, what to answer next, and the port."""
    posted: list[Any] = []
    answers: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(answers.pop() if answers else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield posted, answers, server.server_address[1]
    server.shutdown()
    thread.join()


def test_a_letter_arrives_with_all_messages_in_one(mail: tuple[Mail, int]) -> None:
    kept, port = mail
    assert sending.send(f"mailto://127.0.0.1:{port}?from=arb@example.com&to=me@example.com&mode=insecure", DUES)
    (letter,) = kept.letters
    assert "arb critical: 2 messages" in letter
    assert "#7 warning" in letter and "#8 critical" in letter and "may be a repeat" in letter


def test_a_webhook_that_refuses_has_not_taken_it_in(hook: tuple[list[Any], list[int], int]) -> None:
    posted, answers, port = hook
    answers.append(500)
    url = f"json://127.0.0.1:{port}/hook"
    assert not sending.send(url, DUES[:1])
    assert sending.send(url, DUES[:1])
    assert [one["title"] for one in posted] == ["arb warning: BTC is halted"] * 2
    assert posted[1]["type"] == "warning" and "→ arbctl resume" in posted[1]["message"]


def test_nothing_of_an_address_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    secret = "hunter2secret"
    url = f"json://user:{secret}@127.0.0.1:1/{secret}"
    with caplog.at_level(logging.DEBUG):
        assert not sending.send(url, DUES)
        assert not sending.send(f"nonsense://{secret}", DUES)
        assert not sending.is_known(f"nonsense://{secret}")
    known = targets.read(tmp_path, {targets.VARIABLE: url})
    told = caplog.text + "".join(capfd.readouterr()) + repr(known) + "".join(known.urls)
    assert secret not in told and next(iter(known.urls)).startswith("json-")


def test_addresses_come_from_a_file_of_ours_alone(tmp_path: Path) -> None:
    assert targets.read(tmp_path, {}).urls == {}
    file = tmp_path / targets.FILE
    file.write_text("# mine\n\njson://a/b # the hook\nheartbeat https://example.com/x\nmailto://u:p@c\n")
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        targets.read(tmp_path, {})
    file.chmod(0o600)
    read = targets.read(tmp_path, {})
    assert list(read.urls.values()) == ["json://a/b", "mailto://u:p@c"]
    assert read.heartbeat == "https://example.com/x"
