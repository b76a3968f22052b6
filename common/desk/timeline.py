"""One deal from its opportunity to its settlement, out of what is recorded: journal, orders, fills, telemetry. Pure.

Times are ours, in the order in which we did or heard each thing; what a venue's own clock says stands in the text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from common.core.deal import Deal
from common.core.market import Venue
from common.core.order import Fill, Order
from common.ledger.shapes import Choice, DealRow, JournalRow, TradeRow
from common.telemetry.rows import Mark, Row, Sent

#: of things at one moment: what was decided comes before what was written, sent, heard, settled
_ORDER: Final = ("decided", "order", "sent", "fill", "journal", "chosen", "mark")
MS_NS: Final = 1_000_000
BP: Final = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a deal; `since_ns`: after the reservation. `ids`: ours, and the venue's.

    `venue_ns`: when it was by the venue's clock, which is another one.
    """

    at_ns: int
    since_ns: int
    what: str
    venue: str
    text: str
    ids: str = ""
    venue_ns: int | None = None


@dataclass(frozen=True, slots=True)
class DealStory:
    """All of one deal; `happened` in order."""

    row: DealRow
    happened: tuple[Happened, ...]

    @property
    def deal(self) -> Deal:
        """The deal as it is now."""
        return self.row.deal


@dataclass(frozen=True, slots=True)
class DealTold:
    """What was read about one deal."""

    row: DealRow
    journal: Sequence[JournalRow]
    trades: Sequence[TradeRow]
    choice: Choice | None
    telemetry: Iterable[Row]


def story(told: DealTold) -> DealStory:
    """Everything that is known about it, in order."""
    deal = told.row.deal
    found = [_entry(entry, deal) for entry in told.journal]
    found += [_order(order, deal) for order in deal.orders]
    found += [_fill(trade, deal) for trade in told.trades]
    found += [] if told.choice is None else [_choice(told.choice, deal)]
    ours = {order.client_id for order in deal.orders}
    for row in told.telemetry:
        if isinstance(row, Sent) and row.client_id in ours:
            found.append(_sent(row, deal))
        elif isinstance(row, Mark) and row.client_id in ours:
            found.append(_mark(row, deal))
    return DealStory(told.row, tuple(sorted(found, key=lambda one: (one.at_ns, _ORDER.index(one.what)))))


def _entry(row: JournalRow, deal: Deal) -> Happened:
    """The first row is the opportunity: it has the numbers that the reservation went by."""
    if row.from_state is None:
        held = f", holding {_usd(deal.held_uusd)} now" if deal.held_uusd else ""
        text = f"reserved {deal.size:f}{held}: {row.why}"
        return _at(row.at_ns, deal, "decided", "", text)
    moved = f"{row.from_state} → {row.to_state}: " if row.to_state != row.from_state else ""
    return _at(row.at_ns, deal, "journal", "", f"{row.verb} {moved}{row.why}", ids=f"journal {row.seq}")


def _order(order: Order, deal: Deal) -> Happened:
    """What was asked for, and what has become of it since."""
    reduces = ", reduce-only" if order.reduce_only else ""
    asked = f"{order.purpose} {order.side} {order.size:f} at {order.limit.normalize():f}, {order.lifetime}{reduces}"
    filled = "nothing heard" if order.reported_size is None else f"filled {order.reported_size.normalize():f}"
    why = f", {order.reason}" if order.reason else ""
    text = f"{asked} → {order.state}, {filled}{why}"
    return _at(order.created_ns, deal, "order", order.venue, text, ids=_ids(order.client_id, order.venue_order_id))


def _sent(row: Sent, deal: Deal) -> Happened:
    promised = f", quote promised {row.expected} (touch {row.touch})" if row.expected else ""
    text = f"{row.purpose} {row.side} handed over {row.took_ns / MS_NS:.2f} ms after it was decided{promised}"
    return _at(row.at_ns, deal, "sent", row.venue, text, ids=row.client_id)


def _fill(row: TradeRow, deal: Deal) -> Happened:
    taken = "taken back" if _is_reversal(row, deal.fills) else "filled"
    said = f"{row.purpose} {row.side} {row.size.normalize():f} at {row.price.normalize():f}"
    text = f"{said} {taken}, fee {_usd(row.fee_uusd)}"
    heard = _at(row.at_ns, deal, "fill", row.venue, text, ids=_ids(row.client_id, row.fill_id))
    return replace(heard, venue_ns=row.venue_ns)


def _is_reversal(row: TradeRow, fills: Iterable[Fill]) -> bool:
    return any(fill.is_reversal for fill in fills if (fill.venue, fill.fill_id) == (row.venue, row.fill_id))


def _mark(row: Mark, deal: Deal) -> Happened:
    """In our favour when the middle is above what we bought at, or below what we sold at."""
    price, mid = Decimal(row.price), Decimal(row.mid)
    favour_bps = (mid - price) / price * BP * (1 if row.side == "BUY" else -1)
    text = f"{row.after_s} s after the fill at {row.price} the middle was {row.mid}: {favour_bps:+.1f} bp for us"
    return _at(row.at_ns, deal, "mark", row.venue, text, ids=row.client_id)


def _choice(choice: Choice, deal: Deal) -> Happened:
    return _at(choice.at_ns, deal, "chosen", "", f"{choice.way} by {choice.who}: {choice.why}")


def _at(at_ns: int, deal: Deal, what: str, venue: Venue | str, text: str, *, ids: str = "") -> Happened:
    return Happened(at_ns, at_ns - deal.opened_ns, what, str(venue), text, ids)


def _ids(ours: str, theirs: str | None) -> str:
    return f"{ours} · {theirs}" if theirs else ours


def _usd(uusd: int) -> str:
    return f"{Decimal(uusd) / 1_000_000:.4f} USD"
