"""The desk's facts as plain values for a browser: whole micro-USD, sizes as text, ages in ms. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from common.core.market import Venue
from common.desk.shapes import DealFacts, DeskFacts, MarketFacts, PnlFacts, SeenFacts
from common.desk.timeline import DealStory
from common.ledger.shapes import DealRow, JournalRow

MS_NS: Final = 1_000_000


def desk(facts: DeskFacts) -> dict[str, Any]:
    """Everything but the journal, which is told as it grows."""
    return {
        "at_ms": facts.at_ns // MS_NS,
        "mode": facts.mode,
        "supervisord": None if facts.supervisord is None else facts.supervisord.state,
        "programs": [{"name": one.name, "state": one.state} for one in facts.programs],
        "trouble": facts.trouble,
        "halts": [
            {"market": h.market, "level": h.level, "why": h.why, "who": h.who, "at_ms": h.at_ns // MS_NS}
            for h in facts.halts
        ],
        "doubts": [doubt.market for doubt in facts.doubts],
        "venues": _venues(facts),
        "equity_uusd": facts.equity_uusd,
        "used": facts.used,
        "cap": None if facts.cap is None else _cap(facts),
        "counts": None
        if facts.counts is None
        else {"plus": facts.counts.plus, "minus": facts.counts.minus, "level": facts.counts.level},
        "pnl": None if facts.pnl is None else _pnl(facts.pnl),
        "running": facts.running,
        "markets": [_market(one) for one in facts.markets],
    }


def _venues(facts: DeskFacts) -> list[dict[str, Any]]:
    return [
        {
            "venue": one.venue,
            "equity_uusd": one.equity_uusd,
            "gross_uusd": one.gross_uusd,
            "leverage": _number(one.leverage),
            "age_ms": one.age_ns // MS_NS,
            "liquidation": _number(one.liquidation),
        }
        for one in facts.venues
    ]


def _cap(facts: DeskFacts) -> dict[str, Any]:
    cap = facts.cap
    assert cap is not None
    return {
        "held_uusd": cap.held_uusd,
        "cap_uusd": cap.cap_uusd,
        "leverage_entry": _number(cap.leverage_entry),
        "leverage_max": _number(cap.leverage_max),
    }


def _pnl(pnl: PnlFacts) -> dict[str, Any]:
    return {
        "closed": pnl.closed,
        "realised_uusd": pnl.realised_uusd,
        "funding_uusd": pnl.funding_uusd,
        "open_uusd": pnl.open_uusd,
        "total_uusd": pnl.total_uusd,
    }


def _market(one: MarketFacts) -> dict[str, Any]:
    return {
        "market": one.market,
        "state": one.state,
        "pid": one.pid,
        "uptime_s": one.uptime_s,
        "heard_ms": _ms(one.heard_age_ns),
        "decided_ms": _ms(one.decided_age_ns),
        "says": one.says,
        "halt": one.halt,
        "trouble": one.trouble,
        "seen": None if one.seen is None else _seen(one.seen),
        "refused": None
        if one.refused is None
        else {
            "ms": one.refused.age_ns // MS_NS,
            "reason": one.refused.reason,
            "direction": one.refused.direction,
            "edge_uusd": one.refused.edge_uusd,
        },
        "sides": [
            {"venue": s.venue, "ledger": _text(s.ledger_size), "venue_size": _text(s.venue_size), "agrees": s.agrees}
            for s in one.sides
        ],
        "deals": [_deal(deal) for deal in one.deals],
        "entry_uusd": one.entry_uusd,
        "close_uusd": one.close_uusd,
        "pnl": _pnl(one.pnl),
    }


def _seen(seen: SeenFacts) -> dict[str, Any]:
    return {
        "ms": seen.age_ns // MS_NS,
        "least_bps": seen.least_bps,
        "edges": {sign: {"mean": edge.mean_bps, "best": edge.best_bps} for sign, edge in seen.edges.items()},
        "silent_ms": dict(seen.silent_ms),
        "lag_ms": dict(seen.lag_ms),
    }


def _deal(deal: DealFacts) -> dict[str, Any]:
    return {
        "deal_id": deal.deal_id,
        "direction": deal.direction,
        "state": deal.state,
        "size": _text(deal.size),
        "net": _text(deal.net),
        "held_uusd": deal.held_uusd,
        "entry_uusd": deal.entry_uusd,
        "close_uusd": deal.close_uusd,
        "age_ms": deal.age_ns // MS_NS,
    }


def journal(rows: Sequence[JournalRow]) -> list[dict[str, Any]]:
    """Rows of the journal, oldest first."""
    return [
        {
            "seq": row.seq,
            "at_ms": row.at_ns // MS_NS,
            "verb": row.verb,
            "market": row.market,
            "deal_id": row.deal_id,
            "from": row.from_state,
            "to": row.to_state,
            "why": row.why,
        }
        for row in rows
    ]


def story(told: DealStory) -> dict[str, Any]:
    """One deal from its opportunity to its settlement."""
    happened = [
        {
            "at_ms": one.at_ns // MS_NS,
            "since_ms": round(one.since_ns / MS_NS, 3),
            "what": one.what,
            "venue": one.venue,
            "text": one.text,
            "ids": one.ids,
        }
        for one in told.happened
    ]
    return row(told.row) | {"happened": happened}


def row(of: DealRow) -> dict[str, Any]:
    """A deal in a line."""
    deal = of.deal
    return {
        "deal_id": deal.deal_id,
        "market": deal.market,
        "direction": int(deal.direction),
        "state": deal.state,
        "size": _text(deal.size),
        "positions": {venue.value: _text(deal.position(venue)) for venue in Venue},
        "opened_ms": deal.opened_ns // MS_NS,
        "changed_ms": deal.changed_ns // MS_NS,
        "expected_uusd": deal.edge_uusd,
        "pnl_uusd": of.pnl_uusd,
        "fees_uusd": of.fees_uusd,
    }


def _ms(age_ns: int | None) -> int | None:
    return None if age_ns is None else age_ns // MS_NS


def _text(size: Decimal | None) -> str | None:
    return None if size is None else f"{size.normalize():f}"


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
