"""What a person may ask of `scripts/drill`, checked before anything is started."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from common import clock
from common.core.terms import SECOND_NS

#: a seed nobody gave is one of so many, so that it is short enough to be typed again
SEEDS = 1_000_000
#: mean pause between two strikes: ten workers killed much more often than this would spend their lives waiting to trade
EVERY_S = 6.0
MINUTES_MAX = 24 * 60


@dataclass(frozen=True, slots=True)
class Options:
    """One drill. `config` None: the shipped arb.toml."""

    seed: int
    minutes: float
    every_s: float
    config: Path | None
    json: bool
    faults: str = "drill"

    def __str__(self) -> str:
        config = self.config or "arb.toml"
        fire = f"--minutes {self.minutes:g} --every {self.every_s:g} --faults {self.faults}"
        return f"--seed {self.seed} {fire} --config {config}"

    @property
    def changes(self) -> dict[str, str]:
        """What the drill sets in its fleet's arb.toml. It looks like a crash loop: the bound on those is lifted."""
        return {"paper.seed": str(self.seed), "paper.faults": f'"{self.faults}"', "warden.quarantine_starts": "1000"}


def parse(arguments: Sequence[str], called_from: Path) -> Options:
    """Options from a command line; complains and exits 2 when it is misused."""
    parser = argparse.ArgumentParser(
        prog="scripts/drill",
        description="Run a whole fleet of its own in var/drill, on venues that lose and garble what they can; kill at "
        "random, fill its disk, and judge what is left.",
        epilog="Exit codes: 0 no violation, 1 any violation or a drill that could not be held, 2 misused, 3 refused.",
    )
    parser.add_argument("--minutes", type=_minutes, default=2.0, metavar="M", help="how long it is under fire (2)")
    parser.add_argument("--seed", type=int, metavar="S", help="the same kills again; else a new one, which is printed")
    parser.add_argument("--every", type=_seconds, default=EVERY_S, metavar="SECONDS", help="mean pause between kills")
    parser.add_argument("--config", type=Path, metavar="FILE", help="another arb.toml; its ports are replaced")
    parser.add_argument("--faults", choices=("drill", "none"), default="drill", help="of the paper venues (drill)")
    parser.add_argument("--json", action="store_true", help="figures as one JSON object; prose goes to stderr")
    given = parser.parse_args(arguments)
    return Options(
        seed=clock.now_ns() // (SECOND_NS // 1000) % SEEDS if given.seed is None else given.seed,
        minutes=given.minutes,
        every_s=given.every,
        config=None if given.config is None else (called_from / given.config).resolve(),
        json=given.json,
        faults=given.faults,
    )


def _minutes(text: str) -> float:
    return _number(text, MINUTES_MAX, "minutes")


def _seconds(text: str) -> float:
    return _number(text, MINUTES_MAX * 60, "seconds")


def _number(text: str, most: float, unit: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= most:
        raise argparse.ArgumentTypeError(f"{unit} above 0, at most {most:g}, not {text}")
    return number
