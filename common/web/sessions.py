"""Who is logged in: a cookie that says role, end and a number, signed with the role's token. Nothing is kept on disk.

A session survives a restart of the process. It ends with its time, with a new token, and where somebody logs out.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from common.core.terms import SECOND_NS
from common.web.tokens import Role, Tokens

COOKIE: Final = "arb_session"
#: an operator logs in again after so long, however busy he was
LASTS_S: Final = 12 * 3600
#: sessions that were logged out and have not ended by time; the oldest are forgotten first, and a new token ends all
OUT_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Session:
    """Who asks; `name` tells this session from others in a log and is no secret."""

    role: Role
    ends_ns: int
    name: str


class Sessions:
    """Begins, knows and ends sessions."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._out: dict[str, None] = {}

    def begin(self, role: Role, now_ns: int) -> tuple[Session, str]:
        """A new session, and the value of its cookie."""
        session = Session(role, now_ns + LASTS_S * SECOND_NS, secrets.token_hex(8))
        return session, f"{role}.{session.ends_ns}.{session.name}.{self._signature(session)}"

    def known(self, cookie: str, now_ns: int) -> Session | None:
        """The session of a cookie; None when it has ended, or never was."""
        role, _, rest = cookie.partition(".")
        ends, _, rest = rest.partition(".")
        name, _, signature = rest.partition(".")
        if role not in tuple(Role) or not (ends.isascii() and ends.isdigit() and len(ends) < 20):
            return None
        session = Session(Role(role), int(ends), name)
        if not hmac.compare_digest(self._signature(session).encode(), signature.encode()):
            return None
        return session if now_ns < session.ends_ns and name not in self._out else None

    def end(self, session: Session) -> None:
        """Log out."""
        self._out[session.name] = None
        while len(self._out) > OUT_MAX:
            del self._out[next(iter(self._out))]

    def _signature(self, session: Session) -> str:
        said = f"{session.role}.{session.ends_ns}.{session.name}".encode()
        return hmac.new(self._tokens.read(session.role).encode(), said, hashlib.sha256).hexdigest()
