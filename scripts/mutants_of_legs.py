"""Deliberate bugs about legs that are not even: the table of unwinds, completing, bands, dust, alarms, a person's word.

Most of them harm no law of the judge, so that tests are named with each.
"""

from scripts.mutant import Mutant

UNWINDING, EVENING, EVENER = "common/core/unwinding.py", "common/core/evening.py", "common/core/evener.py"
TRADER, OPENING, DUST = "common/core/trader.py", "common/core/opening.py", "common/core/dust.py"
NAKEDNESS, VERBS = "common/core/nakedness.py", "common/ledger/person_verbs.py"
TRADING = ("tests/core/test_trader.py",)

LEGS = (
    Mutant(
        "unwind chases: no bound on the price",
        ((EVENING, "bps_of(reach.bps, mid)", "bps_of(reach.bps * 100, mid)"),),
        TRADING,
    ),
    Mutant(
        "unwind chases: no band around the index",
        ((EVENING, "    if reach.index is None:\n", "    if reach.bps:\n"),),
        TRADING,
    ),
    Mutant(
        "unwind chases: no bound on the number",
        (
            (UNWINDING, "    if len(tried) >= len(terms.unwind):\n", "    if len(tried) >= 10**6:\n"),
            (UNWINDING, "terms.unwind[len(tried)]", "terms.unwind[min(len(tried), len(terms.unwind) - 1)]"),
        ),
        TRADING,
    ),
    Mutant(
        "unwind chases: all rows of the table at once",
        ((UNWINDING, "    if tried and at_ns < tried[0].created_ns + rung.after_ns:\n", "    if at_ns < 0:\n"),),
        TRADING,
    ),
    Mutant(
        "a late fill goes on where an old table ended",
        ((UNWINDING, " and (order.venue, order.side) == (step.venue, step.side)\n", "\n"),),
        TRADING,
    ),
    Mutant(
        "an unwind is sent by a book that is not believed, although a fresh one was to be had",
        ((EVENER, "at_ns < found_ns + FRESH_WAIT_NS", "at_ns < found_ns"),),
        TRADING,
    ),
    Mutant(
        "an unwind waits for a believable book without end",
        ((EVENER, "at_ns < found_ns + FRESH_WAIT_NS", "at_ns > 0"),),
        TRADING,
    ),
    Mutant(
        "without an index there is no exit",
        ((EVENER, "Reach(min(bps, band_bps)) if index is None else Reach(bps, index, band_bps)",
          "Reach(bps, index or Decimal(1), band_bps)"),),
        TRADING,
    ),
    Mutant(
        "completing counts from the opening",
        ((EVENER, "at_ns <= found_ns + self._view", "at_ns <= deal.opened_ns + self._view"),),
        TRADING,
    ),
    Mutant(
        "completing has no end",
        ((EVENER, "return heard and at_ns <= found_ns + self._view.terms.complete_within_ns", "return heard"),),
        TRADING,
    ),
    Mutant(
        "completing after a restart",
        ((EVENER, "return heard and at_ns", "return at_ns"),),
        TRADING,
    ),
    Mutant(
        "completing costs more than unwinding",
        (("common/core/completing.py", "+ spread + 2 * fee *", "+ spread + 3 * fee *"),),
        ("tests/core/test_completing.py",),
    ),
    Mutant(
        "a stuck deal does not halt its market",
        ((TRADER, 'return [move, HaltMarket(f"{deal.deal_id} stuck: {why}", at_ns)]', "return [move]"),),
        TRADING,
    ),
    Mutant(
        "an alarm at every look",
        ((NAKEDNESS, "if (what, name) not in self._told]", "]"),),
        TRADING,
    ),
    Mutant(
        "naked is told although a person keeps the deal",
        ((NAKEDNESS, "            if is_kept(deal):\n", "            if deal.number < 0:\n"),),
        TRADING,
    ),
    Mutant(
        "a kept deal is tried again",
        ((EVENER, "        if self.keeps(deal):\n", "        if self.keeps(deal) and at_ns < 0:\n"),),
        TRADING,
    ),
    Mutant(
        "what a person said of an earlier time binds",
        ((EVENER, " and wish.since_ns >= deal.changed_ns else None", " else None"),),
        TRADING,
    ),
    Mutant(
        "a person's close is held back by the band",
        ((EVENER, "Reach(turn.bps) if way is Way.CLOSE else self._reach(", "self._reach("),),
        TRADING,
    ),
    Mutant(
        "a person's word about a deal that is not stuck is taken",
        ((VERBS, "            if deal.state is not DealState.STUCK:\n", "            if not deal.live:\n"),),
        ("tests/ledger/test_choices.py",),
    ),
    Mutant(
        "an entry far from the index",
        ((OPENING, '        return NoOpening("band")\n', "        pass\n"),),
        TRADING,
    ),
    Mutant(
        "an entry without a fresh index",
        ((OPENING, '        return NoOpening("index")\n', "        pass\n"),),
        TRADING,
    ),
    Mutant(
        "dust is netted into an order below the minimum",
        ((DUST, "if abs(more) < instrument.min_size <= size:", "if abs(more) < instrument.min_size:"),),
        ("tests/core/test_dust.py",),
    ),
    Mutant(
        "more than dust is netted",
        ((DUST, "if abs(more) < instrument.min_size <= size:", "if instrument.min_size <= size:"),),
        ("tests/core/test_dust.py",),
    ),
)  # fmt: skip
