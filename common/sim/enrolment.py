"""The accounts that were onboarded at one paper venue: on disk before they count, and found again after a restart.

One line of JSON per change, in a file of mode 0600 beside the paper venues' folder: `--fresh` gives an account its
first balance again and leaves its keys alone. Who may be enrolled is decided by the protocols, not here.
"""

import errno
import os
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from common.core.errors import ConfigError
from common.core.market import Venue
from common.sim.accounts import AccountRecord, Credentials, onboarded

#: API keys that one account may have, as dYdX has it
KEYS_MAX = 20


class Enrolment:
    """Account holders by onboarding; without a path they are forgotten with the process."""

    def __init__(self, venue: Venue, path: Path | None = None, balance: Decimal = Decimal(100)) -> None:
        """`balance` is what a new account opens with, USDC. ConfigError when the file is damaged."""
        self.venue, self.balance, self._path = venue, balance, path
        self._records: dict[str, AccountRecord] = {}
        #: the accounts in the order they were made; one without any API key is still its wallet's
        self._accounts: dict[str, AccountRecord] = {}
        for line in _whole_lines(path) if path else ():
            try:
                self._fold(orjson.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise ConfigError(f"{path} is damaged ({type(error).__name__}): move the file away") from None

    def records(self) -> tuple[AccountRecord, ...]:
        """Every API key with its holder."""
        return tuple(self._records.values())

    def accounts(self) -> tuple[AccountRecord, ...]:
        """One record of each account, the newest account first."""
        return tuple(reversed(self._accounts.values()))

    def add(self, record: AccountRecord) -> None:
        """Keep a new holder, or another API key of one."""
        facts = {
            "address": record.eth_address,
            "stark_x": f"{record.stark_x:x}",
            "stark_y": f"{record.stark_y:x}",
            "key": record.api_key,
            "secret": record.secret,
            "passphrase": record.passphrase,
        }
        self._append(facts)
        self._keep(record)

    def drop(self, api_key: str) -> None:
        """Forget one API key."""
        self._append({"dropped": api_key})
        self._records.pop(api_key, None)

    def _fold(self, facts: dict[str, Any]) -> None:
        if "dropped" in facts:
            self._records.pop(facts["dropped"], None)
            return
        public = int(facts["stark_x"], 16), int(facts["stark_y"], 16)
        credentials = Credentials(facts["key"], facts["secret"], facts["passphrase"])
        self._keep(onboarded(self.venue, facts["address"], public, credentials))

    def _keep(self, record: AccountRecord) -> None:
        self._records[record.api_key] = record
        self._accounts.setdefault(record.account_id, record)

    def _append(self, facts: dict[str, str]) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        line, end = orjson.dumps(facts) + b"\n", os.fstat(number).st_size
        try:
            if os.write(number, line) != len(line):
                os.ftruncate(number, end)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
            os.fsync(number)
        finally:
            os.close(number)


def another_key(record: AccountRecord, credentials: Credentials) -> AccountRecord:
    """The same holder under other credentials."""
    return replace(record, api_key=credentials.key, secret=credentials.secret, passphrase=credentials.passphrase)


def each_once(records: Iterable[AccountRecord]) -> tuple[AccountRecord, ...]:
    """One record per account."""
    found: dict[str, AccountRecord] = {}
    for record in records:
        found.setdefault(record.account_id, record)
    return tuple(found.values())


def _whole_lines(path: Path) -> list[bytes]:
    """The lines of the file; a torn last one is cut off: nobody was told of it."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) < len(raw):
        os.truncate(path, len(whole))
    return whole.splitlines()
