"""What a person may see go wrong, what it means and what to do: rows of the runbook that stand for sentences.

`said` is what the program's source must still contain for the row to be true; a test looks for it.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Symptom:
    """One row. Links are those of a page in docs/."""

    see: str
    means: str
    do: str
    said: tuple[str, ...]


STARTS: Final = (
    Symptom("`no ledger at …`", "nothing was ever started here", "`./scripts/run`", ("no ledger at",)),
    Symptom(
        "sentences that begin with `arb.toml:`",
        "all that is wrong with the file",
        "mend it; `arbctl config check` says when it is right",
        ("is missing: add",),
    ),
    Symptom(
        "`can be read by others`, `belongs to somebody else`, `is a link`",
        "a key file is not ours alone",
        "the command in the sentence",
        ("can be read by others", "belongs to somebody else", "a link"),
    ),
    Symptom(
        "`is sealed: set ARB_KEYS_PASSPHRASE`",
        "the key file is encrypted and the fleet was not given the passphrase",
        "[sealed key files](venues.md#sealed-key-files), then start again",
        ("is sealed: set",),
    ),
    Symptom(
        "`refuses the API key`, `NO` in `arbctl keys check`",
        "the venue does not take these keys: another account's, deleted, or from before its restart elsewhere",
        "`arbctl keys show`; then `arbctl onboard dydx --force`",
        ("refuses the API key",),
    ),
    Symptom(
        "`port 18701 of the paper dydx is taken`",
        "another program listens there",
        "end it, or set `paper.dydx_port`",
        ("is taken",),
    ),
    Symptom(
        '`mode = "live" was never confirmed here`, `was changed since it was confirmed`',
        "real money needs a person's word",
        "[live](operations.md#live)",
        ("was never confirmed here", "was changed since it was confirmed"),
    ),
    Symptom(
        "`lies on a network file system`",
        "several machines could write it, and no lock would hold",
        "set `var` to a folder on a disk of this machine",
        ("network file system",),
    ),
    Symptom(
        "`written by a newer version`",
        "the ledger is of a later program",
        "update, or `./scripts/run --fresh`",
        ("newer version",),
    ),
    Symptom("anything else that does not start", "", "`arbctl doctor`", ()),
)
RUNS: Final = (
    Symptom(
        "a worker is `fatal` or `exited` in `arbctl status`",
        "exit code 3, or it could not stay up",
        "its log in `var/log`; then `supervisorctl start arb:btc`",
        (),
    ),
    Symptom(
        "`NO` under `agree` in `arbctl positions`",
        "venue and ledger differ",
        "`arbctl audit`; halt the market if it stays",
        ("agree",),
    ),
    Symptom(
        "`stuck` deals",
        "evening out failed as often as allowed; the market is halted",
        "[`arbctl deal show ID`](operations.md#a-stuck-deal), then choose; at the end `arbctl resume MARKET`",
        (),
    ),
    Symptom(
        "no deals at all",
        "the column `says` of `arbctl status` has the reason, and `arbctl report --since 1h` how long each stood",
        "[by that word](#says)",
        (),
    ),
)
HALTS: Final = (
    Symptom(
        "`live: look at what it would open`",
        "the first start after the word",
        "`arbctl status`, then `arbctl resume`",
        ("look at what it would open",),
    ),
    Symptom(
        "`by warden`: `leverage: …`, `peg: …` and the like",
        "the first word is an alert's",
        "[by that word](#alerts); what it does and when: [the warden](operations.md#the-warden)",
        (),
    ),
    Symptom(
        "`by ledger`: `forced fill …`",
        "the venue closed a position of ours (liquidation, deleveraging); it is booked to the market's deals, "
        "oldest first, and evened",
        "`arbctl journal --limit 20`, `arbctl positions`; why did it come to that? then `arbctl resume MARKET`",
        ("forced fill",),
    ),
    Symptom(
        "`by ledger`: `… taken back`",
        "ApeX undid a fill after the match; its reversal is booked and the deal evened",
        "`arbctl audit`; then `arbctl resume MARKET`",
        ("taken back",),
    ),
    Symptom(
        "`by ledger`: `… late`",
        "an order filled after it was called finished; the leg is unwound",
        "the same",
        ("late",),
    ),
    Symptom(
        "`restored: reconcile before resuming`",
        "a backup was put back",
        "`arbctl reconcile`, then `arbctl resume`",
        ("restored: reconcile before resuming",),
    ),
    Symptom(
        "`reconciled: look at arbctl positions…`",
        "the venues told something that the ledger did not know",
        "`arbctl positions`, then `arbctl resume`",
        ("reconciled: look at arbctl positions",),
    ),
    Symptom(
        "`not explained: …`",
        "[reconcile](operations.md#the-ledger-file) could not map what it names",
        "mend it at the venue, or `arbctl reconcile --since DAY` further back; then `arbctl resume MARKET`",
        ("not explained: ",),
    ),
)
FILE: Final = (
    Symptom(
        "`the laws in … were altered`",
        "a tool rebuilt a table and dropped its triggers",
        "stop the fleet, `arbctl ledger mend`",
        ("the laws in",),
    ),
    Symptom(
        "`is not sound: journal row …`",
        "somebody wrote past the laws, or the disk lost something",
        "`arbctl ledger verify`, then [restore](operations.md#the-ledger-file)",
        ("is not sound",),
    ),
    Symptom(
        "`there is no ledger at …: put a backup back …`",
        "the file is lost",
        "[restore, or rebuild](operations.md#the-ledger-file)",
        ("put a backup back",),
    ),
    Symptom(
        "`database or disk is full`",
        "no room left",
        "make room; every process crashes and is started again until there is",
        (),
    ),
)
