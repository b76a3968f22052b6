"""What `scripts/run` does once .venv is there: start the fleet, show it, stop it, sum it up.

supervisord is our child and dies with us; so no fleet trades on unseen when this process is killed. Everything that is
shown is read from the ledger's file and from supervisord; nothing here decides about a deal.
"""

import asyncio
import os
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from common import clock, members, settings
from common.core.errors import ArbError, ConfigError
from common.settings import Settings
from scripts import archive, fleet_start, live_run, notify, render, run_show, run_sum, supervise
from scripts.audit_watch import Watch
from scripts.key_troubles import key_troubles
from scripts.paper_health import Health, ask
from scripts.run_options import Options, parse
from scripts.supervise import CHECKOUT, Places, Process, SuperviseError, Supervisor

EXIT_FAILED, EXIT_MISUSED, EXIT_REFUSED = 1, 2, 3
#: a worker may take this long to even out what is in flight (stopwaitsecs), and a margin
STOP_BOUND_S, STOP_POLL_S = 50.0, 0.1
#: a supervisord that is silent for longer has lost its socket: nobody could stop the fleet any more
SILENCE_BOUND_S = 10.0
#: and one question to it may take so long
ANSWER_BOUND_S = 5.0
#: how often states are looked at while the fleet runs
WATCH_S = 0.5
STOPPED = frozenset({"STOPPED", "EXITED", "FATAL", "UNKNOWN"})


@dataclass(slots=True)
class Run:
    """One run of the fleet: what it is made of, and what has to be told at its end."""

    config: Settings
    options: Options
    places: Places
    supervisor: Supervisor
    stop: asyncio.Event
    markets: tuple[str, ...] = ()
    why: str = "told to stop"

    @property
    def names(self) -> list[str]:
        """The workers of this run, as supervisord names them."""
        return [f"{members.GROUP}:{members.program(market)}" for market in self.markets]


def main() -> int:
    """Run the fleet as the command line says; the exit code."""
    called_from = Path(os.environ.get("ARB_CALLED_FROM") or os.getcwd())
    options = parse(sys.argv[1:], called_from)
    # a supervisord that is frozen takes a connection and never answers
    socket.setdefaulttimeout(ANSWER_BOUND_S)
    try:
        return asyncio.run(_main(options))
    except ConfigError as error:
        for sentence in error.args:
            print(f"run: {sentence}", file=sys.stderr)
        return EXIT_REFUSED
    except ArbError as error:
        print(f"run: {error}", file=sys.stderr)
        return EXIT_FAILED


async def _main(options: Options) -> int:
    environ = options.environ()
    config = settings.load(options.config, environ)
    run = Run(config, options, Places(config.var), Supervisor(Places(config.var).socket), asyncio.Event())
    if config.mode == "live" and options.source is not None:
        raise ConfigError('--source drives the paper venues, and arb.toml says mode = "live"')
    if unknown := options.unknown(config.markets):
        print(f"run: {unknown}", file=sys.stderr)
        return EXIT_MISUSED
    run.places.make()
    conf = fleet_start.conf_of(config)
    with fleet_start.OnlyOne(run.places):
        fleet_start.refuse_what_runs(config, run.places, run.supervisor)
        if options.fresh and (folder := archive.put_aside(config)):
            render.line(f"put aside in {folder}: {archive.WHAT[config.mode]}")
        fleet_start.migrate_ledger(config)
        if config.mode == "live":
            await asyncio.to_thread(live_run.gate, config)
        return await _supervised(run, conf, environ)


async def _supervised(run: Run, conf: Path, environ: dict[str, str]) -> int:
    _listen(run)
    before = run_sum.totals(run.config.ledger_file)
    log_from = run.places.log.stat().st_size if run.places.log.exists() else 0
    child = await supervise.launch(conf, run.places, environ)
    try:
        await _venues_ready(run, child)
        began_ns = clock.monotonic_ns()
        with Watch(run.config.ledger_file, *live_run.journals(run.config)) as watch:
            run.supervisor.start(run.names)
            _say_started(run)
            await _show(run, child, watch)
            states = run.supervisor.processes()
            await _stop_workers(run, child)
        elapsed_s = (clock.monotonic_ns() - began_ns) / 1e9
    finally:
        await supervise.end(child, run.supervisor)
    starts = supervise.spawned(run.places.log, log_from)
    return run_sum.conclude(run.config, run_sum.Ended(elapsed_s, before, watch.peaks, states, starts))


def _listen(run: Run) -> None:
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, run.stop.set)
    loop.add_signal_handler(signal.SIGHUP, _hung_up, run.stop)


def _hung_up(stop: asyncio.Event) -> None:
    """The terminal is gone: stop in order, and write no more to it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())
    stop.set()


async def _venues_ready(run: Run, child: asyncio.subprocess.Process) -> None:
    """Wait until the paper venues answer, and learn from them which markets they drive; live ones were asked before."""
    if run.config.mode == "live":
        run.markets = run.options.markets or tuple(run.config.markets)
        return
    run.markets = _chosen(run, await fleet_start.paper_answers(run.config, run.supervisor, child, run.stop))


def _chosen(run: Run, health: Health) -> tuple[str, ...]:
    """Configured, asked for, and driven by the paper venues' source."""
    wanted = run.options.markets or tuple(run.config.markets)
    driven = [market for market in wanted if health.markets is None or market in health.markets]
    if not driven:
        has = f"of {', '.join(health.markets)}" if health.markets else "for no market at all"
        raise ConfigError(f"the source has books of both venues {has}; none of {', '.join(wanted)} can be arbitraged")
    if left := [market for market in wanted if market not in driven]:
        render.line(f"not in the source, so not started: {', '.join(left)}")
    return tuple(driven)


def _say_started(run: Run) -> None:
    notify.tell(notify.READY, notify.status(f"{len(run.markets)} workers, {run.config.ledger_file}"))
    render.line(f"{len(run.markets)} workers are starting; from another terminal in {CHECKOUT}:")
    own = "" if run.config.root == CHECKOUT else f" -c {run.config.var / 'run' / 'supervisord.conf'}"
    render.line(f"    . .venv/bin/activate && supervisorctl{own} status")
    if troubles := key_troubles(run.config):
        for sentence in troubles:
            render.line(sentence)
        render.line("the workers will end at once, the paper venues stay: mend it from there, then start again")


async def _show(run: Run, child: asyncio.subprocess.Process, watch: Watch) -> None:
    """Show the fleet until somebody stops it, its time is over, the tape has ended or supervisord is gone."""
    loop = asyncio.get_running_loop()
    deadline = None if run.options.for_s is None else loop.time() + run.options.for_s
    heard_at = loop.time()
    with run_show.Screen(run.config, run.markets, watch, quiet=run.options.quiet) as screen:
        while not run.stop.is_set():
            if child.returncode is not None:
                raise SuperviseError(f"supervisord ended by itself; see {run.places.log}")
            left = WATCH_S if deadline is None else min(WATCH_S, deadline - loop.time())
            processes = run.supervisor.processes()
            if processes:
                heard_at = loop.time()
                notify.tell(notify.ALIVE)
            why = await _over(run, processes, left)
            if why is not None:
                run.why = why
                return
            if loop.time() - heard_at > SILENCE_BOUND_S:
                await _end_frozen(run, child)
                raise SuperviseError(f"supervisord has not answered for {SILENCE_BOUND_S:.0f} s; see {run.places.log}")
            screen.update(processes)
            await _until(run.stop, left)


async def _end_frozen(run: Run, child: asyncio.subprocess.Process) -> None:
    """Kill a supervisord that has its socket and does not answer: it would heed no other signal.

    Its members take that as SIGTERM. One that lost its socket is told to stop, as ever.
    """
    if run.places.socket.exists() and child.returncode is None:
        child.kill()
        await child.wait()


async def _over(run: Run, processes: list[Process], left_s: float) -> str | None:
    """Why the run ends by itself now, or None."""
    if left_s <= 0:
        return "time is over"
    if any(p.name == members.SIM and p.state in ("FATAL", "EXITED") for p in processes):
        return "the paper venues gave up"
    return "the tape has ended" if await _tape_ended(run) else None


async def _tape_ended(run: Run) -> bool:
    if not run.config.paper.source.startswith("replay:"):
        return False
    health = await asyncio.to_thread(ask, run.config.paper.dydx_port)
    return health is not None and health.ended


async def _until(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


async def _stop_workers(run: Run, child: asyncio.subprocess.Process) -> None:
    """SIGTERM to every worker, then wait, bounded, while the paper venues still answer."""
    notify.tell(notify.STOPPING)
    render.line(f"stopping ({run.why}): workers even out what is in flight, hedged deals stay and go on next time")
    try:
        async with asyncio.timeout(STOP_BOUND_S):
            while child.returncode is None and (left := _running(run)):
                # asked again each time: one that supervisord was just about to restart did not hear the first call
                run.supervisor.stop(left)
                await asyncio.sleep(STOP_POLL_S)
    except TimeoutError:
        render.line(f"not all workers stopped within {STOP_BOUND_S:.0f} s")


def _running(run: Run) -> list[str]:
    names = set(run.names)
    return [p.full_name for p in run.supervisor.processes() if p.full_name in names and p.state not in STOPPED]


if __name__ == "__main__":
    sys.exit(main())
