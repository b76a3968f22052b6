"""What it takes to type a command: `arbctl` as a process, beside Python alone and a typer program that does nothing."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from common import clock
from scripts.benches import long_history
from scripts.benches.base import Bench, Row

ROOT: Final = Path(__file__).resolve().parents[2]
EMPTY: Final = """
import typer
app = typer.Typer(add_completion=False)
@app.command()
def nothing(number: int = 1) -> None:
    pass
app()
"""


def measure(bench: Bench) -> Iterable[Row]:
    """Wall time of each, in turns."""
    config = _config(bench.folder)
    arbctl = ("-m", "scripts.arbctl", "--config", str(config))
    programs = {
        "python": ("-c", "pass"),
        "empty typer program": ("-c", EMPTY),
        "arbctl --help": (*arbctl, "--help"),
        "arbctl positions": (*arbctl, "positions"),
        "arbctl status": (*arbctl, "status"),
    }
    rounds = bench.rounds({name: Program(words) for name, words in programs.items()}, quick=5, full=50)
    for name in programs:
        yield Row(name, "ms", rounds.of(name))
    yield Row(
        "arbctl positions to an empty typer program", "×", rounds.ratio("arbctl positions", "empty typer program")
    )


class Program:
    """Milliseconds from the start of the process to its end."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words

    def __call__(self) -> float:
        """One turn."""
        began_ns = clock.monotonic_ns()
        subprocess.run([sys.executable, *self._words], cwd=ROOT, env=os.environ, capture_output=True, check=True)
        return (clock.monotonic_ns() - began_ns) / 1e6


def _config(folder: Path) -> Path:
    """The shipped arb.toml on a ledger of its own."""
    config = folder / "arb.toml"
    config.write_text(f'var = "{folder}"\n' + (ROOT / "arb.toml").read_text())
    long_history.build(folder / "ledger.db", 1_000)
    return config
