"""Deliberate bugs of settings that are taken up while the fleet trades."""

from scripts.mutant import Mutant

VIEW, TERMS = "common/core/view.py", "common/core/terms.py"
REREADING, RELOADING = "common/rereading.py", "common/reloading.py"
JUDGE = "common/warden/judge.py"
VIEW_TESTS, WORKER_TESTS = ("tests/core/test_view.py",), ("tests/house/test_reloading.py",)
WARDEN_TESTS = ("tests/house/test_warden_reloading.py",)

OF_RELOADING = (
    Mutant(
        "terms: what was found under the old ones is used again",
        (
            (
                VIEW,
                "        self.reached.clear()\n        self.scales = {venue: scale",
                "        self.scales = {venue: scale",
            ),
        ),
        VIEW_TESTS,
    ),
    Mutant(
        "terms: the screen goes by the old ones",
        ((VIEW, "        self.wishes = wishes(self.terms)\n        self.reached", "        self.reached"),),
        VIEW_TESTS,
    ),
    Mutant(
        "terms: a trader at work takes another size up",
        ((TERMS, "    return replace(new, **{name: getattr(old, name) for name in FOR_LIFE})\n", "    return new\n"),),
        VIEW_TESTS,
    ),
    Mutant(
        "reload: real money goes by a file that nobody confirmed",
        ((REREADING, "    if why := live_start.doubt(new):\n", '    if why := "":\n'),),
        (*WORKER_TESTS, *WARDEN_TESTS),
    ),
    Mutant(
        "reload: orders go on naming the settings of the start",
        ((REREADING, '{MIXED}{new.hash}" if waits else new.hash\n', '{MIXED}{new.hash}" if waits else begun.hash\n'),),
        (*WORKER_TESTS, *WARDEN_TESTS),
    ),
    Mutant(
        "reload: what waits for a restart is passed over",
        ((RELOADING, "        waits = [*_differ(old, terms, in_force=False), *", "        waits = [*"),),
        WORKER_TESTS,
    ),
    Mutant(
        "reload: a lowered limit waits for a restart",
        ((RELOADING, "(*wanted.of_fleet(new), *wanted.of_market(terms))", "()"),),
        WORKER_TESTS,
    ),
    Mutant(
        "reload: the warden is as patient as before",
        (
            (
                JUDGE,
                "        self._calm.needed_ns, self._differing.needed = terms.calm_ns, terms.difference_looks\n",
                "",
            ),
        ),
        WARDEN_TESTS,
    ),
)
