"""The deliberate bugs that the suite must catch: name, edits (file, exact text there, text instead), tests to ask.

A simulation is asked first; the tests named here are asked when it cannot see the bug: what one process alone cannot
break (the cap race), or what harms no law of the judge (a chase, a stale quote).
"""

from scripts.mutant import Mutant as Mutant
from scripts.mutant_limits import LIMITS
from scripts.mutants_of_legs import LEGS
from scripts.mutants_of_power import OF_POWER
from scripts.mutants_of_reconcile import RECONCILE
from scripts.mutants_of_reloading import OF_RELOADING
from scripts.mutants_of_the_warden import OF_THE_WARDEN
from scripts.mutants_of_the_wire import OF_THE_WIRE

FACTS, LEDGER, ROWS = "common/ledger/facts.py", "common/ledger/ledger.py", "common/ledger/rows.py"
STORE, SCHEMA = "common/ledger/store.py", "common/ledger/schema.sql"
DEAL, TRADER, EVENING = "common/core/deal.py", "common/core/trader.py", "common/core/evening.py"
ASKING, PLANNING, RUNNER = "common/core/asking.py", "common/core/planning.py", "common/runner.py"
ACCOUNT, RECALL, WRITEOFF = "common/core/account.py", "common/recall.py", "common/ledger/writeoff.py"
DYDX, APEX = "common/venues/dydx/wire_order.py", "common/venues/apex/wire_order.py"

MUTANTS = (
    *LEGS,
    *OF_THE_WARDEN,
    *OF_POWER,
    *OF_RELOADING,
    *OF_THE_WIRE,
    Mutant(
        "unknown read as failed",
        ((FACTS, "(answer=Reject(reason=reason) | ", "(answer=Reject(reason=reason) | Unknown(reason=reason) | "),),
    ),
    Mutant(
        "unsent-looking orders forgotten at start",
        (
            (
                LEDGER,
                "            return rows.get_live(connection, market) + writeoff.get_loose(connection, loose, dust)",
                "            live = rows.get_live(connection, market)\n"
                '            return tuple(d for d in live if any(o.state != "NEW" for o in d.orders))',
            ),
        ),
    ),
    Mutant(
        "a leg without an answer is ordered again under a new id",
        (
            (
                DEAL,
                "    if deal.unfinished:\n",
                "    if any(o.state is not OrderState.NEW for o in deal.unfinished):\n",
            ),
        ),
    ),
    Mutant(
        "row after send",
        ((TRADER, "        return [Reserve(deal, ", "        return [Send(deal.orders), Reserve(deal, "),),
    ),
    Mutant(
        "held cut at send",
        (
            (
                TRADER,
                "        return [Send(orders)]\n",
                '        return [Send(orders), Move(deal.deal_id, deal.state, deal.held_uusd // 2, "sent", at_ns)]\n',
            ),
        ),
    ),
    Mutant(
        "cap sum leaves out in-flight",
        (
            (
                SCHEMA,
                "AS held_uusd FROM deal WHERE held_uusd > 0);",
                "AS held_uusd FROM deal WHERE held_uusd > 0 AND state <> 'OPENING');",
            ),
        ),
    ),
    Mutant(
        "level counted net",
        (
            (
                SCHEMA,
                "SELECT COUNT(*) FROM deal\n                WHERE direction = new.direction AND ",
                "SELECT COALESCE(SUM(direction), 0) * new.direction FROM deal\n                WHERE ",
            ),
        ),
    ),
    Mutant(
        "cap checked before the transaction",
        (
            (
                SCHEMA,
                "        WHEN (SELECT held_uusd + new.held_uusd <= cap_uusd FROM room) IS NOT 1\n"
                "            THEN RAISE(ABORT, 'cap')\n",
                "",
            ),
            (
                LEDGER,
                "        with self._store.transaction(durable=deal.market not in self._begun) as connection:\n"
                "            reason = _insert_judged(connection, deal, self._author)\n",
                "        with self._store.reading() as connection:\n"
                '            held, cap = connection.execute("SELECT held_uusd, cap_uusd FROM room").fetchone()\n'
                "            if cap is None or held + deal.held_uusd > cap:\n"
                '                return Refusal("cap")\n'
                "        with self._store.transaction(durable=deal.market not in self._begun) as connection:\n"
                "            reason = _insert_judged(connection, deal, self._author)\n",
            ),
        ),
        ("tests/ledger/test_last_room.py",),
    ),
    Mutant(
        "late fill ignored",
        (
            (
                LEDGER,
                "            known = rows.fills_of(connection, order.client_id)\n",
                '            if order.state == "DONE":\n'
                "                return rows.must_get(connection, order.deal_id)\n"
                "            known = rows.fills_of(connection, order.client_id)\n",
            ),
        ),
    ),
    Mutant(
        "late fill does not halt",
        ((LEDGER, '"late" if not deal.live else ""', '""'),),
        ("tests/ledger/test_verbs.py",),
    ),
    Mutant(
        "partial treated as full",
        ((DEAL, "held >= order.reported_size\n", "held > 0\n"),),
    ),
    Mutant(
        "status believed without its fills",
        ((DEAL, "    return order.reported_size is None or held >= order.reported_size\n", "    return True\n"),),
        # what is missing is found by asking: in a simulation it is only late
        ("tests/core/test_deal.py",),
    ),
    Mutant(
        "an absence without proof is believed",
        ((FACTS, "LookedUp(finding=Absent(proven=True)) if", "LookedUp(finding=Absent()) if"),),
    ),
    Mutant(
        "dYdX: released on a timer",
        (
            (
                DYDX,
                "    return order.created_ns + LIFE_NS - EXPIRY_LEAD_NS + DEATH_MARGIN_NS\n",
                "    return order.created_ns + DEATH_MARGIN_NS\n",
            ),
        ),
    ),
    Mutant(
        "ApeX: released on a timer",
        (
            (
                APEX,
                "    return order.created_ns + TIMESTAMP_TOLERANCE_NS + DEATH_MARGIN_NS\n",
                "    return order.created_ns + DEATH_MARGIN_NS\n",
            ),
        ),
    ),
    Mutant(
        "a venue is asked as fast as it answers",
        ((ASKING, "if name not in unfinished:", "if name not in unfinished or order.state is OrderState.DONE:"),),
        ("tests/core/test_asking.py",),
    ),
    Mutant(
        "an evening order may open a position",
        ((EVENING, "reduce_only=-step.side.sign * held_there >= step.size,", "reduce_only=False,"),),
    ),
    Mutant(
        "stale quote accepted after the reservation",
        ((TRADER, "            if found is None or self._aged(found, at_ns):\n", "            if found is None:\n"),),
        ("tests/core/test_trader.py",),
    ),
    Mutant(
        "halt read before instead of inside the transaction",
        (
            (
                SCHEMA,
                "        WHEN EXISTS (SELECT 1 FROM halt WHERE market IN (new.market, '*'))\n"
                "            THEN RAISE(ABORT, 'halted')\n",
                "",
            ),
            (
                LEDGER,
                "        with self._store.transaction(durable=deal.market not in self._begun) as connection:\n"
                "            reason = _insert_judged(connection, deal, self._author)\n",
                "        if self.halt_level(deal.market) is not HaltLevel.NONE:\n"
                '            return Refusal("halted")\n'
                "        with self._store.transaction(durable=deal.market not in self._begun) as connection:\n"
                "            reason = _insert_judged(connection, deal, self._author)\n",
            ),
        ),
        ("tests/ledger/test_last_room.py",),
    ),
    Mutant(
        "duplicate fill counted",
        (
            (
                ROWS,
                "    if known.fetchone() is not None:\n",
                "    if known.fetchone() is not None:\n"
                '        fill = replace(fill, fill_id=f"{fill.fill_id}@{at_ns}")\n'
                "    if fill.size < 0:\n",
            ),
            (ROWS, "from dataclasses import dataclass\n", "from dataclasses import dataclass, replace\n"),
        ),
    ),
    Mutant(
        "less is held than the orders may fill for",
        (
            (PLANNING, "uusd_up(found.pair.worst_notional)", "uusd_up(found.pair.worst_notional / 2)"),
            (LEDGER, "        if deal.held_uusd < worst or not deal.orders:\n", "        if not deal.orders:\n"),
        ),
    ),
    Mutant(
        "held forgets the larger leg",
        ((DEAL, "    return max(uusd_up(abs(deal.position(v))", "    return min(uusd_up(abs(deal.position(v))"),),
    ),
    Mutant(
        "forced fill ignored",
        ((RUNNER, "        for deal in self.ledger.book_forced(fill):\n", "        for deal in ():\n"),),
    ),
    Mutant(
        "a fill that was taken back still counts",
        ((ACCOUNT, "    return fill, reversal(fill)\n", "    return fill, fill\n"),),
    ),
    Mutant(
        "a fill that was taken back does not halt",
        ((LEDGER, "if any(f.is_reversal for f in added)", "if any(not f.size for f in added)"),),
    ),
    Mutant(
        "a reversal stands in for a fill that is missing",
        ((DEAL, "order.client_id and f.side is order.side), ZERO)", "order.client_id), ZERO)"),),
        ("tests/ledger/test_reversals.py",),
    ),
    Mutant(
        "what nobody pushed is never asked for",
        ((RECALL, "        return at_ns - (FAR_NS if far else NEAR_NS)\n", "        return None\n"),),
    ),
    Mutant(
        "a position that does not fit is no reason to ask",
        ((RECALL, "        far = self._urgent or not fits\n", "        far = self._urgent\n"),),
        ("tests/house/test_recall.py",),
    ),
    Mutant(
        "funding is asked for at start only",
        ((RECALL, "    return (at_ns - FUNDING_DELAY_NS) // HOUR_NS\n", "    return 0\n"),),
    ),
    Mutant(
        "uneven by exactly the smallest order is dust at start",
        ((WRITEOFF, "if size and abs(size) >= dust)", "if abs(size) > dust)"),),
        ("tests/ledger/test_reversals.py",),
    ),
    Mutant(
        "what is heard is not journalled",
        (
            (
                LEDGER,
                'self._journal(connection, _entry("record", deal, deal.state, deal.state, why, at_ns=fact.at_ns))',
                "pass",
            ),
        ),
    ),
    Mutant(
        "opposite deals in one market",
        (
            (
                SCHEMA,
                "            WHERE direction = -new.direction AND market = new.market\n",
                "            WHERE direction = -new.direction AND market = new.market AND held_uusd < 0\n",
            ),
        ),
        ("tests/ledger/test_last_room.py",),
    ),
    Mutant(
        "stale equity admits",
        (
            (
                SCHEMA,
                "MAX(ABS(new.opened_ns - at_ns)) <= (SELECT equity_max_age_ns FROM cap)",
                "MAX(ABS(new.opened_ns - at_ns)) <= 2 * (SELECT equity_max_age_ns FROM cap)",
            ),
        ),
        ("tests/ledger/test_laws.py",),
    ),
    *LIMITS,
    *RECONCILE,
)  # fmt: skip
