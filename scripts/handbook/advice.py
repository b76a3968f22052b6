"""What a person should do about each word that the program says: the only pages' text that no code can tell.

Which words there are is read from the code (`source.py`); a test holds both sets equal. Plain values.
"""

from dataclasses import dataclass
from typing import Final

FRESH: Final = "nothing; it passes"
LIMITS: Final = "`arbctl limit show`; a higher limit is a decision: `arbctl limit set … --reason …`"

#: by word of the column `says`: what to do
SAYS: Final = {
    "edge": "nothing: this is the usual answer; `arbctl spread --watch` shows how far it is away",
    "cold": "wait `strategy.median_warmup_s` after a start",
    "busy": FRESH + "; `arbctl deals --state live` if it does not",
    "own fills": FRESH,
    "stale": "`arbctl venue dydx book BTC`, `arbctl doctor`: does the venue answer?",
    "behind": "look at the load of the machine, and for `feed_behind` in the worker's log",
    "index": "wait; or `strategy.index_age_max_s`",
    "open": "nothing: a deal is being reserved this moment",
    "waiting": FRESH,
    "starting": "wait for both books; `supervisorctl tail -f arb:btc` if it lasts",
    "unconfirmed": FRESH,
    "band": "wait; or `strategy.price_band_bps`",
    "halted": "`arbctl status` names the reason; then `arbctl resume MARKET`, or `arbctl resume` for a halt of all",
    "would open": "as for `halted`: it says what the halt keeps from happening",
    "offline": "wait until the venue opens it, or take the market out of arb.toml",
    "stopping": "nothing: what is in flight is being evened out",
    "level": LIMITS,
    "deals": LIMITS,
    "notional": LIMITS,
    "rate": LIMITS,
    "cap": "`arbctl status` shows cap and equity; it grows with the smaller equity, and falls with leverage",
    "direction": "nothing: the live deal has to close first",
    "equity": "`arbctl doctor`: does the venue answer, does `warden` run?",
    "version": "restart what still runs the other program: `supervisorctl restart all`",
    "doubt": "`arbctl status` names who is missing; `arbctl reconcile` where that market is not started any more",
    "budget": "wait; another program that asks from this address, or account, spends the same count",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What one kind of alert or halt means, and what to do."""

    means: str
    do: str


RESUME: Final = "`arbctl resume MARKET`"

#: by `what=` of a line `alert …`; the warden's halts begin with the same word
ALERTS: Final = {
    "naked": Advice("a deal's legs have been uneven for too long", "wait: the worker evens it; `arbctl deal show ID`"),
    "stuck": Advice(
        "evening out failed as often as allowed; the market is halted",
        "`arbctl deal show ID`, then `arbctl deal resolve ID --by close --reason …`; at the end " + RESUME,
    ),
    "leverage": Advice(
        "a venue's leverage at mark is above `leverage_reduce`", "nothing: it shrinks and ends by itself"
    ),
    "liquidation": Advice("a venue may liquidate before long", "nothing at once; move equity to that venue"),
    "clock": Advice("a venue's clock is surely off ours", "set this machine's clock (NTP); it ends by itself"),
    "peg": Advice("USD and USDC are apart", "wait: past `peg_max_bps` it halts, and ends by itself"),
    "loss": Advice("more was lost than `daily_loss_max` or `drawdown_max`", "`arbctl report`; then `arbctl resume`"),
    "difference": Advice(
        "a position that our fills do not explain", "`arbctl positions`, `arbctl audit`; then " + RESUME
    ),
    "foreign": Advice(
        "an open order that is not of this ledger", "cancel it at the venue, find who sent it; then " + RESUME
    ),
    "by-hand": Advice("orders that a person sent with arbctl", "`arbctl positions`; when they are flat " + RESUME),
    "crash-loop": Advice(
        "a worker was started too often and is stopped",
        "its log; then `supervisorctl start arb:btc` and `arbctl resume BTC`",
    ),
    "no_answer": Advice("a venue gives no usable answer", "`arbctl doctor`; nothing new is opened meanwhile"),
    "clock_skew": Advice("a venue's clock begins to be off ours", "set this machine's clock (NTP)"),
    "funding": Advice("the next hour of funding costs more than a deal was opened for", "`arbctl positions`; decide"),
    "equities_apart": Advice("one venue has far less equity than the other", "the transfer that the line names"),
    "restart": Advice("the warden killed a worker that did not go on", "nothing; its log if it happens again"),
    "no_supervisor": Advice("supervisord did not do what the warden asked", "`supervisorctl status`"),
    "gave_up": Advice("supervisord gave a program up", "its log in `var/log`; then `supervisorctl start NAME`"),
    "no_backup": Advice(
        "the ledger could not be copied, or the copy is not sound", "`arbctl doctor`, `arbctl ledger verify`; the disk"
    ),
    "no_restore": Advice(
        "there is no young backup, or it could not be put back", "`arbctl ledger backup`, `arbctl ledger restore-test`"
    ),
    "lifted": Advice("the warden took its own halt back", "nothing"),
}

#: what ends a program of ours: the name of the constant in the code, what it means, what to do
EXITS: Final = {
    "CLEAN": "nothing wrong was found",
    "CAUGHT": "every mutant was caught",
    "FAILED": "it was tried and failed, or something is wrong",
    "MISUSED": "the command line was wrong; it says how",
    "REFUSED": "refused: a person has to mend or decide something first; it says what",
    "CRASHED": "crashed: supervisord starts it again",
    "PERSON": "a person has to mend something; supervisord does not start it again",
    "VIOLATION": "a law was broken: the seed is printed",
    "SURVIVED": "a mutant survived the tests",
    "SURVIVOR": "something got through; the input is kept",
    "INTERRUPTED": "Ctrl-C",
}
