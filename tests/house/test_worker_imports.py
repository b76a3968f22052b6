"""What a worker imports is what a worker needs: what it does not need would be kept ten times, all night."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: vendors' SDKs with what they pull in, what people's commands use, and what only builds or migrates files
STRANGERS = (
    "dydx3", "apexpro", "web3", "sympy", "mpmath", "ecdsa", "eth_account", "eth_abi", "requests", "Crypto",
    "sqlite_utils", "typer", "click", "rich", "supervisor", "duckdb", "matplotlib", "numpy", "pytest", "hypothesis",
)  # fmt: skip
#: a worker with both desks and both feeds made, an order signed: what it imports late is imported now
PROGRAM = """
import sys
import workers.arb
from common.venues import stark
from common.venues.apex import desk, feed
from common.venues.dydx import desk, feed
stark.warm_up()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def _imported(program: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_worker_imports_no_sdk_and_nothing_that_only_people_need() -> None:
    found = _imported(PROGRAM)
    assert {"common", "workers", "sqlite3", "orjson", "uvloop"} <= found
    assert not found & set(STRANGERS), "a worker pays for it all night"


def test_the_worker_that_makes_the_ledger_imports_no_more_than_the_others(tmp_path: Path) -> None:
    making = f"""
import sys
from pathlib import Path
from common.ledger.ledger import Ledger
path = Path({str(tmp_path / "ledger.db")!r})
Ledger.create(path, created_ns=10**18, config_hash="x", code_version="x", pid=1).close()
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
    assert not _imported(making) & set(STRANGERS)


def test_a_worker_on_paper_does_not_read_what_only_looks_at_the_ledger() -> None:
    program = "import sys, workers.arb; print(*(name for name in sys.modules if name.startswith('common.')))"
    found = _imported(program)
    assert "common.ledger.ledger" in found
    assert not found & {"common.ledger.report", "common.ledger.watch", "common.ledger.story"}
