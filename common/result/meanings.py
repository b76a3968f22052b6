"""What the one-word reasons of the trader and of the ledger mean, in a few words. Plain values."""

from typing import Final

MEANS: Final = {
    "edge": "no edge above the threshold",
    "cold": "the median of leaving is not warm yet",
    "busy": "a deal is on its way",
    "own fills": "our own fills moved the book",
    "stale": "a book cannot be believed",
    "behind": "more has arrived from a venue than was taken in",
    "index": "no fresh index price",
    "open": "reserving",
    "waiting": "after a start or a refusal",
    "starting": "nothing heard yet",
    "unconfirmed": "one book moved alone: the other is asked for",
    "band": "too far from the index",
    "halted": "a halt is in force",
    "would open": "a halt is in force, and there is an edge",
    "offline": "a venue does not trade it",
    "stopping": "told to end",
    "version": "another program was at work beside this one within 20 s",
    "doubt": "after a power cut the venues have not told everything yet",
    "level": "as many deals in its direction as allowed",
    "deals": "as many deals as allowed",
    "notional": "as much held as allowed",
    "rate": "as many deals begun as allowed",
    "cap": "no room under the cap",
    "direction": "a deal of the other direction is live",
    "equity": "equity is not known, or too old",
    "budget": "too many requests to a venue",
}
