"""Measures: what the fleet costs and how quick it is, each in a file of its own; `arbctl bench` takes them all.

To add one: a file here with a function `measure(bench) -> Iterable[Row]`, and its line in `MEASURES`. That is all.

    def measure(bench: Bench) -> Iterable[Row]:
        \"\"\"One sentence: what is measured.\"\"\"
        rounds = bench.rounds({"ours": _ours, "floor": _floor}, quick=50, full=500)
        yield Row("thing, ours", "ms", rounds.of("ours"), goals=(at_most("median", 2.0), at_most("p99", 5.0)))
        yield Row("thing, the floor", "ms", rounds.of("floor"))
        yield Row("ours to the floor", "×", rounds.ratio("ours", "floor"), goals=(at_most("median", 2.0),))

`bench.rounds` calls every contender once a round, each round beginning with another one, and takes what they return as
their samples: a ratio of two samples of one round holds on a machine whose speed moves. A single figure is a row with
one sample. Whatever needs a file works in `bench.folder`, which lies on the disk that the fleet would use and is
removed afterwards. Time comes from `common.clock`; a measure may import anything. What it includes, and what bounds it,
stands in docs/performance.md. A name of up to 30 characters keeps the table within a window of 100.
"""

#: name → module with `measure`; the order of the report
MEASURES: dict[str, str] = {
    "ledger_contention": "scripts.benches.ledger_contention",
    "ledger_history": "scripts.benches.ledger_history",
    "cli_startup": "scripts.benches.cli_startup",
    "book_to_wire": "scripts.benches.book_to_wire",
    "hot_path": "scripts.benches.hot_path",
    "signing": "scripts.benches.signing",
    "replay": "scripts.benches.replay",
    "market_cpu": "scripts.benches.market_cpu",
    "worker_memory": "scripts.benches.worker_memory",
    "fleet_start": "scripts.benches.fleet_start",
    "growth": "scripts.benches.growth",
    "feed_rate": "scripts.benches.feed_rate",
    "feed_burst": "scripts.benches.feed_burst",
}

#: these start whole fleets and watch them: minutes, which a quick look has not
SLOW: frozenset[str] = frozenset({"market_cpu", "worker_memory", "fleet_start", "growth"})
