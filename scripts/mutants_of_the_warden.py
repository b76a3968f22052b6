"""Deliberate bugs of the warden, of what it is told, and of a fleet that shrinks by its word."""

from scripts.mutant import Mutant

VERDICTS, AGREEMENT = "common/warden/verdicts.py", "common/warden/agreement.py"
LOOKOUT, TURNS, PRICES = "common/warden/lookout.py", "common/warden/turns.py", "common/warden/prices.py"
APEX_DESK, DYDX_ACCOUNT = "common/venues/apex/desk.py", "common/venues/dydx/wire_account.py"
CLOSING, SCHEMA = "common/core/closing.py", "common/ledger/schema.sql"

OF_THE_WARDEN = (
    Mutant(
        "warden: lifts what a person has halted",
        (
            (
                VERDICTS,
                "    return who == WARDEN and kind in PASSING and OVER not in why\n",
                "    return who != WARDEN or kind in PASSING\n",
            ),
        ),
        ("tests/house/test_warden_judge.py",),
    ),
    Mutant(
        "warden: takes what is on its way for a difference",
        (
            (
                AGREEMENT,
                "        if place[1] in before.moving | after.moving or before.positions.get(place, ZERO) != ours:\n",
                "        if before.positions.get(place, ZERO) != ours and not after.positions:\n",
            ),
        ),
        ("tests/house/test_warden_judge.py",),
    ),
    Mutant(
        "warden: takes every order on the account for ours",
        ((AGREEMENT, 'any(client_id.startswith(f"{name}-{market}-") for name in incarnations)', "True"),),
        ("tests/house/test_warden_judge.py",),
    ),
    Mutant(
        "warden: a stale answer makes a cap",
        ((LOOKOUT, "if self.now_ns() - asked_ns > ANSWER_MAX_NS:", "if self.now_ns() < asked_ns:"),),
        ("tests/house/test_warden_lookout.py",),
    ),
    Mutant(
        "warden: an account is as old as its answer, not as its question",
        ((APEX_DESK, "positions, asked_ns, uusd_up(", "positions, clock.now_ns(), uusd_up("),),
        ("tests/venues/apex/test_desk.py",),
    ),
    Mutant(
        "warden: a withdrawal under way still carries positions",
        ((DYDX_ACCOUNT, '(money(account["equity"])) - pending_uusd', '(money(account["equity"]))'),),
        ("tests/venues/dydx/test_desk.py",),
    ),
    Mutant(
        "warden: all deals shrink at once",
        ((CLOSING, "turn is not None and turn.deal_id != deal.deal_id", "turn is not None and turn.deal_id is None"),),
        ("tests/core/test_closing.py",),
    ),
    Mutant(
        "warden: the dearest deal shrinks first",
        ((TURNS, "cheapest = min(fit,", "cheapest = max(fit,"),),
        ("tests/house/test_warden_turns.py",),
    ),
    Mutant(
        "warden: dollars that part are only told about",
        ((PRICES, "    if abs(parted) <= terms.peg_max_bps:\n", "    if abs(parted) <= 100 * terms.peg_max_bps:\n"),),
        ("tests/house/test_warden_judge.py",),
    ),
    Mutant(
        "cap: a position hides under what a deal is still to fill",
        ((SCHEMA, "AND state <> 'DONE' AND NOT reduce_only", "AND state = 'LOST'"),),
        ("tests/ledger/test_laws.py",),
    ),
    Mutant(
        "cap: a position hides under what a deal of another market holds",
        ((SCHEMA, "AND +market IN (SELECT market FROM venue_position WHERE venue = equity.venue)", "AND 1"),),
        ("tests/ledger/test_laws.py",),
    ),
    Mutant(
        "cap: what a deal that was over has got since is in no sum",
        ((SCHEMA, "AND fill.at_ns > equity.at_ns - 5000000000", "AND 0"),),
        ("tests/ledger/test_laws.py",),
    ),
)
