"""The deliberate bugs about what a power cut may take, and what is done about it afterwards."""

from scripts.mutant import Mutant

BOOT_VERBS, LEDGER = "common/ledger/boot_verbs.py", "common/ledger/ledger.py"
STORE, SCHEMA = "common/ledger/store.py", "common/ledger/schema.sql"
RUNNER, FORGOTTEN = "common/runner.py", "common/core/forgotten.py"
RETELLING = "common/ledger/retelling.py"
#: whole fleets whose power fails often: an ordinary seed sees it too seldom
TESTS = ("tests/house/test_power.py",)

OF_POWER = (
    Mutant(
        "a commit is not synced",
        ((STORE, "            if durable:\n", "            if False:\n"),),
        TESTS,
    ),
    Mutant(
        "what was sent is never made durable",
        ((RUNNER, "                if self.ledger.is_ahead:\n", "                if False:\n"),),
        TESTS,
    ),
    Mutant(
        "an exit is sent before it is durable",
        (
            (
                LEDGER,
                "never refused for cap, level or halt.\"\"\"\n        with self._store.transaction()",
                "never refused for cap, level or halt.\"\"\"\n        with self._store.transaction(durable=False)",
            ),
        ),
        TESTS,
    ),
    Mutant(
        "nobody notices a power cut",
        ((BOOT_VERBS, "            if lost:\n", "            if False:\n"),),
        TESTS,
    ),
    Mutant(
        "after a power cut nobody asks",
        (
            (
                RUNNER,
                "for deal in told.new]\n",
                "for deal in ()]\n",
            ),
        ),
        TESTS,
    ),
    Mutant(
        "after a power cut the venues are asked at once",
        ((FORGOTTEN, "OVER_AFTER_NS = 45 * SECOND_NS", "OVER_AFTER_NS = 0 * SECOND_NS"),),
        TESTS,
    ),
    Mutant(
        "a number is used again after a power cut",
        (
            (
                BOOT_VERBS,
                '    connection.execute("INSERT INTO incarnation (name, created_ns) VALUES (?, ?)", (name, at_ns))\n',
                "",
            ),
        ),
        TESTS,
    ),
    Mutant(
        "others enter while a market is in doubt",
        (
            (
                SCHEMA,
                "        WHEN EXISTS (SELECT 1 FROM doubt)\n",
                "        WHEN EXISTS (SELECT 1 FROM doubt WHERE market = new.market)\n",
            ),
        ),
        (*TESTS, "tests/ledger/test_durable.py"),
    ),
    Mutant(
        "a forced fill is borne by others while a deal is forgotten",
        ((RUNNER, "if fill.market != self.market or self.doubt is not None:", "if fill.market != self.market:"),),
        ("tests/house/test_remember.py",),
    ),
    Mutant(
        "a forgotten fill that was taken back halts nobody",
        ((RETELLING, "if trading and any(fill.is_reversal for fill in deal.fills):", "if False:"),),
        (*TESTS, "tests/ledger/test_durable.py"),
    ),
)  # fmt: skip
