"""The deliberate bugs about limits of new deals and the venues' budgets, as mutant_list.py has the others."""

from scripts.mutant import Mutant

SCHEMA, RUNNER = "common/ledger/schema.sql", "common/runner.py"
BOUNDS, VERBS, BUDGET = "common/ledger/bounds.py", "common/ledger/limit_verbs.py", "common/venues/budget.py"

LIMITS = (
    Mutant(
        "one deal more than the limit",
        (
            (
                SCHEMA,
                "AND bound.key = 'deals' AND bound.value <= (",
                "AND bound.key = 'deals' AND bound.value < (",
            ),
        ),
        ("tests/ledger/test_limits.py",),
    ),
    Mutant(
        "the notional of the deal itself is left out of its limit",
        ((SCHEMA, "AND bound.value - new.held_uusd < (", "AND bound.value < ("),),
        ("tests/ledger/test_limits.py",),
    ),
    Mutant(
        "the throttle forgets what came to nothing",
        (
            (
                SCHEMA,
                "WHERE opened_ns > new.opened_ns - window_ns AND",
                "WHERE state <> 'VOID' AND opened_ns > new.opened_ns - window_ns AND",
            ),
        ),
        ("tests/ledger/test_limits.py",),
    ),
    Mutant(
        "the limits of all markets are not looked at",
        (
            (
                SCHEMA,
                "WHERE bound.market IN (new.market, '*') AND bound.key = 'deals'",
                "WHERE bound.market = new.market AND bound.key = 'deals'",
            ),
        ),
        ("tests/ledger/test_limits.py",),
    ),
    Mutant(
        "arb.toml raises a limit",
        ((BOUNDS, "elif bound.value < now and (told is None or bound.value < told):", "elif bound.value != now:"),),
        ("tests/ledger/test_limits.py",),
    ),
    Mutant(
        "a limit is raised unconfirmed",
        ((VERBS, "bound.value > before and not (confirmed and why.strip())", "bound.value > before and not why"),),
        ("tests/ledger/test_limits.py",),
    ),
    Mutant(
        "entries spend what is kept for exits",
        ((BUDGET, "count.take(points, count.rate.for_entries if is_entry else None)", "count.take(points)"),),
        ("tests/venues/test_budget.py",),
    ),
    Mutant(
        "an exit is not counted",
        ((BUDGET, "                self._spend(points, None)", "                del points"),),
        ("tests/venues/test_budget.py",),
    ),
    Mutant(
        "an entry is reserved without a budget",
        ((RUNNER, "self.ledger.reserve(command.deal, command.why) if affordable else Refusal(\"budget\")",
          "self.ledger.reserve(command.deal, command.why)"),),
        ("tests/house/test_runner_budget.py",),
    ),
    Mutant(
        "a 429 pauses only who heard it",
        ((BUDGET, 'self.paused = Pause(self._file("pause"))', "self.paused = Pause()"),),
        ("tests/venues/test_budget.py",),
    ),
)  # fmt: skip
