"""The endpoint: what it answers, to whom, how often it looks, and how its process starts and ends."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from aiohttp import ClientSession, web
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as plain_families

from common import settings
from common.core.errors import ConfigError
from common.metrics.exposition import Sight
from common.metrics.scrapes import FRESH_NS, Scrapes
from common.metrics.server import application

ROOT = Path(__file__).resolve().parents[2]
BOUND_S = 20.0
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def on_endpoint(root: Path, work: Callable[[ClientSession, str], Awaitable[None]]) -> None:
    """`work` with a client and the endpoint's address."""

    async def go() -> None:
        runner = web.AppRunner(application(settings.load(root / "arb.toml")), shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            async with ClientSession() as client:
                await work(client, f"http://127.0.0.1:{port}/metrics")
        finally:
            await runner.cleanup()

    asyncio.run(asyncio.wait_for(go(), BOUND_S))


def test_both_formats_say_the_same(fleet: Any) -> None:
    async def work(client: ClientSession, url: str) -> None:
        async with client.get(url, headers={"Accept": OPENMETRICS}) as answer:
            assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
            new = list(text_string_to_metric_families(await answer.text()))  # type: ignore[no-untyped-call]
        async with client.get(url, headers={"Accept": "*/*"}) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            old = list(plain_families(await answer.text()))
        wanted = {s.name for family in old for s in family.samples}
        assert "arb_equity_usd" in wanted and wanted == {s.name for family in new for s in family.samples}

    on_endpoint(fleet.root, work)


def test_who_comes_by_another_name_hears_nothing(fleet: Any) -> None:
    async def work(client: ClientSession, url: str) -> None:
        for host, status in (("evil.example", 421), ("10.0.0.7", 421), ("localhost:18711", 200), ("127.0.0.1", 200)):
            async with client.get(url, headers={"Host": host}) as answer:
                assert answer.status == status
                assert ("arb_equity" in await answer.text()) is (status == 200)

    on_endpoint(fleet.root, work)


def test_a_ledger_that_cannot_be_read_is_a_figure_and_no_failure(folder: Path) -> None:
    async def work(client: ClientSession, url: str) -> None:
        async with client.get(url) as answer:
            assert answer.status == 200 and "\narb_ledger_readable 0.0\n" in await answer.text()

    on_endpoint(folder, work)


def test_many_who_ask_at_once_have_one_look(fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now, looks = [0], [0]
    look = Sight.look

    def counted(self: Sight, now_ns: int) -> Any:
        looks[0] += 1
        return look(self, now_ns)

    monkeypatch.setattr(Sight, "look", counted)

    async def go() -> None:
        asked = Scrapes(settings.load(fleet.root / "arb.toml"), lambda: now[0])
        texts = await asyncio.gather(*(asked.text(OPENMETRICS) for _ in range(9)))
        assert (looks[0], len(set(texts))) == (1, 1)
        now[0] += FRESH_NS + 1
        await asked.text("")
        assert looks[0] == 2
        await asked.close()

    asyncio.run(go())


# ---- its process ----------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(root: Path, port: int) -> "subprocess.Popen[str]":
    file = root / "arb.toml"
    file.write_text(re.sub(r"(\[metrics\].*\n.*\nport = )\d+", rf"\g<1>{port}", file.read_text()))
    environ = os.environ | {"ARB_CONFIG": str(file)}
    line = [sys.executable, "-m", "workers.metrics"]
    return subprocess.Popen(line, cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_the_process_serves_and_stops_at_once(fleet: Any) -> None:
    port = free_port()
    process = started(fleet.root, port)
    assert process.stdout is not None
    try:
        lines = iter(process.stdout)
        assert any("serving" in line for line in lines)
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=BOUND_S) as answer:
            assert b"arb_equity_usd" in answer.read()
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(5.0)
        said = process.stdout.read()
        process.stdout.close()
    assert code == 0 and "Traceback" not in said and "stopped" in said


def test_a_port_that_is_taken_needs_a_person_and_says_which_key(fleet: Any) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = started(fleet.root, port)
        said, _ = process.communicate(timeout=BOUND_S)
    assert process.returncode == 3
    told = [line for line in said.splitlines() if "needs_a_person" in line]
    assert len(told) == 1 and f"port {port}" in told[0] and "metrics.port" in told[0]
    assert "Traceback" not in said


def test_switched_off_there_is_no_program(folder: Path, arbctl_in: Any) -> None:
    file = folder / "arb.toml"
    head, _, rest = file.read_text().partition("[metrics]")
    file.write_text(f"{head}[metrics]{rest.replace('enabled = true', 'enabled = false', 1)}")
    assert arbctl_in(folder)("fleet", "render").code == 0
    programs = (folder / "supervisord.conf").read_text()
    assert "program:metrics" not in programs and "program:web" in programs


def test_a_port_that_is_none_is_refused(folder: Path) -> None:
    file = folder / "arb.toml"
    file.write_text(file.read_text().replace("port = 18711", "port = 70000"))
    with pytest.raises(ConfigError, match=r"metrics\.port = 70000"):
        settings.load(file)
