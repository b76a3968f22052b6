"""The two tokens: whoever has the operator's may act, whoever has the read-only one may look.

Each is the one line of a file of mode 0600, made at the first start. A token is read again whenever it is needed, so
that a new one counts at once, and every session of the old one is over.
"""

import hmac
import os
import secrets
from enum import StrEnum
from pathlib import Path
from typing import Final

from common import log
from common.core.errors import ConfigError

FOLDER: Final = "web"
_BYTES: Final = 32


class Role(StrEnum):
    """What one may do."""

    OPERATOR = "operator"
    READ_ONLY = "read-only"


class Tokens:
    """The files of one fleet, in a folder that only its owner can open."""

    def __init__(self, var: Path) -> None:
        self._folder = var / FOLDER

    def file(self, role: Role) -> Path:
        """Where a token lies."""
        return self._folder / f"{role}.token"

    def make(self) -> None:
        """Make those that are missing; ConfigError when that cannot be, or when others may read one."""
        for role in Role:
            if not self.file(role).exists():
                self.renew(role)
            self.read(role)

    def renew(self, role: Role) -> None:
        """Another token in place of the old one."""
        draft = self.file(role).with_suffix(f".{os.getpid()}.new")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(secrets.token_urlsafe(_BYTES) + "\n")
            draft.replace(self.file(role))
        except OSError as error:
            raise ConfigError(f"{self.file(role)} cannot be written: {error.strerror}") from error

    def read(self, role: Role) -> str:
        """The token; ConfigError when there is none that nobody else can read."""
        file = self.file(role)
        try:
            mode, token = file.stat().st_mode & 0o077, file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file} cannot be read: start the fleet once, or `arbctl web renew`") from error
        if mode:
            raise ConfigError(f"{file} can be read by others: `arbctl web renew`, or chmod 600 if nobody did")
        if len(token) < _BYTES:
            raise ConfigError(f"{file} has no token that could not be guessed: `arbctl web renew`")
        log.conceal(token)
        return token

    def role_of(self, given: str) -> Role | None:
        """Whose token it is; compares both, whatever the first said, each in constant time."""
        said = given.encode(errors="replace")
        matches = [role for role in Role if hmac.compare_digest(self.read(role).encode(), said)]
        return matches[0] if matches else None
