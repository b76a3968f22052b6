"""The files of the page, read once: they are part of the package, and nothing else is served from any disk."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

FOLDER: Final = Path(__file__).parent / "page"
_KINDS: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class _File:
    text: bytes
    kind: str
    tag: str


class Pages:
    """By name, in memory."""

    def __init__(self) -> None:
        found = [path for path in sorted(FOLDER.rglob("*")) if path.suffix in _KINDS]
        self._files = {path.relative_to(FOLDER).as_posix(): _read(path) for path in found}

    async def desk(self, request: web.Request) -> web.Response:
        """The page itself."""
        return self._answer(request, "index.html")

    async def login(self, request: web.Request) -> web.Response:
        """Where one logs in."""
        return self._answer(request, "login.html")

    async def part(self, request: web.Request) -> web.Response:
        """What both are made of."""
        return self._answer(request, request.match_info["name"])

    def _answer(self, request: web.Request, name: str) -> web.Response:
        """One file; a browser that has it already is told so."""
        file = self._files.get(name)
        if file is None:
            raise web.HTTPNotFound
        headers = {"ETag": file.tag, "Cache-Control": "no-cache"}
        if request.headers.get("If-None-Match") == file.tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.text, content_type=file.kind, charset="utf-8", headers=headers)


def _read(path: Path) -> _File:
    text = path.read_bytes()
    return _File(text, _KINDS[path.suffix], f'"{hashlib.sha256(text).hexdigest()[:32]}"')
