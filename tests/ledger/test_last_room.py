"""Between a look and a transaction somebody else may act: what refuses a reservation is asked inside of it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from common.core.deal import Deal
from common.core.events import HaltLevel
from common.ledger.ledger import Ledger, Refusal

RIVALS: dict[str, Callable[[Ledger, Any], object]] = {
    "cap": lambda rival, maker: rival.reserve(maker.deal(1, "ETH", held_uusd=209_000_001), "rival"),
    "level": lambda rival, maker: [rival.reserve(maker.deal(1, m), "rival") for m in ("ETH", "SOL", "LTC", "LINK")],
    "direction": lambda rival, maker: rival.reserve(maker.deal(9, "BTC", -1), "rival"),
    "halted": lambda rival, maker: rival.halt(HaltLevel.HALT, "*", "rival", who="test", at_ns=maker.start_ns),
}


@pytest.mark.parametrize("reason", RIVALS)
def test_a_rival_who_comes_right_before_the_transaction_is_seen_in_it(
    ledger: Ledger, path: Path, maker: Any, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    transaction = ledger._store.transaction
    with Ledger.open(path, config_hash="hash", code_version="1", pid=8) as rival:

        @contextmanager
        def late(**options: Any) -> Iterator[sqlite3.Connection]:
            RIVALS[reason](rival, maker)
            with transaction(**options) as connection:
                yield connection

        monkeypatch.setattr(ledger._store, "transaction", late)
        held = 41_000_000 if reason != "level" else 40_000_000
        assert ledger.reserve(maker.deal(1, "BTC", held_uusd=held), "test") == Refusal(reason)


def test_without_a_rival_there_is_room(ledger: Ledger, maker: Any) -> None:
    assert isinstance(ledger.reserve(maker.deal(1, "BTC"), "test"), Deal)
