"""What systemd is told: one datagram each, to a file or a name in the kernel, and nothing where nobody listens."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import notify


@pytest.fixture(params=["file", "kernel"])
def heard(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    name = str(tmp_path / "s") if request.param == "file" else f"@arb-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0", 1))
        listening.settimeout(5)
        monkeypatch.setenv(notify.VARIABLE, name)
        yield listening


def test_the_words_come_together_and_a_status_is_one_line(heard: socket.socket) -> None:
    notify.tell(notify.READY, notify.status("ten\nworkers"))
    assert heard.recv(999) == b"READY=1\nSTATUS=ten workers"


def test_without_a_socket_or_a_listener_it_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(notify.VARIABLE, raising=False)
    notify.tell(notify.READY)
    monkeypatch.setenv(notify.VARIABLE, str(tmp_path / "nobody"))
    notify.tell(notify.READY)
