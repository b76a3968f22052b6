"""The fleet as it runs now: supervisord and its programs, heartbeats, halts, and the ports of the paper venues."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from common import members
from common.core.errors import LedgerError
from common.doctor.finding import Finding, failure, ok, warning
from common.ledger.report import Report
from common.ledger.shapes import Beat, Halt
from common.members import GROUP, SIM, WARDEN
from common.ports import taken
from common.settings import Settings
from common.supervisor_client import Process

SECOND_NS = 1_000_000_000
#: states of a program that a person has to look into
BROKEN = frozenset({"FATAL", "BACKOFF", "UNKNOWN"})


def supervisor(alive: tuple[int, str] | None, processes: Sequence[Process]) -> Finding:
    """Whether supervisord answers, and whether a program of it gave up."""
    if alive is None:
        return ok("supervisor", "not running; ./scripts/run starts it")
    broken = [p for p in processes if p.state in BROKEN or (p.state == "EXITED" and p.exit_status)]
    if broken:
        told = ", ".join(f"{p.full_name} {p.state.lower()} (exit code {p.exit_status})" for p in broken)
        logs = ", ".join(f"var/log/{p.name}.log" for p in broken[:3])
        return failure("supervisor", told, f"read {logs}; then supervisorctl start {broken[0].full_name}")
    running = sum(1 for p in processes if p.state == "RUNNING")
    return ok("supervisor", f"pid {alive[0]}, {alive[1].lower()}; {running} of {len(processes)} programs run")


def heartbeats(beats: Mapping[str, Beat], running: Iterable[str], now_ns: int, most_ns: int) -> Finding:
    """Whether every running worker, and the warden, gave a sign of life of late."""
    names = sorted(running)
    late = [name for name in names if name not in beats or now_ns - beats[name].at_ns > most_ns]
    if late:
        ages = (f"{name} {_age(beats.get(name), now_ns)}" for name in late)
        remedy = "read their logs; the warden starts a silent worker again: supervisorctl restart does it now"
        return failure("heartbeats", ", ".join(ages), remedy)
    if not names:
        return ok("heartbeats", "no worker runs")
    oldest = max(now_ns - beats[name].at_ns for name in names) / SECOND_NS
    return ok("heartbeats", f"{len(names)} of {len(names)}, the oldest {oldest:.1f} s ago")


def _age(beat: Beat | None, now_ns: int) -> str:
    return "never gave one" if beat is None else f"silent for {(now_ns - beat.at_ns) / SECOND_NS:.0f} s"


def halts(found: Iterable[Halt]) -> Finding:
    """What is halted, and why."""
    told = [f"{'every market' if h.market == '*' else h.market}: {h.level} by {h.who}, {h.why}" for h in found]
    if told:
        return warning("halts", "; ".join(told), "look into the reason, then arbctl resume")
    return ok("halts", "none in force")


def ports(config: Settings, running: Collection[str]) -> Finding:
    """Whether the paper venues can listen; they themselves may hold their ports."""
    wanted = {"dydx_port": config.paper.dydx_port, "apex_port": config.paper.apex_port}
    told = ", ".join(str(port) for port in wanted.values())
    if SIM in running:
        return ok("ports", f"{told}: held by our paper venues")
    if held := [f"{port} (paper.{key})" for key, port in wanted.items() if taken(port)]:
        return failure("ports", f"taken by another program: {', '.join(held)}", "end it, or choose another port")
    return ok("ports", f"{told}: free")


def page_port(config: Settings, running: Collection[str]) -> Finding:
    """Whether the web page can listen; the fleet trades on without it."""
    told = f"{config.web.bind}:{config.web.port}"
    if not config.web.enabled:
        return ok("web port", "switched off")
    if members.WEB in running:
        return ok("web port", f"{told}: the page is served")
    if taken(config.web.port, config.web.bind):
        remedy = "end it, or change web.port in arb.toml, then supervisorctl restart web"
        return warning("web port", f"{told}: taken by another program", remedy)
    return ok("web port", f"{told}: free")


def metrics_port(config: Settings, running: Collection[str]) -> Finding:
    """Whether the figures can be served; the fleet trades on without that."""
    told = str(config.metrics.port)
    if not config.metrics.enabled:
        return ok("metrics port", "switched off")
    if members.METRICS in running:
        return ok("metrics port", f"{told}: the figures are served")
    if taken(config.metrics.port):
        remedy = "end it, or change metrics.port in arb.toml, then supervisorctl restart metrics"
        return warning("metrics port", f"{told}: taken by another program", remedy)
    return ok("metrics port", f"{told}: free")


def running_members(processes: Iterable[Process], markets: Iterable[str]) -> list[str]:
    """Those who owe a heartbeat, by the name they give it under: markets, and the warden."""
    up = {p.full_name for p in processes if p.state == "RUNNING"}
    workers = [market for market in markets if f"{GROUP}:{members.program(market)}" in up]
    return [*workers, *([WARDEN] if WARDEN in up else [])]


def ledger_view(config: Settings) -> tuple[dict[str, Beat], tuple[Halt, ...]]:
    """Beats and halts; nothing where there is no ledger, or one that cannot be read (`files.ledger` says so)."""
    if not config.ledger_file.exists():
        return {}, ()
    try:
        with Report.open(config.ledger_file) as report:
            return {beat.market: beat for beat in report.heartbeats()}, report.halts()
    except LedgerError:
        return {}, ()
