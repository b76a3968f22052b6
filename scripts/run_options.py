"""What a person may ask of `scripts/run`, checked before anything is started."""

import argparse
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from common.settings import CONFIG_VARIABLE
from scripts import notify

_EPILOG = "Ctrl-C stops the fleet in order: workers even out what is in flight, hedged deals stay and go on next time."


@dataclass(frozen=True, slots=True)
class Options:
    """One invocation of `scripts/run`; paths are absolute. `for_s` None: until told to stop."""

    for_s: float | None
    fresh: bool
    source: str | None
    speed: Decimal | None
    markets: tuple[str, ...]
    config: Path | None
    #: for a service: hardly a line while all is well
    quiet: bool = False

    def environ(self) -> dict[str, str]:
        """The environment that supervisord, and through it every member, is started with."""
        inherited = {name: value for name, value in os.environ.items() if name != notify.VARIABLE}
        extra = {
            CONFIG_VARIABLE: None if self.config is None else str(self.config),
            "ARB_PAPER_SOURCE": self.source,
            "ARB_PAPER_SPEED": None if self.speed is None else str(self.speed),
        }
        return {**inherited, **{name: value for name, value in extra.items() if value is not None}}

    def unknown(self, markets: Collection[str]) -> str:
        """What was asked for that arb.toml does not have, as a sentence; empty when all is there."""
        odd = [name for name in self.markets if name not in markets]
        return f"arb.toml has no market {', '.join(odd)}; it has {', '.join(markets)}" if odd else ""


def parse(arguments: Sequence[str], called_from: Path) -> Options:
    """Options from a command line; complains and exits 2 when it is misused."""
    parser = argparse.ArgumentParser(
        prog="scripts/run", description="Start the fleet, show it, stop it.", epilog=_EPILOG
    )
    parser.add_argument("--for", dest="for_s", type=_seconds, metavar="SECONDS", help="stop by itself after this long")
    parser.add_argument("--fresh", action="store_true", help="archive ledger and paper accounts first, begin anew")
    parser.add_argument("--source", metavar="replay:PATH", help="drive the paper venues from recorded books")
    parser.add_argument("--speed", type=_speed, metavar="N", help="replay N times as fast")
    parser.add_argument("--markets", type=_markets, default=(), metavar="BTC,ETH", help="start only these")
    parser.add_argument("--config", type=Path, metavar="FILE", help="another arb.toml; its fleet lives beside it")
    parser.add_argument("--quiet", action="store_true", help="a line an hour instead of a table: for a service")
    given = parser.parse_args(arguments)
    if given.speed is not None and given.source is None:
        parser.error("--speed goes with --source replay:PATH")
    return Options(
        for_s=given.for_s,
        fresh=given.fresh,
        source=None if given.source is None else _source(parser, given.source, called_from),
        speed=given.speed,
        markets=given.markets,
        config=None if given.config is None else (called_from / given.config).resolve(),
        quiet=given.quiet,
    )


def _source(parser: argparse.ArgumentParser, text: str, called_from: Path) -> str:
    kind, _, path = text.partition(":")
    if text == "synthetic":
        return text
    if kind != "replay" or not path:
        parser.error(f"--source is synthetic or replay:PATH, not {text}")
    whole = (called_from / path).resolve()
    if not whole.exists():
        parser.error(f"there is nothing at {whole} to replay")
    return f"replay:{whole}"


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"a number of seconds above 0, not {text}")
    return seconds


def _speed(text: str) -> Decimal:
    try:
        speed = Decimal(text)
    except InvalidOperation:
        speed = Decimal(0)
    if not 0 < speed <= 1000:
        raise argparse.ArgumentTypeError(f"a factor above 0, at most 1000, not {text}")
    return speed


def _markets(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip().upper() for name in text.split(",") if name.strip()))
