"""The page of states: what may become what, drawn and told from the tables that the program itself obeys."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from common.core.deal import DEAL_MOVES, LIVE, DealState
from common.core.events import HaltLevel
from common.core.order import ORDER_MOVES, OrderState
from scripts.handbook import picture

State = TypeVar("State", bound=str)

#: where each state stands in its drawing; a state without a place cannot be drawn, and the page is not made
DEAL_COLUMNS: Final = (("OPENING", "VOID"), ("OPEN", "STUCK"), ("CLOSING", "WRITTEN_OFF"), ("CLOSED",))
ORDER_COLUMNS: Final = (("NEW",), ("WORKING",), ("DONE",))
HALT_COLUMNS: Final = (("none",), ("halt",), ("reduce",), ("flatten",))

DEAL_SAYS: Final = {
    DealState.OPENING: "reserved; both legs are out, or about to be",
    DealState.OPEN: "both legs filled and even",
    DealState.CLOSING: "orders that close it are out",
    DealState.STUCK: "evening out failed as often as allowed: a person decides",
    DealState.CLOSED: "flat again",
    DealState.VOID: "nothing filled: there was never a position",
    DealState.WRITTEN_OFF: "a person took it out of the count, with a reason",
}
ORDER_SAYS: Final = {
    OrderState.NEW: "written; it may or may not have reached the venue",
    OrderState.WORKING: "the venue has it",
    OrderState.DONE: "no further fill is expected; one that comes is booked all the same",
}
HALT_SAYS: Final = {
    HaltLevel.NONE: "deals are opened",
    HaltLevel.HALT: "nothing new; what is open is closed at its target",
    HaltLevel.REDUCE: "and closed at any acceptable edge, cheapest first",
    HaltLevel.FLATTEN: "and closed now, both legs together",
}


def halt_moves() -> dict[HaltLevel, tuple[HaltLevel, ...]]:
    """A halt is made stricter by another one, never milder; resuming ends it."""
    levels = list(HaltLevel)
    stricter = {level: tuple(levels[rank + 1 :]) for rank, level in enumerate(levels)}
    return {
        level: others if level is HaltLevel.NONE else (*others, HaltLevel.NONE) for level, others in stricter.items()
    }


def drawings() -> dict[str, str]:
    """File name under docs/ and SVG of each diagram."""
    return {
        "images/states-deal.svg": picture.svg(DEAL_COLUMNS, DEAL_MOVES, "States of a deal"),
        "images/states-order.svg": picture.svg(ORDER_COLUMNS, ORDER_MOVES, "States of an order"),
        "images/states-halt.svg": picture.svg(HALT_COLUMNS, halt_moves(), "Levels of a halt"),
    }


def page() -> str:
    """docs/states.md."""
    live = ", ".join(f"`{state}`" for state in DealState if state in LIVE)
    return "\n\n".join(
        (
            "# States",
            "What may become what: drawn from the tables that the program obeys. A move that is not there raises an\n"
            "error in the worker and is refused by the ledger's triggers, whoever asks.",
            "## Deals",
            "![States of a deal](images/states-deal.svg)",
            f"{live} are live: they count against cap and level.",
            _told(DEAL_MOVES, DEAL_SAYS),
            "## Orders",
            "![States of an order](images/states-order.svg)",
            "An order becomes `DONE` on proof only: its venue's last word, proven absence, or that it was never sent.",
            _told(ORDER_MOVES, ORDER_SAYS),
            "## Halts",
            "![Levels of a halt](images/states-halt.svg)",
            "Each market has one, and so has the whole fleet; the stricter one counts. Back to `none` only by\n"
            "`arbctl resume`, or by the warden where [it lifts its own](operations.md#the-warden).",
            _told(halt_moves(), HALT_SAYS),
        )
    )


def _told(moves: Mapping[State, Iterable[State]], says: Mapping[State, str]) -> str:
    rows = [f"| `{s}` | {said} | {_next(moves[s])} |" for s, said in says.items()]
    return "\n".join(("| state | means | may become |", "|---|---|---|", *rows))


def _next(states: Iterable[State]) -> str:
    return ", ".join(f"`{state}`" for state in sorted(str(s) for s in states)) or "–"
