"""The end of a run in a few lines, and whether it ended well: what was traded, what was seen, what the audit says."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from common import clock, members
from common.core.errors import ArbError
from common.ledger.report import Report
from common.ledger.shapes import Totals
from common.settings import Settings
from scripts import audit, render
from scripts.audit_watch import Peaks
from scripts.dust import smallest_orders
from scripts.supervise import Process

EXIT_FAILED = 1
#: findings that are told one by one; the rest is counted
TOLD_MAX = 10


#: a ledger without a deal
NONE = Totals(*[0] * len(fields(Totals)))


@dataclass(frozen=True, slots=True)
class Ended:
    """What is left of a run: sums before it, what was seen from outside, the last states, every start of a program."""

    elapsed_s: float
    before: Totals
    peaks: Peaks
    processes: Sequence[Process]
    starts: Sequence[str]


def totals(ledger_file: Path) -> Totals:
    """Sums over all deals of the ledger; all 0 while there is none."""
    if not ledger_file.exists():
        return NONE
    with Report.open(ledger_file) as report:
        return report.totals()


def conclude(config: Settings, ended: Ended) -> int:
    """Print the summary; 0 when no law was broken and no worker had given up, else 1."""
    render.line(f"summary of {ended.elapsed_s:.0f} s")
    _deals(config.ledger_file, ended.before)
    _seen(ended.peaks, config)
    given_up = _processes(config, ended)
    clean = _audit(config, ended.peaks)
    return 0 if clean and not given_up else EXIT_FAILED


def _deals(ledger_file: Path, before: Totals) -> None:
    if not ledger_file.exists():
        render.line("  deals      none: no worker has made a ledger")
        return
    with Report.open(ledger_file) as report:
        now, counts = report.totals(), report.counts()
    new = Totals(*(getattr(now, f.name) - getattr(before, f.name) for f in fields(Totals)))
    render.line(f"  deals      {_dealt(new)}; {now.live} live{f', {now.stuck} STUCK' if now.stuck else ''}")
    earned, fees = render.usd(new.realised_uusd, sign=True), render.usd(new.fees_uusd)
    render.line(f"  realised   {earned} USD after fees of {fees}; funding {render.usd(new.funding_uusd, sign=True)}")
    if before.reserved:
        earned = f"realised {render.usd(now.realised_uusd, sign=True)} USD"
        render.line(f"  all runs   {_dealt(now)}; {earned}, funding {render.usd(now.funding_uusd, sign=True)}")
    render.line(f"  count      {render.count(counts)}")


def _dealt(t: Totals) -> str:
    """`closed` are deals that were hedged first; a missed leg is told apart from them."""
    return f"{t.opened} opened, {t.closed - t.missed} closed, {t.missed} with a missed leg evened, {t.void} void"


def _processes(config: Settings, ended: Ended) -> bool:
    """Tell of restarts and of programs that gave up; whether one did that the fleet needs."""
    restarts = {name: count - 1 for name, count in Counter(ended.starts).items() if count > 1}
    told = ", ".join(f"{name} {count}" for name, count in sorted(restarts.items()))
    render.line(f"  restarts   {sum(restarts.values())}{f' ({told})' if told else ''}")
    gone = [process for process in ended.processes if _gave_up(process)]
    for p in gone:
        log = config.var / "log" / f"{p.name}.log"
        render.line(f"  GAVE UP    {p.full_name}: {p.state.lower()}, exit code {p.exit_status}; see {log}")
    return any(p.name not in members.FOR_PEOPLE for p in gone)


def _gave_up(p: Process) -> bool:
    """It could not stay up, or ended without being asked to; a worker that ends well (0) was asked."""
    return p.state in ("FATAL", "BACKOFF") or (p.state == "EXITED" and (p.exit_status != 0 or p.name == members.SIM))


def _seen(peaks: Peaks, config: Settings) -> None:
    highest = ", ".join(f"{venue} {render.times(value)}" for venue, value in sorted(peaks.leverage.items()))
    bounds = f"entries stop at {config.cap.leverage_entry}, most {config.cap.leverage_max}"
    render.line(f"  leverage   peak {highest or render.NOTHING} in {peaks.samples} looks from outside ({bounds})")
    render.line(
        f"  exposure   peak {render.usd(peaks.held_uusd)} USD, at most {peaks.used:.1%} of the cap of that moment"
    )
    for finding in peaks.excursions:
        render.line(f"  excursion  {finding.text}")
    for finding in peaks.broken:
        render.line(f"  BROKEN     {finding.check}: {finding.text}")


def _audit(config: Settings, peaks: Peaks) -> bool:
    """The audit of what stands in the files now that nothing runs any more."""
    if not config.ledger_file.exists():
        return not peaks.broken
    if config.mode == "live":
        render.line("  audit      not made: only paper venues let their journals be read; see arbctl positions")
        return not peaks.broken
    try:
        verdict = audit.judge(config.ledger_file, config.var / "paper", clock.now_ns(), smallest_orders())
    except ArbError as error:
        render.line(f"  AUDIT      could not be made: {error}")
        return False
    broken = [finding for finding in verdict.findings if finding.broken]
    looked = (
        f"{verdict.checks['fills']} fills, {verdict.checks['orders']} orders, {verdict.checks['journal']} journal rows"
    )
    render.line(
        f"  audit      {'clean' if verdict.clean else f'{len(broken)} VIOLATIONS'}: {looked} compared with the venues"
    )
    for finding in [*broken, *(f for f in verdict.findings if not f.broken)][:TOLD_MAX]:
        render.line(f"    {'BROKEN' if finding.broken else 'note'} {finding.check}: {finding.text}")
    return verdict.clean and not peaks.broken
