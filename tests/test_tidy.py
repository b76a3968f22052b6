"""The rules of the house, checked: floors, doors and sizes. A failure names the sentence that was broken."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("workers", "scripts", "common")
FILE_MAX, FUNCTION_MAX, NESTING_MAX, PARAMETERS_MAX = 300, 40, 3, 5

#: what each room of floor 1 may import beside core, clock and log (core imports nothing of ours)
SIBLINGS = {
    "ledger": set[str](),
    "venues": set[str](),
    "tape": {"venues"},
    "sim": {"venues", "tape"},
    "telemetry": set(),
}
#: modules that one room alone may open
DOORS = {
    "sqlite3": (
        "common/alerts/",
        "common/ledger/",
        "common/fleet/judge.py",
        "common/fleet/race_judge.py",
        "scripts/audit",
        "scripts/benches/",
    ),
    "sqlite_utils": ("common/ledger/",),
    "apprise": ("common/alerts/sending.py",),
    "time": ("common/clock.py", "scripts/benches/"),
    "random": (
        "common/sim/",
        "common/fleet/",
        "common/replay/",
        "scripts/drill_plan.py",
        "scripts/fuzz",
        "scripts/benches/",
    ),
    "dydx3": ("onboard.py", "scripts/benches/peer"),
    "apexpro": ("onboard.py", "scripts/benches/peer"),
    "web3": ("onboard.py",),
    "matplotlib": (
        "common/analysis/chart",
        "common/analysis/svg.py",
        "common/result/charts.py",
        "common/result/page.py",
        "common/sweep/chart",
    ),
    "textual": ("scripts/watch/",),
    "distributed": ("common/sweep/dask_crew.py",),
}
#: rooms and roofs that no process which trades may know: they may take minutes and a gigabyte
FOR_PEOPLE = ("common/analysis/", "common/result/", "common/sweep/", "common/web/", "scripts/")
RESULT_KNOWS = ("result", "analysis", "core", "ledger", "telemetry")
MAY_KNOW_THE_DESK = ("common/desk/", "common/alerts/", "common/web/", "common/metrics/", "scripts/")
WEB_KNOWS = ("web", "desk", "result", "telemetry", "ledger", "core", "settings", "deeds", "clock", "log")
METRICS_KNOW = ("metrics", "desk", "telemetry", "core", "settings", "clock", "log")
DESK_KNOWS = ("desk", "core", "ledger", "telemetry", "warden", "settings", "members", "supervisor_client")
#: the standard library's pure parts that core may use
PURE = {
    "abc", "bisect", "collections", "dataclasses", "decimal", "enum", "fractions", "functools", "heapq", "itertools",
    "math", "operator", "types", "typing", "__future__",
}  # fmt: skip


def sources() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {name_of(p): ast.parse(p.read_text()) for p in sources()}


def test_core_imports_only_itself_and_the_pure_standard_library(trees: dict[str, ast.Module]) -> None:
    broken = [
        f"{name} imports {module}"
        for name, tree in trees.items()
        if name.startswith("common/core/")
        for module in imports(tree)
        if not module.startswith("common.core") and module.split(".")[0] not in PURE
    ]
    assert not broken, f"core is pure: {broken}"


def test_rooms_of_one_floor_do_not_know_each_other(trees: dict[str, ast.Module]) -> None:
    broken = []
    for name, tree in trees.items():
        room = name.split("/")[1] if name.startswith("common/") else ""
        if room not in SIBLINGS:
            continue
        allowed = {room, "core", *SIBLINGS[room]}
        for module in imports(tree):
            parts = module.split(".")
            if (
                parts[0] == "common"
                and len(parts) > 1
                and parts[1] in {*SIBLINGS, "runner", "fleet", "replay"} - allowed
            ):
                broken.append(f"{name} imports {module}")
    assert not broken, f"siblings do not know each other: {broken}"


def test_a_tape_knows_of_the_venues_their_codecs_alone(trees: dict[str, ast.Module]) -> None:
    broken = [
        f"{name} imports {module}"
        for name, tree in trees.items()
        if name.startswith("common/tape/")
        for module in imports(tree)
        if module.startswith("common.venues.") and not module.split(".")[-1].startswith("wire")
    ]
    assert not broken, f"a tape is read by the wire codecs: {broken}"


def test_analysis_reads_tapes_and_no_process_of_the_fleet_knows_it(trees: dict[str, ast.Module]) -> None:
    """Floor 2, for people: it may take minutes and a gigabyte, which no process that trades may."""
    broken = []
    for name, tree in trees.items():
        for module in imports(tree):
            into = module.startswith("common.analysis")
            broken += [f"{name} imports {module}"] * (into and not name.startswith(FOR_PEOPLE))
            if name.startswith("common/analysis/") and module.startswith("common."):
                room = module.split(".")[1]
                broken += [f"{name} imports {module}"] * (room not in ("analysis", "core", "tape"))
    assert not broken, f"analysis knows tapes and core, and only what is for people knows analysis: {broken}"


def test_a_sweep_knows_replays_and_no_process_of_the_fleet_knows_it(trees: dict[str, ast.Module]) -> None:
    """Floor 2, for people, above the replay: it may take all cores for hours."""
    broken = []
    for name, tree in trees.items():
        for module in imports(tree):
            into = module.startswith("common.sweep")
            broken += [f"{name} imports {module}"] * (into and not name.startswith(("common/sweep/", "scripts/")))
            if name.startswith("common/sweep/") and module.startswith("common."):
                room = module.split(".")[1]
                allowed = ("sweep", "replay", "analysis", "core", "tape", "settings", "process")
                broken += [f"{name} imports {module}"] * (room not in allowed)
    assert not broken, f"a sweep knows replays, and only scripts know sweeps: {broken}"


def test_a_result_reads_ledger_and_telemetry_and_no_process_of_the_fleet_knows_it(trees: dict[str, ast.Module]) -> None:
    broken = []
    for name, tree in trees.items():
        for module in imports(tree):
            into = module.startswith("common.result.")
            broken += [f"{name} imports {module}"] * (into and not name.startswith(FOR_PEOPLE))
            if name.startswith("common/result/") and module.startswith("common."):
                room = module.split(".")[1]
                broken += [f"{name} imports {module}"] * (room not in RESULT_KNOWS)
    assert not broken, f"a result knows ledger, telemetry and core, and only scripts know results: {broken}"


def test_the_desk_reads_what_is_recorded_and_no_process_that_trades_knows_it(trees: dict[str, ast.Module]) -> None:
    """Floor 2, for people: the terminal and the page show the same facts, and none of them decides anything."""
    broken = []
    for name, tree in trees.items():
        for module in imports(tree):
            into = module.startswith("common.desk.")
            broken += [f"{name} imports {module}"] * (into and not name.startswith(MAY_KNOW_THE_DESK))
            if name.startswith("common/desk/") and module.startswith("common."):
                broken += [f"{name} imports {module}"] * (module.split(".")[1] not in DESK_KNOWS)
    assert not broken, f"a desk knows what is recorded, and only what is for people knows desks: {broken}"


def test_the_page_shows_what_the_desk_says_and_no_process_that_trades_knows_it(trees: dict[str, ast.Module]) -> None:
    """Floor 2, for people: it reads what is recorded, and does what a person may do from the keyboard."""
    broken = []
    for name, tree in trees.items():
        for module in imports(tree):
            into = module.startswith("common.web")
            # its settings are read with all others
            wanted = name.startswith(("common/web/", "scripts/")) or name == "workers/web.py"
            wanted |= (name, module) == ("common/settings.py", "common.web.terms")
            broken += [f"{name} imports {module}"] * (into and not wanted)
            if name.startswith("common/web/") and module.startswith("common."):
                broken += [f"{name} imports {module}"] * (module.split(".")[1] not in WEB_KNOWS)
    assert not broken, f"the page knows desk and results, and only its own process knows the page: {broken}"


def test_metrics_say_what_the_desk_says_and_no_process_that_trades_knows_them(trees: dict[str, ast.Module]) -> None:
    """Floor 2, for machines that watch: it only reads."""
    broken = []
    for name, tree in trees.items():
        for module in imports(tree):
            into = module.startswith("common.metrics")
            # its settings are read with all others
            wanted = name.startswith(("common/metrics/", "scripts/")) or name == "workers/metrics.py"
            wanted |= (name, module) == ("common/settings.py", "common.metrics.terms")
            broken += [f"{name} imports {module}"] * (into and not wanted)
            if name.startswith("common/metrics/") and module.startswith("common."):
                broken += [f"{name} imports {module}"] * (module.split(".")[1] not in METRICS_KNOW)
    assert not broken, f"metrics know desk and telemetry, and only their own process knows metrics: {broken}"


def test_replay_stands_on_the_fleet_and_no_process_of_the_fleet_knows_it(trees: dict[str, ast.Module]) -> None:
    """Floor 2: what trades is played there, and must not be able to tell."""
    broken = []
    for name, tree in trees.items():
        if name.startswith(("common/replay/", "scripts/")) or name.split("/")[1] in ("result", "sweep"):
            continue
        wanted = {"common.replay.terms"} if name == "common/settings.py" else set[str]()
        broken += [f"{name} imports {m}" for m in imports(tree) if m.startswith("common.replay") and m not in wanted]
    assert not broken, f"only scripts know the replay: {broken}"


def test_roofs_import_downwards_and_never_each_other(trees: dict[str, ast.Module]) -> None:
    broken = []
    for name, tree in trees.items():
        room = name.split("/")[0]
        others = {"common": ("workers", "scripts"), "workers": ("scripts",), "scripts": ("workers",)}[room]
        broken += [f"{name} imports {m}" for m in imports(tree) if m.split(".")[0] in others]
    assert not broken, f"imports go down: {broken}"


def test_guarded_modules_are_opened_by_their_own_room_alone(trees: dict[str, ast.Module]) -> None:
    broken = [
        f"{name} imports {module}"
        for name, tree in trees.items()
        for module in imports(tree)
        if module.split(".")[0] in DOORS and not any(door in name for door in DOORS[module.split(".")[0]])
    ]
    assert not broken, f"one door each: {broken}"


def test_files_and_functions_stay_small(trees: dict[str, ast.Module]) -> None:
    broken = []
    for name, tree in trees.items():
        lines = (ROOT / name).read_text().count("\n")
        broken += [f"{name} has {lines} lines"] if lines > FILE_MAX else []
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                broken += [f"{name}: {node.name} {f}" for f in faults(node, options=name.startswith("scripts/"))]
    assert not broken, "\n".join(broken)


def faults(node: ast.FunctionDef | ast.AsyncFunctionDef, *, options: bool) -> Iterator[str]:
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    if length > FUNCTION_MAX:
        yield f"has {length} lines"
    positional = [a for a in node.args.args if a.arg not in ("self", "cls")]
    if options:
        # a command's parameters are the options a person gives, by name
        positional = [a for a in positional if "Annotated" not in ast.unparse(a.annotation or node)]
    if len(positional) > PARAMETERS_MAX:
        yield f"has {len(positional)} positional parameters"
    if nesting(node) > NESTING_MAX:
        yield f"is nested {nesting(node)} deep"


def nesting(node: ast.AST, depth: int = 0) -> int:
    blocks = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.Match)
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        inner = depth + isinstance(child, blocks) - elif_of(node, child)
        deepest = max(deepest, nesting(child, inner))
    return deepest


def elif_of(parent: ast.AST, child: ast.AST) -> int:
    """An `elif` stands in the tree as an if within an else, yet it is no deeper to the reader."""
    return int(isinstance(parent, ast.If) and isinstance(child, ast.If) and parent.orelse == [child])


def test_every_module_says_what_it_is(trees: dict[str, ast.Module]) -> None:
    broken = [name for name, tree in trees.items() if tree.body and not ast.get_docstring(tree)]
    assert not broken, f"module docstring missing: {broken}"


def test_the_one_broad_except_stands_in_the_frame_of_all_processes(trees: dict[str, ast.Module]) -> None:
    broken = []
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and name != "common/process_main.py":
                caught = ast.unparse(node.type) if node.type else ""
                broken += [f"{name}:{node.lineno}"] if caught in ("", "Exception", "BaseException") else []
    assert not broken, f"catch what you can name: {broken}"


def test_no_float_touches_what_is_stored_or_signed(trees: dict[str, ast.Module]) -> None:
    """Decimal(float) keeps the binary error; a number enters Decimal as text or as an integer."""
    broken = [
        f"{name}:{node.lineno}"
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "Decimal"
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, float)
    ]
    assert not broken, f"exact numbers: {broken}"
