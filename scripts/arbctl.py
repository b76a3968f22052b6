"""arbctl: looks into the ledger, repairs it, records market data, and keeps supervisord.conf in step with arb.toml.

Data on stdout, prose on stderr. Exit codes: 0 done, 1 failed, 2 misused, 3 refused. Everything a command needs is
imported when it runs, so that `arbctl --help` is quick.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from scripts import render
from scripts.commands import (
    act,
    alert,
    analyse,
    bench,
    check,
    deal,
    doctor,
    keys,
    ledger,
    limit,
    metrics,
    onboard,
    reconcile,
    replay,
    report,
    show,
    spread,
    sweep,
    tape,
    venue,
    venues,
    watch,
    web,
)

EXIT_FAILED, EXIT_MISUSED, EXIT_REFUSED = 1, 2, 3

app = typer.Typer(
    help="Look into the fleet's ledger and repair it. Run it from the project's folder, or give --config.",
    epilog="Exit codes: 0 done, 1 failed, 2 misused, 3 refused.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def common_options(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="Another arb.toml than the one in this folder.")] = None,
) -> None:
    context.obj = config


show.add_to(app)
watch.add_to(app)
act.add_to(app)
alert.add_to(app)
check.add_to(app)
doctor.add_to(app)
ledger.add_to(app)
reconcile.add_to(app)
limit.add_to(app)
metrics.add_to(app)
deal.add_to(app)
tape.add_to(app)
spread.add_to(app)
venue.add_to(app)
venues.add_to(app)
onboard.add_to(app)
keys.add_to(app)
analyse.add_to(app)
bench.add_to(app)
report.add_to(app)
replay.add_to(app)
sweep.add_to(app)
web.add_to(app)


def main() -> int:
    """Run one command; whatever we raise on purpose becomes one sentence and an exit code, never a traceback."""
    from common.core.errors import ArbError, ConfigError

    if any(not _is_text(word) for word in sys.argv):
        render.say("arbctl: what was typed is not valid UTF-8")
        return EXIT_MISUSED
    try:
        app(prog_name="arbctl")
    except ConfigError as error:
        for sentence in error.args:
            render.say(f"arbctl: {sentence}")
        return EXIT_REFUSED
    except ArbError as error:
        render.say(f"arbctl: {error}")
        return EXIT_FAILED
    except BrokenPipeError:
        # the reader of our pipe has seen enough
        sys.stdout = None
    except OSError as error:
        # a path that no file can have, a full disk, a folder that is not ours
        where = f"{str(error.filename)[:80]}: " if error.filename else ""
        render.say(f"arbctl: {where}{error.strerror or str(error) or 'waited too long and gave up'}")
        return EXIT_FAILED
    return 0


def _is_text(word: str) -> bool:
    """Bytes that are no UTF-8 come in as lone surrogates, which neither a file nor the ledger can take."""
    return not any("\ud800" <= character <= "\udfff" for character in word)


if __name__ == "__main__":
    sys.exit(main())
