"""An entry that no venue's budget has room for is refused before anything is written; exits are not asked."""

from collections.abc import Sequence
from typing import Any, cast

from common.core.commands import Command, Reserve, Send, Write
from common.core.deal import DealState
from common.core.events import Event, Refused
from common.core.order import Order
from common.ledger.ledger import Ledger
from common.runner import Runner


class Scripted:
    """A trader and a world in one: commands that are played, events that come of them, orders that were asked about."""

    def __init__(self, *commands: Command) -> None:
        self.commands, self.heard = list(commands), list[Event]()
        self.asked, self.sent = list[Any](), list[Any]()
        self.terms = type("Terms", (), {"market": "BTC"})()

    def on(self, event: Event) -> list[Command]:
        self.heard.append(event)
        commands, self.commands = self.commands, []
        return commands

    def now_ns(self) -> int:
        return 7

    def afford(self, orders: Sequence[Order]) -> bool:
        self.asked += orders
        return False

    def send(self, orders: Sequence[Order]) -> None:
        self.sent += orders


class NoLedger:
    """Whoever asks it anything has failed."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the ledger was asked for {name}")


def played(script: Scripted, ledger: Any) -> Scripted:
    Runner(cast(Any, script), cast(Ledger, ledger), cast(Any, script)).hear(cast(Event, object()))
    return script


def test_an_entry_without_a_budget_is_refused_before_the_reservation() -> None:
    deal = type("Deal", (), {"deal_id": "aaaaaa-BTC-1", "orders": ("one", "two")})()
    script = played(Scripted(Reserve(deal, "edge 3.00 bp")), NoLedger())
    assert script.heard[-1] == Refused("budget", 7)
    assert script.asked == ["one", "two"] and not script.sent


def test_exits_are_written_and_sent_without_asking() -> None:
    class Writes:
        is_ahead = False

        def write(self, *_: Any) -> None:
            return None

    exits = (cast(Order, "exit"),)
    script = Scripted(Write("aaaaaa-BTC-1", exits, DealState.CLOSING, "close", 7), Send(exits))
    assert played(script, Writes()).sent == ["exit"] and not script.asked
