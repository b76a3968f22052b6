"""Reading a paper venue's journal from the outside: one JSON line per step, only ever appended to.

Knows the words of the journal and nothing of the code that writes it. A last line without its end is left for later.
"""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from common.core.errors import ArbError
from scripts.audit_facts import REVERSED, UUSD, VENUES, OneFill, VenueFacts


class JournalError(ArbError):
    """A venue's journal cannot be understood."""


def journal_file(paper: Path, venue: str) -> Path:
    """Where the paper venue keeps its journal."""
    return paper / f"{venue}.jsonl"


def read_venues(paper: Path) -> dict[str, VenueFacts]:
    """Both venues as their journals have them now; empty facts where there is no journal yet."""
    found = {}
    for venue in VENUES:
        tail = Tail(journal_file(paper, venue), venue)
        tail.read()
        found[venue] = tail.facts
    return found


class Tail:
    """One journal, read on from where it was left; begins anew when the venue rewrote the file."""

    def __init__(self, path: Path, venue: str) -> None:
        self._path, self._venue = path, venue
        self._offset, self._inode = 0, -1
        self.facts = VenueFacts(venue)
        self._client_ids: dict[str, str] = {}

    def read(self) -> None:
        """Take in all whole lines that are new; JournalError when one is not what we know."""
        try:
            with self._path.open("rb") as file:
                self._begin(self._path.stat().st_ino)
                file.seek(self._offset)
                new = file.read()
        except FileNotFoundError:
            return
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            self._take(line)

    def _begin(self, inode: int) -> None:
        if inode == self._inode:
            return
        self._inode, self._offset = inode, 0
        self.facts, self._client_ids = VenueFacts(self._venue), {}

    def _take(self, line: bytes) -> None:
        try:
            record = json.loads(line)
            if "snapshot" in record:
                self._snapshot(record["snapshot"])
            else:
                self._step(record)
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            raise JournalError(f"{self._path} has a line that cannot be understood: {error!r}") from error

    def _step(self, record: dict[str, Any]) -> None:
        for account_id, balance_uusd in record.get("opened", ()):
            # the venue opens our account first; others belong to somebody else's client
            if not self.facts.account_id:
                self.facts.account_id, self.facts.opening_uusd = account_id, balance_uusd
        self._items(record)
        self.facts.balance_uusd = record.get("balances", {}).get(self.facts.account_id, self.facts.balance_uusd)

    def _snapshot(self, record: dict[str, Any]) -> None:
        """A rewritten journal: what it forgot cannot be judged any more, its money is taken as said."""
        account = record["accounts"][0]
        self.facts = VenueFacts(self._venue, account["account_id"], account["balance_uusd"])
        self._items(record)
        cash = sum(fill.cash_uusd for fill in self.facts.fills.values())
        paid = sum(payment for payment, _ in self.facts.funding.values())
        self.facts.opening_uusd = account["balance_uusd"] - int(cash) - paid
        self.facts.known_from_ns = min((fill.at_ns for fill in self.facts.fills.values()), default=0)

    def _items(self, record: dict[str, Any]) -> None:
        ours = self.facts.account_id
        for order in record.get("orders", ()):
            if order["account_id"] == ours:
                client_id = order["request"]["client_id"]
                self._client_ids[order["order_id"]] = client_id
                self.facts.orders[client_id] = order["status"]
        for fill in record.get("fills", ()):
            if fill["account_id"] == ours:
                self._take_fill(fill)
        for payment in record.get("funding", ()):
            if payment["account_id"] == ours:
                self.facts.funding[self._payment_id(payment)] = (_uusd(payment["payment"]), payment["at_ns"])

    def _take_fill(self, raw: dict[str, Any]) -> None:
        """A fill; told again with the moment it was taken back, it is a second one that undoes the first."""
        fill = self.facts.fills[raw["fill_id"]] = self._fill(raw)
        if (failed_ns := raw.get("failed_ns")) is not None:
            other = "SELL" if fill.side == "BUY" else "BUY"
            name, fee_uusd = raw["fill_id"] + REVERSED, -fill.fee_uusd
            self.facts.fills[name] = replace(fill, fill_id=name, side=other, fee_uusd=fee_uusd, at_ns=failed_ns)

    def _payment_id(self, raw: dict[str, Any]) -> str:
        """As the venue's answers let a client name it: dYdX tells no id, so market and hour are the name."""
        return f"{raw['market']}-USD@{raw['at_ns']}" if self._venue == "dydx" else str(raw["payment_id"])

    def _fill(self, raw: dict[str, Any]) -> OneFill:
        order_id = raw["order_id"]
        return OneFill(
            venue=self._venue,
            fill_id=raw["fill_id"],
            client_id="" if order_id is None else self._client_ids[order_id],
            market=raw["market"],
            side=raw["side"],
            price=Decimal(raw["price"]),
            size=Decimal(raw["size"]),
            fee_uusd=_uusd(raw["fee"]),
            at_ns=raw["at_ns"],
        )


def _uusd(usd: str) -> int:
    return int(Decimal(usd) * UUSD)
