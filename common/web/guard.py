"""What every request has to pass, and what every answer carries: names, origins, sessions, headers. No cookie is read
from anywhere else, and no handler has to remember any of it.
"""

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from common import clock
from common.core.errors import ConfigError
from common.web.sessions import COOKIE, Session, Sessions
from common.web.tokens import Role

#: a form of another site cannot set it, and a script of another site may not
HEADER: Final = "X-Arb"
#: what anybody may have: the page where one logs in, and what that is made of
PUBLIC: Final = ("/login", "/api/login", "/page/")
SESSION: Final = web.RequestKey("session", Session)
SECURITY: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}


def refused(status: int, why: str) -> web.Response:
    """An answer that says no, in words."""
    return web.json_response({"error": why}, status=status)


@web.middleware
async def with_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What aiohttp itself refuses (no such page, too long) becomes an answer like the others."""
    try:
        answer = await handler(request)
    except web.HTTPException as error:
        answer = refused(error.status, error.reason)
    if not answer.prepared:
        put_headers(answer)
    return answer


def put_headers(answer: web.StreamResponse) -> None:
    """The headers of every answer, before it begins; `Cache-Control` only where nothing else was said."""
    for name, value in SECURITY.items():
        answer.headers.setdefault(name, value)


def of_this_host(name: str) -> Middleware:
    """Only requests that meant this host: a name that was made to point here is another site's (DNS rebinding)."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked = _host_name(request.headers.get("Host", ""))
        if asked not in ("localhost", name.lower()) and not _is_address(asked):
            return refused(421, "this page is not served under that name: [web] host in arb.toml names another one")
        return await handler(request)

    return check


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(host: str) -> bool:
    """No name at all: nobody can make it point elsewhere."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@web.middleware
async def of_this_page(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever changes something was sent by a page of ours: it says so, and its browser says where it is from."""
    if request.method not in ("GET", "HEAD"):
        origin = urlsplit(request.headers.get("Origin", ""))
        same = origin.netloc and origin.netloc.lower() == request.headers.get("Host", "").lower()
        if request.headers.get(HEADER) != "1" or not same:
            return refused(403, "this did not come from the page itself")
    return await handler(request)


def with_session(sessions: Sessions) -> Middleware:
    """Only who is logged in comes further, but for what is public; only an operator changes anything."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(PUBLIC):
            return await handler(request)
        session = session_of(request, sessions)
        if session is None:
            if request.path.startswith("/api/"):
                return refused(401, "log in first")
            return web.Response(status=303, headers={"Location": "/login"})
        if request.method not in ("GET", "HEAD") and request.path != "/api/logout" and session.role != Role.OPERATOR:
            return refused(403, "this session may only look: log in with the operator's token")
        request[SESSION] = session
        return await handler(request)

    return check


def session_of(request: web.Request, sessions: Sessions) -> Session | None:
    """Who asks; None when nobody that is known, or while the tokens cannot be read."""
    try:
        return sessions.known(request.cookies.get(COOKIE, ""), clock.now_ns())
    except ConfigError:
        return None
