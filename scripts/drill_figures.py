"""A drill's outcome in figures: as lines for people, as one object for machines. Prints nothing itself."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from scripts import render
from scripts.drill_course import Outcome
from scripts.drill_options import Options
from scripts.drill_strikes import Toll

NS_PER_S = 1e9
#: violations and notes that are told one by one; the rest is counted
TOLD_MAX = 20


def figures(outcome: Outcome, options: Options) -> dict[str, Any]:
    """Everything counted and measured, as JSON has it; times in seconds, money in micro-USD."""
    toll, seen, tally = outcome.toll, outcome.seen, outcome.tally
    return {
        "options": {key: value for key, value in asdict(options).items() if key not in ("config", "json")},
        "fire_s": round(outcome.fire_s, 1),
        **_tolled(toll),
        "faults": dict(sorted(outcome.faults.items())),
        "life_s": _spread([(c.life_ns - c.at_ns) / NS_PER_S for c in seen.crashes if c.life_ns is not None]),
        "level_s": _spread([(c.level_ns - c.at_ns) / NS_PER_S for c in seen.crashes if c.level_ns is not None]),
        "naked_s": _spread([] if tally is None else tally.naked_s),
        "tally": None if tally is None else {**render.plain(tally), "naked_s": len(tally.naked_s)},
        "rest_s": outcome.rest_s,
        "stop": {"seconds": outcome.stop_s, "open_deals": outcome.open_at_stop, "recovered": outcome.recovered},
        "watched": {
            "looks": outcome.peaks.samples + seen.looks,
            "unreadable": outcome.peaks.failed + seen.failed,
            "admissions": seen.admissions,
            "leverage": render.plain(outcome.peaks.leverage),
            "held_uusd": outcome.peaks.held_uusd,
        },
        "checks": outcome.checks,
        "notes": [f"{f.check}: {f.text}" for f in outcome.notes],
        "violations": outcome.violations,
        "clean": not outcome.violations,
    }


def _tolled(toll: Toll) -> dict[str, Any]:
    """What was done to whom, and how long that lasted."""
    return {
        "strikes": {str(kind): count for kind, count in sorted(toll.struck.items())},
        "nobody_hit": sum(toll.missed.values()),
        "crashes": {
            "workers": toll.workers_killed,
            "sim": toll.sim_killed,
            "warden": toll.warden_killed,
            "supervisord": len(toll.fleet_down_s),
        },
        "disk_full_s": _spread([(to - since) / NS_PER_S for since, to in toll.full_ns]),
        "sim_down_s": _spread(toll.sim_down_s),
        "term_s": _spread(toll.term_s),
        "orphans_gone_s": _spread(toll.orphans_gone_s),
        "fleet_down_s": _spread(toll.fleet_down_s),
    }


def lines(found: dict[str, Any]) -> list[str]:
    """The same for people; the last line is the verdict."""
    crashes, tally, watched = found["crashes"], found["tally"], found["watched"]
    struck = ", ".join(f"{kind} {count}" for kind, count in found["strikes"].items())
    highest = ", ".join(f"{venue} {float(value):.3f}" for venue, value in sorted(watched["leverage"].items()))
    told = [
        f"under fire  {found['fire_s']} s: {struck or 'nobody'}; {found['nobody_hit']} found nobody",
        f"crashes     {crashes['workers']} of workers, {crashes['sim']} of sim, "
        f"{crashes['warden']} of warden, {crashes['supervisord']} of supervisord",
        f"faults      {', '.join(f'{kind} {count}' for kind, count in found['faults'].items()) or 'none'}",
        f"disk full   {_told(found['disk_full_s'])}",
        f"next life   {_told(found['life_s'])} from kill -9 of a worker to its next word",
        f"level       {_told(found['level_s'])} from kill -9 of a worker until its market is level",
        f"sim back    {_told(found['sim_down_s'])} from kill -9 until it answers",
        f"SIGTERM     {_told(found['term_s'])} until the process ended",
        f"supervisord {_told(found['orphans_gone_s'])} from its kill -9 until its last child is gone",
        f"deals       {tally['opened']} opened, {tally['closed']} closed, {tally['missed']} with a missed leg evened, "
        f"{tally['void']} void, {len(tally['live'])} open, {len(tally['stuck'])} stuck",
        f"naked       {_told(found['naked_s'])} per deal, by the venues' times of its fills",
        f"unwinds     {tally['unwound']} deals, {render.usd(tally['unwound_uusd'], sign=True)} USD in all; "
        f"all closed deals {render.usd(tally['earned_uusd'], sign=True)} USD",
        f"stop        {found['stop']['seconds']:.1f} s with {found['stop']['open_deals']} deals open; "
        f"start took up {found['stop']['recovered']}",
        f"watched     {watched['looks']} looks, {watched['admissions']} admissions, "
        f"{watched['unreadable']} unreadable; "
        f"peak leverage {highest or render.NOTHING}, exposure {render.usd(watched['held_uusd'])} USD",
        f"audit       {found['checks'].get('fills', 0)} fills, {found['checks'].get('orders', 0)} orders, "
        f"{found['checks'].get('journal', 0)} journal rows compared with the venues",
    ]
    told += [f"note        {text}" for text in found["notes"][:TOLD_MAX]]
    told += [f"BROKEN      {text}" for text in found["violations"][:TOLD_MAX]]
    count = len(found["violations"])
    return [*told, f"verdict: {'clean' if not count else f'{count} VIOLATIONS'}, seed {found['options']['seed']}"]


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Count, middle, 99th percentile and largest of some seconds; empty without any."""
    if not values:
        return {}
    ordered = sorted(values)
    middle, late = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.99))
    return {"count": len(ordered), "p50": round(middle, 3), "p99": round(late, 3), "max": round(ordered[-1], 3)}


def _told(spread: dict[str, float]) -> str:
    if not spread:
        return "never"
    return f"p50 {spread['p50']:.2f} s, p99 {spread['p99']:.2f} s, max {spread['max']:.2f} s ({spread['count']})"
