"""Logging in and out: a token in exchange for a cookie that no script reads and no other site sends."""

import asyncio
import logging
from typing import Any

from aiohttp import web

from common import clock, log
from common.core.errors import ConfigError
from common.web import guard
from common.web.guard import refused
from common.web.patience import Patience
from common.web.sessions import COOKIE, LASTS_S, Sessions
from common.web.tokens import Tokens


class Door:
    """Handles both; says in the log who came, never with what."""

    def __init__(self, tokens: Tokens, sessions: Sessions, logger: logging.Logger) -> None:
        self._tokens, self._sessions, self._log = tokens, sessions, logger
        self._patience = Patience()

    async def log_in(self, request: web.Request) -> web.Response:
        """`{"token": …}` → a session."""
        address, now_ns = request.remote or "?", clock.now_ns()
        if wait_s := self._patience.wait_s(address, now_ns):
            answer = refused(429, f"too many wrong tokens: wait {wait_s} s")
            answer.headers["Retry-After"] = str(wait_s)
            return answer
        token = (await said(request)).get("token")
        try:
            role = self._tokens.role_of(token.strip()) if isinstance(token, str) else None
        except ConfigError as error:
            log.trouble(self._log, "no_tokens", why=error)
            return refused(503, "the tokens cannot be read: the log of `web` says why")
        if role is None:
            self._patience.wrong(address, now_ns)
            log.trouble(self._log, "login_refused", address=address)
            return refused(401, "that is not a token of this fleet")
        session, cookie = self._sessions.begin(role, now_ns)
        log.event(self._log, "login", role=role, session=session.name, address=address)
        answer = web.json_response({"role": role})
        secure = request.headers.get("Origin", "").startswith("https:")
        answer.set_cookie(COOKIE, cookie, max_age=LASTS_S, httponly=True, samesite="Strict", secure=secure, path="/")
        return answer

    async def log_out(self, request: web.Request) -> web.Response:
        """The session is over, here and in the browser."""
        session = request[guard.SESSION]
        self._sessions.end(session)
        log.event(self._log, "logout", session=session.name)
        answer = web.json_response({})
        answer.del_cookie(COOKIE, path="/", httponly=True, samesite="Strict")
        return answer


async def said(request: web.Request) -> dict[str, Any]:
    """The object that was sent; an empty one when it is none."""
    try:
        body = await request.json()
    except (ValueError, asyncio.IncompleteReadError):
        return {}
    return body if isinstance(body, dict) else {}
