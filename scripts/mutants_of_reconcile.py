"""The deliberate bugs about deals told anew from the venues, and a ledger brought level with them."""

from scripts.mutant import Mutant

SCHEMA, BACKUP = "common/ledger/schema.sql", "common/ledger/backup.py"
PURPOSES, REBUILDING = "common/core/purposes.py", "common/core/rebuilding.py"
PLAN = "common/reconcile/plan.py"

RECONCILE = (
    Mutant(
        "a deal passes as rebuilt and is let in",
        ((SCHEMA, "FROM deal WHERE deal_id = new.deal_id AND attempts_from > 0)", "FROM deal WHERE 0)"),),
        ("tests/ledger/test_retelling.py",),
    ),
    Mutant(
        "deals are rebuilt while entries are on",
        ((SCHEMA, "            OR EXISTS (SELECT 1 FROM doubt WHERE market = new.market)\n", "            OR 1\n"),),
        ("tests/ledger/test_retelling.py",),
    ),
    Mutant(
        "a restored file uses running numbers again",
        ((BACKUP, "SET attempts_from = ?", "SET held_uusd = held_uusd + 0 * ?"),),
        ("tests/ledger/test_retelling.py",),
    ),
    Mutant(
        "a rebuilt ledger is not held against positions",
        ((PLAN, "if abs(theirs - ours) >= dust:", "if False:"),),
        ("tests/cli/test_reconcile.py",),
    ),
    Mutant(
        "an exit's second order passes as an evening",
        ((PURPOSES, "(one.side, other.side) == (Side.SELL, Side.BUY)", "one.size == other.size"),),
        ("tests/core/test_rebuilding.py",),
    ),
    Mutant(
        "dust makes a deal uneven when it is told anew",
        ((PURPOSES, "uneven(then, instruments) is None", "not then.net"),),
        ("tests/core/test_rebuilding.py",),
    ),
    Mutant(
        "a forced fill that was taken back stays in the deals that bore it",
        ((REBUILDING, "        _take_back(forced, deals)\n        return\n", "        return\n"),),
        ("tests/core/test_rebuilding.py",),
    ),
    Mutant(
        "a rebuilt ledger begins without the limits of arb.toml",
        (("scripts/reconcile.py", "        ledger.configure(wanted.of_all(config), \"rebuilt\", by.at_ns)\n",
          "        ledger.configure(wanted.of_fleet(config), \"rebuilt\", by.at_ns)\n"),),
        ("tests/cli/test_reconcile.py",),
    ),
)  # fmt: skip
