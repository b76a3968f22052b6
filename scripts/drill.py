"""What `scripts/drill` does once .venv is there: a whole fleet of its own, killed at random, and a verdict.

Prints seed and options first, the verdict last. Exit codes: 0 no violation, 1 any violation or a drill that could not
be held, 2 misused, 3 refused.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from common.core.errors import ArbError, ConfigError
from scripts import render
from scripts.drill_course import Course
from scripts.drill_figures import figures, lines
from scripts.drill_fleet import DrillFleet, scratch
from scripts.drill_options import Options, parse
from scripts.drill_plan import Strike, plan

EXIT_FAILED, EXIT_REFUSED = 1, 3


def main() -> int:
    """Hold the drill that the command line asks for; the exit code."""
    called_from = Path(os.environ.get("ARB_CALLED_FROM") or os.getcwd())
    options = parse(sys.argv[1:], called_from)
    say = render.say if options.json else render.line
    say(f"drill: {options}")
    try:
        fleet = scratch(options.config, changes=options.changes, small_disk=True)
        if fleet.no_disk:
            say(f"drill: no small disk here ({fleet.no_disk}): none will be full")
        say(f"drill: the fleet lives in {fleet.config.root}")
        strikes = plan(options.seed, fleet.markets, options.minutes * 60, options.every_s)
        found = asyncio.run(hold(options, fleet, strikes))
    except ConfigError as error:
        render.say(f"drill: {error}")
        return EXIT_REFUSED
    except ArbError as error:
        render.say(f"drill: {error}")
        return EXIT_FAILED
    for text in lines(found):
        say(text)
    if options.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    return exit_code(found)


def exit_code(found: dict[str, Any]) -> int:
    """0 for a clean drill, 1 for any violation."""
    return 0 if found["clean"] else EXIT_FAILED


async def hold(options: Options, fleet: DrillFleet, strikes: Sequence[Strike]) -> dict[str, Any]:
    """One drill's figures: these strikes on this fleet, which is stopped afterwards."""
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    say = render.say if options.json else render.line
    try:
        return figures(await Course(fleet, say, stop).run(strikes, options.minutes * 60), options)
    finally:
        fleet.put_away()


if __name__ == "__main__":
    sys.exit(main())
