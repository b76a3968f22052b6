"""Named faults drawn from one seed, for a paper venue that is to be a bad one. With "none" they stand in nobody's way.

Each purpose has dice of its own, so that a thousand book frames more or less move no order's fate. The order in which
requests arrive is up to the wire; for the same order of them the same seed does the same.
"""

import logging
from random import Random

from common import log
from common.sim.faults import ON_THE_WIRE, Faults
from common.sim.server.bad_line import BadLine
from common.sim.server.bad_socket import BadSocket
from common.sim.server.mouth import Mouth
from common.sim.server.plain import NS_PER_SECOND

_log = logging.getLogger("sim.faults")


class Luck:
    """The dice of one purpose. What befell is logged as it happens, one line each: a drill counts them."""

    def __init__(self, faults: Faults, seed: str) -> None:
        self.faults, self.random = faults, Random(seed)

    def strikes(self, fault: str) -> bool:
        """Draw one fault by its name."""
        share: float = getattr(self.faults, fault)
        if share <= 0 or self.random.random() >= share:
            return False
        log.event(_log, "fault", kind=fault)
        return True

    def coin(self) -> bool:
        """One of two."""
        return self.random.random() < 0.5

    def within_s(self, most_ns: int) -> float:
        """Any time up to `most_ns`, seconds."""
        return self.random.random() * most_ns / NS_PER_SECOND


def suffer(mouth: Mouth, named: str, seed: str) -> None:
    """Have a venue that is not served yet play the faults of that name: nothing at all for "none"."""
    faults = ON_THE_WIRE[named]
    if faults is not None:
        spoil(mouth, faults, seed)


def spoil(mouth: Mouth, faults: Faults, seed: str) -> tuple[Luck, ...]:
    """Put a bad line and bad sockets before a venue that is not served yet; returns the dice, to be loaded anew."""
    name = f"{seed}/{mouth.venue.venue}"
    line = {what: Luck(faults, f"{name}/{what}") for what in BadLine.PURPOSES}
    book, push = Luck(faults, f"{name}/book"), Luck(faults, f"{name}/push")
    mouth.line, mouth.socket = BadLine(mouth, line), lambda: BadSocket(book, push)
    return (*line.values(), book, push)
