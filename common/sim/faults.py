"""What goes wrong, and on which stage, as named numbers.

A simulated fleet's run is a function of its seed and these. The paper venues on the wire play those of them that can
befall a request, a push or a book (`server/bad_luck.py`); whoever kills processes and fills disks there is the drill.
"""

from dataclasses import asdict, dataclass
from random import Random
from typing import Any

MS = 1_000_000
SECOND = 1_000_000_000


#: what a seed may draw: off, a fifth of this, or this
FREQUENT = {
    "request_lost": 0.1, "reply_lost": 0.2, "request_late": 0.1, "request_twice": 0.1, "not_sent": 0.1,
    "rejected": 0.1, "throttled": 0.1, "server_error": 0.1, "look_up_failed": 0.4, "not_visible": 0.3,
    "push_lost": 0.4, "push_twice": 0.3, "push_late": 0.3, "fills_lost": 0.3,
    "book_gap": 0.02, "book_skipped": 0.02, "book_swapped": 0.02, "book_crossed": 0.02,
    "feed_silent": 0.01, "book_frozen": 0.01,
    "race_lost": 0.4, "death": 0.03, "account_missed": 0.5,
    "answer_late": 0.3,
}  # fmt: skip
#: this in one seed of four
SELDOM = {
    "late_fill": 0.03, "liquidated": 0.03, "deleveraged": 0.02, "reversed": 0.04, "venue_restart": 0.02,
    "ledger_busy": 0.005, "disk_full": 0.02, "power_cut": 0.02,
    "person": 0.05, "foreign_order": 0.01, "foreign_position": 1.0,
}  # fmt: skip
#: in this share of the seeds both venues take fill-or-kill
WHOLE = 0.75


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares are probabilities per occasion; `_ns` are virtual nanoseconds. All zero: a perfect world."""

    # ---- an order on its way: it never arrives; arrives, but the answer is lost; takes up to `late_max_ns`;
    #: arrives a second time up to `late_max_ns` later
    request_lost: float = 0.0
    reply_lost: float = 0.0
    request_late: float = 0.0
    request_twice: float = 0.0
    late_max_ns: int = 40 * SECOND
    #: no byte leaves us (connection refused), and the desk says so
    not_sent: float = 0.0
    #: the venue says no out of the blue, with any of its words
    rejected: float = 0.0
    #: HTTP 429: not taken in; HTTP 5xx or an HTML page: taken in or not
    throttled: float = 0.0
    server_error: float = 0.0
    #: an order that was filled is first said to be cancelled; the fill is told up to `late_fill_max_ns` later
    late_fill: float = 0.0
    late_fill_max_ns: int = 8 * SECOND
    # ---- questions: no usable answer, or the order is not visible yet
    look_up_failed: float = 0.0
    not_visible: float = 0.0
    # ---- pushes of the account stream: lost, twice, late (and so out of order), lost but for the orders' statuses
    push_lost: float = 0.0
    push_twice: float = 0.0
    push_late: float = 0.0
    fills_lost: float = 0.0
    # ---- books: a message is lost (and the feed notices), lost (and only the sequence tells), overtaken by later ones,
    #: one is crossed, the connection falls silent for a while, or answers pings while its books stand still
    book_gap: float = 0.0
    book_skipped: float = 0.0
    book_swapped: float = 0.0
    book_crossed: float = 0.0
    feed_silent: float = 0.0
    book_frozen: float = 0.0
    frozen_max_ns: int = 6 * SECOND
    # ---- venues: somebody else is faster; positions, short and long, are taken over, or closed against somebody else,
    #: whole or in part; ApeX takes a fill back; the process is restarted (shares per half second)
    race_lost: float = 0.08
    liquidated: float = 0.0
    deleveraged: float = 0.0
    reversed: float = 0.0
    venue_restart: float = 0.0
    # ---- us: a worker dies at an effect (a ledger verb, before or after it, a send, between two legs, a question),
    #: before an answer or a push is heard, or between two events
    death: float = 0.0
    down_max_ns: int = 5 * SECOND
    #: the ledger cannot be had before a verb; the disk is full for a while; the power fails (shares per half second)
    ledger_busy: float = 0.0
    disk_full: float = 0.0
    power_cut: float = 0.0
    #: each worker's clock is off by up to this much, either way
    skew_max_ns: int = 0
    #: an account row is not refreshed when due
    account_missed: float = 0.0
    #: an answer to the warden is up to five seconds under way; prices in USDC are so far off those in USD
    answer_late: float = 0.0
    peg_bps: int = 0
    # ---- a person: halts and resumes, leaves an order on the account (shares per half second); opens a position by
    #: hand when the workers have stopped (share per run)
    person: float = 0.0
    foreign_order: float = 0.0
    foreign_position: float = 0.0
    #: writes other terms into arb.toml and has a worker take them up (share per 1.2 s of a worker)
    terms_changed: float = 0.0
    latency_ns: int = 60 * MS
    # ---- the stage: money at each venue, size of a deal in ordinary ones, live deals a market may have,
    #: 1 where both venues take fill-or-kill; funding is paid so long after the beginning (0: not in this run)
    balance_usd: int = 100
    size_factor: int = 1
    deals_max: int = 1
    #: and how many it may begin in a minute, and hold in USD; the same of all together
    rate_max: int = 100
    notional_usd: int = 10_000
    fleet_deals_max: int = 20
    fleet_rate_max: int = 1000
    fleet_notional_usd: int = 100_000
    fill_or_kill: int = 1
    hour_after_ns: int = 0

    def spoken(self) -> str:
        """Every option in one line, so that a failing run can be repeated."""
        return " ".join(f"{name}={value:g}" for name, value in asdict(self).items())


def drawn(random: Random) -> Faults:
    """Faults as bad as the seed makes them: each is off, rare or frequent; what befalls whole machines is seldom."""
    frequent: dict[str, Any] = {name: random.choice((0.0, share / 5, share)) for name, share in FREQUENT.items()}
    seldom: dict[str, Any] = {name: random.choice((0.0, 0.0, 0.0, share)) for name, share in SELDOM.items()}
    whole = random.random() < WHOLE
    return Faults(
        **frequent,
        **seldom,
        skew_max_ns=random.choice((0, 500 * MS, 2 * SECOND)),
        latency_ns=random.choice((1, 20, 60, 120)) * MS,
        peg_bps=random.choice((0, 0, 0, 0, 30, 80)),
        balance_usd=random.choice((50, 70, 100, 100, 300)),
        size_factor=1 if whole else random.choice((2, 3)),
        deals_max=random.choice((1, 1, 2, 4)),
        fill_or_kill=int(whole),
        rate_max=random.choice((2, 4, 100, 100)),
        notional_usd=random.choice((60, 200, 10_000, 10_000)),
        fleet_deals_max=random.choice((4, 6, 20)),
        fleet_rate_max=random.choice((6, 1000, 1000)),
        fleet_notional_usd=random.choice((150, 100_000, 100_000)),
        hour_after_ns=random.choice((0, 0, 0, random.randrange(5 * SECOND, 30 * SECOND))),
        terms_changed=random.choice((0.0, 0.0, 0.05, 0.2)),
    )


def calmed(faults: Faults) -> Faults:
    """The same stage on which nothing goes wrong any more."""
    limits = ("rate_max", "notional_usd", "fleet_deals_max", "fleet_rate_max", "fleet_notional_usd")
    stage = ("skew_max_ns", "latency_ns", "balance_usd", "size_factor", "deals_max", "fill_or_kill", "hour_after_ns")
    kept = (*stage, *limits)
    return Faults(race_lost=0.0, **{name: getattr(faults, name) for name in kept})


#: what the wire-level venues play at with `paper.faults = "drill"`. In wall-clock time an order whose fate is unknown
#: costs its market up to 40 s: about one in eight meets something, so that the fleet also trades. A book has some ten
#: frames a second: each feed loses or garbles one every minute or two.
DRILL = Faults(
    request_lost=0.015,
    reply_lost=0.02,
    request_late=0.015,
    request_twice=0.03,
    rejected=0.02,
    throttled=0.02,
    server_error=0.02,
    look_up_failed=0.2,
    not_visible=0.2,
    push_lost=0.1,
    push_twice=0.1,
    push_late=0.1,
    fills_lost=0.1,
    book_gap=0.0005,
    book_skipped=0.0005,
    book_crossed=0.0005,
    feed_silent=0.0002,
    book_frozen=0.0005,
    account_missed=0.05,
)
#: every value of `paper.faults`; None: a line that loses nothing, and costs nothing
ON_THE_WIRE = {"none": None, "drill": DRILL}
