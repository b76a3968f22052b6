"""What is shown: the stream of looks, the charts, and single deals. Changes nothing."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import orjson
from aiohttp import web

from common.core.errors import LedgerError
from common.desk import deal_told
from common.ledger.report import Report
from common.ledger.shapes import JournalRow
from common.settings import Settings
from common.web import guard, said
from common.web.guard import refused
from common.web.looking import Look, Looking
from common.web.past import PERIODS_S, Past
from common.web.sessions import Sessions

#: deals that are listed
DEALS_MAX: Final = 50


class Showing:
    """Handles what is asked for by GET."""

    def __init__(self, config: Settings, sessions: Sessions, looking: Looking, past: Past) -> None:
        self._config, self._sessions = config, sessions
        self._looking, self._past = looking, past
        self._over = asyncio.Event()

    async def end(self, app: web.Application) -> None:
        """Every stream comes to its end."""
        self._over.set()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: who one is, then each look, and the journal as it grows; ends with the session."""
        if self._looking.is_full:
            return refused(503, "too many pages watch already: close one")
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        guard.put_headers(answer)
        await answer.prepare(request)
        with self._looking.watched(), suppress(ConnectionResetError):
            await answer.write(_event("hello", orjson.dumps(self._hello(request))))
            await self._follow(request, answer)
        return answer

    async def _follow(self, request: web.Request, answer: web.StreamResponse) -> None:
        number, seq = 0, 0
        while guard.session_of(request, self._sessions) is not None and not self._over.is_set():
            look = await self._looking.after(number)
            text, seq = _told(look, seq)
            await answer.write(text)
            number = look.number

    def _hello(self, request: web.Request) -> dict[str, object]:
        role = request[guard.SESSION].role
        return {"role": role, "markets": list(self._config.markets), "periods": list(PERIODS_S)}

    async def history(self, request: web.Request) -> web.Response:
        """`?period=6h`: everything that the charts show."""
        name = request.query.get("period", "")
        if name not in PERIODS_S:
            return refused(400, f"period must be one of {', '.join(PERIODS_S)}")
        try:
            return _json(await self._past.of(name))
        except LedgerError as error:
            return refused(503, str(error))

    async def deals(self, request: web.Request) -> web.Response:
        """The newest ones, `?market=BTC` of one market; newest first."""
        market = request.query.get("market") or None
        try:
            return _json(await asyncio.to_thread(self._newest, market))
        except LedgerError as error:
            return refused(503, str(error))

    def _newest(self, market: str | None) -> bytes:
        with Report.open(self._config.ledger_file) as report:
            return orjson.dumps([said.row(row) for row in reversed(report.newest(DEALS_MAX, market=market))])

    async def deal(self, request: web.Request) -> web.Response:
        """One deal from its opportunity to its settlement."""
        name = request.match_info["deal"]
        try:
            story = await asyncio.to_thread(deal_told.read, self._config.ledger_file, name)
        except LedgerError as error:
            return refused(503, str(error))
        return refused(404, "the ledger has no such deal") if story is None else _json(orjson.dumps(said.story(story)))


def _told(look: Look, seq: int) -> tuple[bytes, int]:
    """The look and what the journal has beyond `seq`, as events; up to where it is told now."""
    fresh: Sequence[JournalRow] = [row for row in look.journal if row.seq > seq]
    text = _event("desk", look.text)
    # a ledger that was replaced begins its journal anew
    if look.journal and look.journal[-1].seq < seq:
        return text + _event("journal_anew", orjson.dumps(said.journal(look.journal))), look.journal[-1].seq
    if fresh:
        return text + _event("journal", orjson.dumps(said.journal(fresh))), fresh[-1].seq
    return text, seq


def _event(name: str, data: bytes) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


def _json(text: bytes) -> web.Response:
    return web.Response(body=text, content_type="application/json")
