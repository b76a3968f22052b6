"""What goes wrong, as named numbers. A fleet's run is a function of its seed and these."""

from dataclasses import asdict, dataclass
from random import Random

MS = 1_000_000
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares are probabilities per occasion; `_ns` are virtual nanoseconds. All zero: a perfect world."""

    #: a request to a venue never arrives; arrives, but the answer is lost; takes up to `late_max_ns`
    request_lost: float = 0.0
    reply_lost: float = 0.0
    request_late: float = 0.0
    late_max_ns: int = 40 * SECOND
    #: no byte leaves us (connection refused), and the desk says so
    not_sent: float = 0.0
    #: the venue says no out of the blue
    rejected: float = 0.0
    #: a question about an order gets no usable answer, or the order is not visible yet
    look_up_failed: float = 0.0
    not_visible: float = 0.0
    #: a push of the account stream is lost, comes twice, comes late (and so out of order)
    push_lost: float = 0.0
    #: the part of a push that lists the fills is lost, the part about the orders arrives
    fills_lost: float = 0.0
    push_twice: float = 0.0
    push_late: float = 0.0
    #: a book message is lost (the feed notices), or a feed freezes for a while
    book_gap: float = 0.0
    feed_frozen: float = 0.0
    frozen_max_ns: int = 6 * SECOND
    #: somebody else is faster at the venue
    race_lost: float = 0.08
    #: a worker dies at an effect (a ledger verb, before or after it, or a send, between two legs included)
    death: float = 0.0
    down_max_ns: int = 5 * SECOND
    #: an account row is not refreshed when due
    account_missed: float = 0.0
    latency_ns: int = 60 * MS

    def spoken(self) -> str:
        """Every option in one line, so that a failing run can be repeated."""
        return " ".join(f"{name}={value:g}" for name, value in asdict(self).items())


def drawn(random: Random) -> Faults:
    """Faults as bad as the seed makes them: each is off, rare or frequent."""

    def share(frequent: float) -> float:
        return random.choice((0.0, frequent / 5, frequent))

    return Faults(
        request_lost=share(0.1),
        reply_lost=share(0.2),
        request_late=share(0.1),
        not_sent=share(0.1),
        rejected=share(0.1),
        look_up_failed=share(0.4),
        not_visible=share(0.3),
        push_lost=share(0.4),
        fills_lost=share(0.3),
        push_twice=share(0.3),
        push_late=share(0.3),
        book_gap=share(0.02),
        feed_frozen=share(0.01),
        race_lost=share(0.4),
        death=share(0.03),
        account_missed=share(0.5),
        latency_ns=random.choice((1, 20, 60, 120)) * MS,
    )
