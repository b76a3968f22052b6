"""The web page's server: who gets in, who may act, what is written down about it, and what no answer and no log has."""

import asyncio
import json
import logging
import re
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, DummyCookieJar, web

from common import settings
from common.core.errors import ConfigError
from common.core.events import HaltLevel
from common.ledger.report import Report
from common.telemetry.files import Writer, folder_of
from common.telemetry.rows import FleetRow, Refused, Span
from common.web import history, server
from common.web.looking import Looking
from common.web.patience import AT_ONCE
from common.web.server import application
from common.web.sessions import COOKIE, LASTS_S, Sessions
from common.web.tokens import Role, Tokens

SECOND_NS = 1_000_000_000
BOUND_S = 20.0


@dataclass
class Page:
    """A running server, and a browser's part towards it; `cookie` is that of the session."""

    session: ClientSession
    port: int
    tokens: Tokens
    cookie: str = ""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def get(self, path: str, **headers: str) -> ClientResponse:
        return await self.ask("GET", path, None, headers)

    async def post(self, path: str, body: Any, **headers: str) -> ClientResponse:
        """As a page of ours sends it, but for what `headers` say ('' takes one away)."""
        return await self.ask("POST", path, body, {"Origin": self.origin, "X_Arb": "1"} | headers)

    async def ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> ClientResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items() if value}
        cookie = {"Cookie": f"{COOKIE}={self.cookie}"} if self.cookie else {}
        url = f"{self.origin}{path}"
        return await self.session.request(method, url, json=body, headers=named | cookie, allow_redirects=False)

    async def log_in(self, role: Role = Role.OPERATOR) -> ClientResponse:
        answer = await self.post("/api/login", {"token": self.tokens.read(role)})
        assert answer.status == 200
        self.cookie = answer.cookies[COOKIE].value
        return answer

    async def events(self, wanted: int) -> list[tuple[str, Any]]:
        """The first so many of the stream."""
        found: list[tuple[str, Any]] = []
        async with asyncio.timeout(BOUND_S):
            answer = await self.get("/api/stream")
            assert answer.status == 200 and answer.content_type == "text/event-stream"
            while len(found) < wanted:
                found.append(await event(answer))
            answer.close()
        return found


async def event(answer: ClientResponse) -> tuple[str, Any]:
    name = (await answer.content.readline()).decode().removeprefix("event: ").strip()
    data = (await answer.content.readuntil(b"\n\n")).decode().removeprefix("data: ")
    return name, json.loads(data)


@asynccontextmanager
async def served(root: Path) -> AsyncIterator[Page]:
    config = settings.load(root / "arb.toml")
    runner = web.AppRunner(application(config, logging.getLogger("web")), access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with ClientSession(cookie_jar=DummyCookieJar()) as session:
            yield Page(session, runner.addresses[0][1], Tokens(config.var))
    finally:
        await runner.cleanup()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def on_page(root: Path, work: Callable[[Page], Awaitable[None]]) -> None:
    """Do `work` with a server for the fleet in this folder."""

    async def go() -> None:
        async with served(root) as page:
            await work(page)

    asyncio.run(go())


# ---- getting in -----------------------------------------------------------------------------------------------------


def test_tokens_are_made_once_and_nobody_else_can_read_them(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    tokens.make()
    made = {role: tokens.read(role) for role in Role}
    assert made[Role.OPERATOR] != made[Role.READ_ONLY]
    for role in Role:
        assert stat.S_IMODE(tokens.file(role).stat().st_mode) == 0o600
        assert tokens.role_of(made[role]) is role
    assert stat.S_IMODE(tokens.file(Role.OPERATOR).parent.stat().st_mode) == 0o700
    tokens.make()
    assert {role: tokens.read(role) for role in Role} == made
    assert tokens.role_of("") is None and tokens.role_of(made[Role.OPERATOR][:-1]) is None


@pytest.mark.parametrize("spoil", ["mode", "short", "gone"])
def test_a_token_that_others_may_know_lets_nobody_in(tmp_path: Path, spoil: str) -> None:
    tokens = Tokens(tmp_path)
    tokens.make()
    file = tokens.file(Role.OPERATOR)
    known = tokens.read(Role.OPERATOR)
    if spoil == "mode":
        file.chmod(0o640)
    elif spoil == "short":
        file.write_text("secret\n")
    else:
        file.unlink()
    with pytest.raises(ConfigError, match="arbctl web renew"):
        tokens.role_of(known)


@pytest.mark.parametrize("path", ["/api/stream", "/api/history?period=1h", "/api/deals", "/api/deals/x"])
def test_without_a_session_nothing_is_told(fleet: Any, path: str) -> None:
    async def work(page: Page) -> None:
        for cookie in ("", "operator.9999999999999999999.x.00", "nonsense", f"{Role.OPERATOR}..."):
            page.cookie = cookie
            answer = await page.get(path)
            assert answer.status == 401 and list(await answer.json()) == ["error"]
        shown = await page.get("/")
        assert (shown.status, shown.headers["Location"]) == (303, "/login")

    on_page(fleet.root, work)


def test_a_wrong_token_is_refused_and_soon_it_has_to_wait(fleet: Any) -> None:
    async def work(page: Page) -> None:
        for token in ("x" * 43, "", None, 7, "\ud800")[:AT_ONCE]:
            assert (await page.post("/api/login", {"token": token})).status == 401
        waits = await page.post("/api/login", {"token": page.tokens.read(Role.OPERATOR)})
        assert waits.status == 429 and int(waits.headers["Retry-After"]) > 0
        assert COOKIE not in waits.cookies

    on_page(fleet.root, work)


def test_the_cookie_is_for_this_site_alone_and_no_script_reads_it(fleet: Any) -> None:
    async def work(page: Page) -> None:
        cookie = (await page.log_in()).cookies[COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        assert not cookie["secure"]
        assert page.tokens.read(Role.OPERATOR) not in cookie.value

    on_page(fleet.root, work)


def test_a_session_ends_by_logging_out_by_time_and_with_its_token(fleet: Any) -> None:
    async def work(page: Page) -> None:
        await page.log_in()
        assert (await page.get("/api/deals")).status == 200
        assert (await page.post("/api/logout", {})).status == 200
        assert (await page.get("/api/deals")).status == 401
        await page.log_in()
        page.tokens.renew(Role.READ_ONLY)
        assert (await page.get("/api/deals")).status == 200
        page.tokens.renew(Role.OPERATOR)
        assert (await page.get("/api/deals")).status == 401

    on_page(fleet.root, work)
    sessions = Sessions(Tokens(fleet.root / "var"))
    session, cookie = sessions.begin(Role.READ_ONLY, 5)
    assert sessions.known(cookie, 6) == session
    assert sessions.known(cookie, 5 + LASTS_S * SECOND_NS) is None
    assert sessions.known(cookie.replace("read-only", "operator"), 6) is None
    later = session.ends_ns + SECOND_NS
    assert sessions.known(cookie.replace(str(session.ends_ns), str(later)), 6) is None


# ---- from where -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1", 200), ("localhost:9000", 200), ("[::1]:5", 200), ("evil.example", 421), ("", 421), ("a b", 421)],
)
def test_a_name_that_was_made_to_point_here_is_not_answered(fleet: Any, host: str, status: int) -> None:
    async def work(page: Page) -> None:
        assert (await page.ask("GET", "/login", None, {"Host": host or "?"})).status == status

    on_page(fleet.root, work)


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Arb": ""},
        {"Origin": ""},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_what_another_site_sends_with_our_cookie_does_nothing(fleet: Any, headers: dict[str, str]) -> None:
    async def work(page: Page) -> None:
        await page.log_in()
        body = {"level": "flatten", "market": None, "why": "forged"}
        assert (await page.post("/api/halt", body, **headers)).status == 403
        assert (await page.post("/api/login", {"token": page.tokens.read(Role.OPERATOR)}, **headers)).status == 403

    on_page(fleet.root, work)
    with Report.open(fleet.ledger_file) as report:
        assert report.halts() == ()


def test_every_answer_has_the_headers_and_no_page_has_anything_inside_it(fleet: Any) -> None:
    async def work(page: Page) -> None:
        await page.log_in()
        for path in ("/", "/login", "/page/desk.js", "/page/nothing.js", "/page/../terms.py", "/api/deals", "/api/x"):
            answer = await page.get(path)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == (
                "no-cache" if answer.content_type != "application/json" else "no-store"
            )
            if answer.content_type == "text/html":
                text = await answer.text()
                assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)|https?://", text)
        assert (await page.get("/page/../terms.py")).status == 404

    on_page(fleet.root, work)


# ---- acting ---------------------------------------------------------------------------------------------------------


def test_an_operator_halts_flattens_and_resumes_and_the_journal_has_who_and_why(fleet: Any) -> None:
    async def work(page: Page) -> None:
        await page.log_in()
        halt = {"level": "halt", "market": "BTC", "why": "odd  book\n"}
        assert await (await page.post("/api/halt", halt)).json() == {"changed": True}
        assert await (await page.post("/api/halt", halt)).json() == {"changed": False}
        flatten = {"level": "flatten", "market": None, "why": "leaving"}
        assert (await page.post("/api/halt", flatten)).status == 200
        assert await (await page.post("/api/resume", {"market": None, "why": "back"})).json() == {"changed": True}

    on_page(fleet.root, work)
    with Report.open(fleet.ledger_file) as report:
        assert [(h.market, h.level, h.who, h.why) for h in report.halts()] == [
            ("BTC", HaltLevel.HALT, "web:operator", "odd book")
        ]
        said = [(row.verb, row.market, row.why) for row in report.journal(3)]
    assert said == [
        ("halt", "BTC", "halt by web:operator: odd book"),
        ("halt", "*", "flatten by web:operator: leaving"),
        ("resume", "*", "by web:operator: back"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"level": "halt", "market": "BTC", "why": "  "},
        {"level": "halt", "market": "BTC"},
        {"level": "halt", "market": "BTC", "why": "x" * 501},
        {"level": "halt", "why": "which market?"},
        {"level": "halt", "market": "NOPE", "why": "a"},
        {"level": "halt", "market": ["BTC"], "why": "a"},
        {"level": "stop", "market": None, "why": "a"},
        {"level": "none", "market": None, "why": "a"},
        {"level": ["halt"], "market": None, "why": "a"},
        ["halt"],
        None,
    ],
)
def test_half_an_order_is_none(fleet: Any, body: Any) -> None:
    async def work(page: Page) -> None:
        await page.log_in()
        assert (await page.post("/api/halt", body)).status == 400

    on_page(fleet.root, work)
    with Report.open(fleet.ledger_file) as report:
        assert report.halts() == ()


def test_who_may_only_look_changes_nothing(fleet: Any) -> None:
    async def work(page: Page) -> None:
        await page.log_in(Role.READ_ONLY)
        assert (await page.get("/api/deals")).status == 200
        order = {"level": "halt", "market": None, "why": "because"}
        for path in ("/api/halt", "/api/resume"):
            assert (await page.post(path, order)).status == 403
        assert (await page.post("/api/logout", {})).status == 200

    on_page(fleet.root, work)
    with Report.open(fleet.ledger_file) as report:
        assert report.halts() == ()


def test_no_ledger_is_an_answer_and_no_crash(folder: Path) -> None:
    async def work(page: Page) -> None:
        await page.log_in()
        asked = [await page.get("/api/deals"), await page.get("/api/history?period=1h")]
        asked.append(await page.post("/api/halt", {"level": "halt", "market": None, "why": "early"}))
        assert [answer.status for answer in asked] == [503, 503, 503]
        (_, _), (name, desk) = await page.events(2)
        assert name == "desk" and "there is no ledger yet" in desk["trouble"] and desk["equity_uusd"] is None

    on_page(folder, work)


# ---- looking --------------------------------------------------------------------------------------------------------


def test_the_stream_tells_of_the_fleet_and_of_the_journal_as_it_grows(fleet: Any) -> None:
    async def work(page: Page) -> None:
        await page.log_in()
        answer = await page.get("/api/stream")
        hello, desk, journal = [await event(answer) for _ in range(3)]
        assert hello == ("hello", {"role": "operator"} | {key: hello[1][key] for key in ("markets", "periods")})
        assert desk[0] == "desk" and desk[1]["equity_uusd"] == 200_000_000
        rows = {row["market"]: row for row in desk[1]["markets"]}
        assert [deal["deal_id"] for deal in rows["BTC"]["deals"]] == ["aaaaaa-BTC-1"]
        assert journal[0] == "journal" and journal[1][-1]["seq"] > 1
        fleet.ledger.halt(HaltLevel.HALT, "SOL", "while you look", who="anna", at_ns=fleet.now_ns)
        found: list[tuple[str, Any]] = []
        while not found or found[-1][0] != "journal":
            found.append(await event(answer))
        assert [row["why"] for row in found[-1][1]] == ["halt by anna: while you look"]
        assert [halt["market"] for halt in found[-2][1]["halts"]] == ["SOL"]
        answer.close()

    asyncio.run(asyncio.wait_for(_served(fleet.root, work), BOUND_S))


async def _served(root: Path, work: Callable[[Page], Awaitable[None]]) -> None:
    async with served(root) as page:
        await work(page)


def test_a_stream_ends_with_its_session(fleet: Any) -> None:
    async def work(page: Page) -> None:
        await page.log_in()
        answer = await page.get("/api/stream")
        await event(answer)
        page.tokens.renew(Role.OPERATOR)
        while await answer.content.readline():
            pass

    asyncio.run(asyncio.wait_for(_served(fleet.root, work), BOUND_S))


def test_who_cannot_look_any_more_crashes_and_is_started_again(fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: Looking) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(Looking, "run", broken)
    config = settings.load(fleet.root / "arb.toml")
    config = replace(config, web=replace(config.web, port=free_port()))

    async def go() -> None:
        await asyncio.wait_for(server.serve(config, logging.getLogger("web"), asyncio.Event()), BOUND_S)

    with pytest.raises(RuntimeError, match="a bug"):
        asyncio.run(go())


def test_a_deal_is_told_from_its_opportunity_to_its_settlement(fleet: Any) -> None:
    async def work(page: Page) -> None:
        await page.log_in(Role.READ_ONLY)
        deals = await (await page.get("/api/deals")).json()
        assert {deal["deal_id"]: deal["state"] for deal in deals} == {
            "aaaaaa-ETH-1": "CLOSED",
            "aaaaaa-BTC-1": "OPEN",
            "aaaaaa-SOL-1": "OPEN",
        }
        of_one = await (await page.get("/api/deals?market=SOL")).json()
        assert [deal["market"] for deal in of_one] == ["SOL"]
        told = await (await page.get("/api/deals/aaaaaa-ETH-1")).json()
        assert told["pnl_uusd"] == -80_000 and told["happened"][0]["what"] == "decided"
        assert any("aaaaaa-ETH-1-d0" in one["ids"] for one in told["happened"])
        assert (await page.get("/api/deals/aaaaaa-ETH-9")).status == 404

    on_page(fleet.root, work)


def test_the_charts_have_what_the_report_has(fleet: Any) -> None:
    quotes = {"apex": ("40010", "40012"), "dydx": ("40000", "40002")}
    edges = {"+1": (-3.5, 4.25), "-1": (-8.0, -6.0)}
    at_ns = [fleet.now_ns - back * SECOND_NS for back in (50, 40)]
    spans = [
        Span("BTC", at, 10 * SECOND_NS, 0, {"edge": 9 * SECOND_NS}, {}, 1.0, edges, (), quotes, {}, {}) for at in at_ns
    ]
    Writer(folder_of(fleet.ledger_file), "BTC").append([*spans, Refused("BTC", fleet.now_ns, "cap", 1, 26)])
    looks = [FleetRow("fleet", at, {"dydx": 100, "apex": 50}, {}, 30, 120, 1, 0) for at in at_ns]
    Writer(folder_of(fleet.ledger_file), "fleet").append(looks)

    async def work(page: Page) -> None:
        await page.log_in(Role.READ_ONLY)
        told = await (await page.get("/api/history?period=1h")).json()
        assert told["equity"][1][-1] == 150 and told["cap"][1][-1] == 0.25
        assert told["spread"]["BTC"]["low"][-1] == pytest.approx((40010 - 40002) / 40002 * 10_000, abs=0.01)
        assert told["spread"]["BTC"]["high"][-1] == pytest.approx((40012 - 40000) / 40000 * 10_000, abs=0.01)
        marks = [(mark["deal"], mark["open"], mark["bps"]) for mark in told["spread"]["ETH"]["marks"]]
        assert marks == [("aaaaaa-ETH-1", True, 0.0), ("aaaaaa-ETH-1", False, 0.0)]
        # the best edge of each of both spans, from 4 to 5 bp; one deal lost its four fees of 0.08 USD in 20 USD
        bars = dict(
            zip(told["edge"]["from"], zip(told["edge"]["seen"], told["edge"]["captured"], strict=True), strict=True)
        )
        assert (told["edge"]["looks"], told["edge"]["deals"]) == (2, 1)
        width = told["edge"]["width"]
        assert bars[4 // width * width][0] == 1.0 and bars[-40 // width * width][1] == 1.0
        assert [(one["reason"], one["times"], one["edge_uusd"]) for one in told["refused"]] == [("cap", 1, 26)]
        assert [(one["word"], one["s"]) for one in told["said"]] == [("edge", 18.0)]
        assert (await page.get("/api/history?period=9y")).status == 400

    on_page(fleet.root, work)


def test_of_too_many_deals_the_newest_are_shown_and_it_is_said(fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with Report.open(fleet.ledger_file) as report:
        assert report.since(3, 5) == 5
        assert [row.deal.opened_ns for row in report.newest(9)] == [fleet.now_ns - 60 * SECOND_NS] * 3
        assert report.since(2, 5) == fleet.now_ns - 60 * SECOND_NS + 1
    monkeypatch.setattr(history, "DEALS_MAX", 2)

    async def work(page: Page) -> None:
        await page.log_in()
        told = await (await page.get("/api/history?period=1h")).json()
        # all three were reserved at the same moment, of which two would not be all
        assert told["deals_from"] == pytest.approx(fleet.now_ns / SECOND_NS - 60, abs=0.01)
        assert told["edge"]["deals"] == 0

    on_page(fleet.root, work)


def test_no_log_and_no_address_has_a_token(fleet: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def work(page: Page) -> None:
        await page.log_in()
        await page.post("/api/login", {"token": page.tokens.read(Role.OPERATOR) + "x"})
        await page.get(f"/page/{page.tokens.read(Role.READ_ONLY)}")
        await page.post("/api/halt", {"level": "halt", "market": None, "why": "quiet"})
        await page.post("/api/logout", {})

    on_page(fleet.root, work)
    said = "\n".join(record.getMessage() for record in caplog.records if record.name == "web")
    assert "login role=operator" in said and "login_refused" in said and "deed deed=halt market=* changed=True" in said
    tokens = Tokens(fleet.root / "var")
    assert not any(tokens.read(role) in record.getMessage() for role in Role for record in caplog.records)


# ---- arb.toml and arbctl --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('bind = "0.0.0.0"', "beyond_loopback = true"),
        ('bind = "example.org"', "must be an address of this machine"),
        ('enabled = "no"', "must be true or false"),
        ("port = 0", "at least 1"),
    ],
)
def test_where_it_would_be_reached_from_elsewhere_has_to_be_said(folder: Path, lines: str, says: str) -> None:
    text = (folder / "arb.toml").read_text()
    head, _, rest = text.partition("[web]")
    rest = rest[rest.index("[markets.") :]
    (folder / "arb.toml").write_text(f"{head}[web]\n{lines}\n\n{rest}")
    with pytest.raises(ConfigError) as refused:
        settings.load(folder / "arb.toml")
    assert any(says in sentence for sentence in refused.value.args)


def test_arbctl_says_where_it_is_and_gives_tokens_when_asked(fleet: Any, arbctl_in: Any) -> None:
    call = arbctl_in(fleet.root)
    token = call("web", "token").out.strip()
    assert Tokens(fleet.root / "var").role_of(token) is Role.OPERATOR
    told = call("web", "link")
    assert told.out.strip() == "http://127.0.0.1:18710/" and token not in told.out + told.err
    assert call("web", "link", "--json").data["tokens"]["operator"].endswith("operator.token")
    assert call("web", "token", "--read-only").out.strip() != token
    assert token not in call("web", "renew").out
    assert call("web", "token").out.strip() != token


def test_a_fleet_without_a_page_has_no_program_for_it(folder: Path, arbctl_in: Any) -> None:
    text = (folder / "arb.toml").read_text().replace("enabled = true", "enabled = false")
    (folder / "arb.toml").write_text(text)
    call = arbctl_in(folder)
    assert call("fleet", "render").code == 0
    assert "program:web" not in (folder / "supervisord.conf").read_text()
    assert call("web", "link").code == 3
