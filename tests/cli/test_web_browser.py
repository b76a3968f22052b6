"""The web page's process, and the page in a real browser: log in, see a deal open and close, halt, flatten, be refused.

What happens to the fleet is written into its ledger while the page is open, so that nothing is left to chance.
"""

import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from common import clock
from common.core.events import HaltLevel
from common.ledger.report import Report
from common.web.sessions import COOKIE, Sessions
from common.web.tokens import Role, Tokens

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SECOND_NS = 1_000_000_000
BOUND_S = 20.0
STOP_S = 5.0

pytestmark = pytest.mark.fleet
in_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(root: Path) -> "subprocess.Popen[str]":
    environ = os.environ | {"ARB_CONFIG": str(root / "arb.toml")}
    line = [sys.executable, "-m", "workers.web"]
    return subprocess.Popen(line, cwd=ROOT, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def until_said(process: "subprocess.Popen[str]", word: str) -> str:
    """The first line that has this word; what came before is in the failure."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if word in line:
            return line
    raise AssertionError("".join(lines))


@pytest.fixture
def page(fleet: Any) -> Iterator[str]:
    """The address of a page for this fleet, served by its own process."""
    file = fleet.root / "arb.toml"
    port = free_port()
    file.write_text(re.sub(r"^port = \d+", f"port = {port}", file.read_text(), flags=re.MULTILINE))
    process = started(fleet.root)
    try:
        until_said(process, "serving")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_S) == 0
        assert process.stdout is not None
        said = process.stdout.read()
        process.stdout.close()
    assert "ERROR" not in said and "Traceback" not in said
    assert not any(Tokens(fleet.root / "var").read(role) in said for role in Role)


def test_it_answers_and_stops_at_once(page: str) -> None:
    with urlopen(f"{page}/login", timeout=BOUND_S) as answer:
        assert b"arb-fleet" in answer.read()


def test_it_stops_at_once_while_somebody_watches(fleet: Any, page: str) -> None:
    """The fixture holds it to STOP_S; the stream comes to its end."""
    sessions = Sessions(Tokens(fleet.root / "var"))
    _, cookie = sessions.begin(Role.READ_ONLY, clock.now_ns())
    request = Request(f"{page}/api/stream", headers={"Cookie": f"{COOKIE}={cookie}"})
    # kept until the page has ended
    fleet.watching = urlopen(request, timeout=BOUND_S)
    assert fleet.watching.readline() == b"event: hello\n"


def test_a_port_that_is_taken_needs_a_person_and_says_which_key(fleet: Any) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        file = fleet.root / "arb.toml"
        file.write_text(re.sub(r"^port = \d+", f"port = {port}", file.read_text(), flags=re.MULTILINE))
        process = started(fleet.root)
        said, _ = process.communicate(timeout=BOUND_S)
    assert process.returncode == 3
    told = [line for line in said.splitlines() if "needs_a_person" in line]
    assert len(told) == 1 and f"port {port}" in told[0] and "web.port" in told[0]
    assert "Traceback" not in said


# ---- in a browser ---------------------------------------------------------------------------------------------------


@pytest.fixture
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(chromium: Any, address: str, *, width: int = 1440) -> Any:
    """A new browser's page; whatever its console complains about fails the test at `sound`."""
    tab = chromium.new_context(viewport={"width": width, "height": 900}).new_page()
    tab.set_default_timeout(BOUND_S * 1000)
    tab.complaints = []
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.on("console", lambda said: tab.complaints.append(said.text) if said.type == "error" else None)
    tab.goto(address)
    return tab


def log_in(tab: Any, fleet: Any, role: Role = Role.OPERATOR) -> None:
    tab.fill("#token", Tokens(fleet.root / "var").read(role))
    tab.click("button[type=submit]")
    tab.wait_for_selector("tr[data-market=BTC]")


def halts(fleet: Any) -> list[tuple[str, str, str, str]]:
    with Report.open(fleet.ledger_file) as report:
        return [(halt.market, halt.level, halt.who, halt.why) for halt in report.halts()]


@in_a_browser
def test_a_deal_is_seen_to_open_and_to_close(fleet: Any, page: str, chromium: Any) -> None:
    tab = opened(chromium, page)
    assert tab.url == f"{page}/login"
    log_in(tab, fleet)
    assert "200.00" in tab.inner_text("#figures")
    # what it opens was opened a minute before its now
    fleet.now_ns += 61 * SECOND_NS
    deal = fleet.open_deal("LTC", 1, 1, "0.5", "70")
    tab.wait_for_selector("tr[data-deal=aaaaaa-LTC-1][data-state=OPEN]")
    tab.wait_for_selector("#journal li:has-text('aaaaaa-LTC-1')")
    assert "0.5" in tab.inner_text("tr[data-market=LTC]")
    fleet.close_deal(deal, "71")
    tab.wait_for_selector("tr[data-deal=aaaaaa-LTC-1][data-state=CLOSED]")
    tab.click("tr[data-deal=aaaaaa-LTC-1] button")
    tab.wait_for_selector("#story-rows li.fill")
    assert "aaaaaa-LTC-1-d0" in tab.inner_text("#story")
    assert tab.complaints == []


@in_a_browser
def test_halting_a_market_and_flattening_the_fleet_are_asked_first(fleet: Any, page: str, chromium: Any) -> None:
    tab = opened(chromium, page)
    log_in(tab, fleet)
    tab.click("tr[data-market=SOL] button")
    assert "Halt SOL?" in tab.inner_text("#confirm")
    tab.click("#confirm-yes")
    assert halts(fleet) == [], "without a reason nothing is sent"
    tab.fill("#confirm-why", "odd book")
    tab.click("#confirm-yes")
    tab.wait_for_selector(".notice:has-text('SOL: halt')")
    assert halts(fleet) == [("SOL", "halt", "web:operator", "odd book")]
    tab.click("[data-act=flatten]")
    assert "2 deals are open" in tab.inner_text("#confirm")
    tab.click("#confirm-no")
    assert len(halts(fleet)) == 1
    tab.click("[data-act=flatten]")
    tab.fill("#confirm-why", "leaving <b>now</b>")
    tab.click("#confirm-yes")
    tab.wait_for_selector(".notice:has-text('leaving <b>now</b>')")
    assert ("*", HaltLevel.FLATTEN, "web:operator", "leaving <b>now</b>") in halts(fleet)
    tab.wait_for_selector("#journal li:has-text('flatten by web:operator')")
    tab.click("[data-act=resume]")
    tab.fill("#confirm-why", "back")
    tab.click("#confirm-yes")
    tab.wait_for_selector(".notice:has-text('Every market')", state="detached")
    assert [halt[0] for halt in halts(fleet)] == ["SOL"]
    assert tab.complaints == []


@in_a_browser
def test_without_the_token_one_is_refused_and_with_the_other_one_only_looks(
    fleet: Any, page: str, chromium: Any
) -> None:
    tab = opened(chromium, page)
    tab.fill("#token", "a guess")
    tab.click("button[type=submit]")
    tab.wait_for_selector("#why:has-text('not a token')")
    tab.goto(page)
    assert tab.url == f"{page}/login"
    log_in(tab, fleet, Role.READ_ONLY)
    assert not tab.is_visible("[data-act=flatten]") and not tab.is_visible("tr[data-market=SOL] button")
    forced = """async () => (await fetch('/api/halt', {method: 'POST', headers: {'X-Arb': '1'},
        body: JSON.stringify({level: 'flatten', market: null, why: 'forced'})})).status"""
    assert tab.evaluate(forced) == 403
    assert halts(fleet) == []
    # the browser itself says so of both refusals, and there is nothing else
    assert all(re.search("status of 40[13]", said) for said in tab.complaints)
    tab.click("#logout")
    tab.wait_for_url(f"{page}/login")


@in_a_browser
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_is_wider_than_the_window(fleet: Any, page: str, chromium: Any, width: int) -> None:
    tab = opened(chromium, page, width=width)
    log_in(tab, fleet)
    tab.wait_for_selector("[data-chart=pnl] canvas")
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    assert tab.complaints == []


def test_the_vendored_files_are_those_that_the_document_names() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text()
    folder = ROOT / "common" / "web" / "page" / "vendor"
    for file in folder.iterdir():
        assert f"| `{file.name}` | `{hashlib.sha256(file.read_bytes()).hexdigest()}` |" in text
    assert len(list(folder.iterdir())) == 3
