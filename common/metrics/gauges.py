"""The state of the fleet at one moment as gauges: out of the facts of the desk, nothing reckoned anew. Pure.

What is not known has no sample: a missing figure is never a zero. Base units: seconds, USD, ratios.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from prometheus_client.core import GaugeMetricFamily

from common.desk.shapes import DeskFacts, MarketFacts

#: name → labels, and the help that stands in the endpoint
GAUGES: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "arb_ledger_readable": ((), "1 while the ledger can be read. At 0 every figure that comes from it is missing."),
    "arb_supervisord_up": ((), "1 while supervisord answers. At 0 nobody starts a worker again."),
    "arb_worker_up": (("market",), "1 while supervisord has the market's worker running."),
    "arb_worker_heard_age_seconds": (("market",), "Since the worker's last sign of life in the ledger."),
    "arb_worker_decision_age_seconds": (
        ("market",),
        "Since the worker last decided: alive but blind when old.",
    ),
    "arb_worker_uptime_seconds": (
        ("market",),
        "Since the worker was started: resets() of it counts restarts. Missing while it does not run.",
    ),
    "arb_program_up": (("program",), "1 while supervisord has this program (warden, web, sim …) running."),
    "arb_halted": (("market", "level"), "1 where this halt is in force; market * is every market."),
    "arb_doubts": ((), "Markets whose newest deal a power cut may have taken: nobody enters meanwhile."),
    "arb_held_usd": ((), "Exposure promised to live deals, counted against the cap at worst case."),
    "arb_cap_usd": ((), "The most that may be held; missing while equity is unknown."),
    "arb_cap_used_ratio": ((), "Held over cap: at 1 no new deal fits."),
    "arb_deals_live": (("direction",), "Live deals: +1 sold on ApeX, -1 sold on dYdX."),
    "arb_deals_stuck": (("market",), "Deals whose means are exhausted: a person decides."),
    "arb_deals_naked": (
        ("market",),
        "Live deals whose long and short fills differ now, dust and fills in flight included.",
    ),
    "arb_orders_unfinished": (
        ("market",),
        "Orders of live deals whose end is not proven: on their way, or unknown and asked for.",
    ),
    "arb_order_unfinished_age_seconds": (
        ("market",),
        "Since the oldest of them was decided: beyond some seconds its fate is unknown.",
    ),
    "arb_equity_usd": (("venue",), "What the venue says that the account is worth."),
    "arb_gross_position_usd": (("venue",), "All positions of the account at mark, signs left out."),
    "arb_account_age_seconds": (
        ("venue",),
        "Since the venue last told of the account, and positions were compared. Old equity refuses new deals.",
    ),
    "arb_liquidation_distance_ratio": (("venue",), "How far every price may move against us until liquidation."),
    "arb_position_differs": (("market", "venue"), "1 where a venue's position is not the sum of our fills."),
    "arb_pnl_today_usd": (("kind",), "Since midnight UTC: realised (fees off), funding, and open deals at marks."),
    "arb_feed_silent_seconds": (("market", "venue"), "The longest of the last span that nothing was heard of a book."),
    "arb_feed_lag_seconds": (("market", "venue"), "The most of the last span that messages were late by."),
}
Samples = Iterator[tuple[str, tuple[str, ...], float | None]]


def families(desk: DeskFacts) -> Iterable[GaugeMetricFamily]:
    """Every gauge of GAUGES, with what is known of it."""
    made = {name: GaugeMetricFamily(name, told, labels=labels) for name, (labels, told) in GAUGES.items()}
    for name, labels, value in (*_whole(desk), *_money(desk), *(s for m in desk.markets for s in _market(m))):
        if value is not None:
            made[name].add_metric(labels, value)
    return made.values()


def _whole(desk: DeskFacts) -> Samples:
    yield "arb_ledger_readable", (), float(not desk.trouble)
    yield "arb_supervisord_up", (), float(desk.supervisord is not None)
    for program in desk.programs:
        yield "arb_program_up", (program.name,), float(program.state == "RUNNING")
    if desk.trouble:
        return
    yield "arb_doubts", (), float(len(desk.doubts))
    for halt in desk.halts:
        yield "arb_halted", (halt.market, halt.level.value), 1.0
    if desk.counts is not None:
        yield "arb_deals_live", ("+1",), float(desk.counts.plus)
        yield "arb_deals_live", ("-1",), float(desk.counts.minus)
    for one in desk.markets:
        yield from _open(one)
        yield "arb_deals_stuck", (one.market,), float(sum(deal.state == "STUCK" for deal in one.deals))
        yield "arb_deals_naked", (one.market,), float(sum(deal.net != 0 for deal in one.deals))


def _open(one: MarketFacts) -> Samples:
    ages_ns = [deal.unfinished_age_ns for deal in one.deals if deal.unfinished_age_ns is not None]
    yield "arb_orders_unfinished", (one.market,), float(sum(deal.unfinished for deal in one.deals))
    yield "arb_order_unfinished_age_seconds", (one.market,), _seconds(max(ages_ns, default=None))


def _money(desk: DeskFacts) -> Samples:
    if desk.cap is not None:
        yield "arb_held_usd", (), _usd(desk.cap.held_uusd)
        yield "arb_cap_usd", (), _usd(desk.cap.cap_uusd)
        yield "arb_cap_used_ratio", (), desk.used
    for one in desk.venues:
        venue = (one.venue.value,)
        yield "arb_equity_usd", venue, _usd(one.equity_uusd)
        yield "arb_gross_position_usd", venue, _usd(one.gross_uusd)
        yield "arb_account_age_seconds", venue, _seconds(one.age_ns)
        yield "arb_liquidation_distance_ratio", venue, None if one.liquidation is None else float(one.liquidation)
    if desk.pnl is not None:
        yield "arb_pnl_today_usd", ("realised",), _usd(desk.pnl.realised_uusd)
        yield "arb_pnl_today_usd", ("funding",), _usd(desk.pnl.funding_uusd)
        yield "arb_pnl_today_usd", ("open",), _usd(desk.pnl.open_uusd)


def _market(one: MarketFacts) -> Samples:
    market = (one.market,)
    yield "arb_worker_up", market, float(one.state == "RUNNING")
    yield "arb_worker_uptime_seconds", market, float(one.uptime_s) if one.state == "RUNNING" else None
    yield "arb_worker_heard_age_seconds", market, _seconds(one.heard_age_ns)
    yield "arb_worker_decision_age_seconds", market, _seconds(one.decided_age_ns)
    for side in one.sides:
        yield "arb_position_differs", (one.market, side.venue.value), float(not side.agrees)
    if one.seen is not None:
        for venue, for_ms in one.seen.silent_ms.items():
            yield "arb_feed_silent_seconds", (one.market, venue), for_ms / 1_000
        for venue, for_ms in one.seen.lag_ms.items():
            yield "arb_feed_lag_seconds", (one.market, venue), for_ms / 1_000


def _usd(uusd: int | None) -> float | None:
    return None if uusd is None else uusd / 1_000_000


def _seconds(ns: int | None) -> float | None:
    return None if ns is None else ns / 1_000_000_000
