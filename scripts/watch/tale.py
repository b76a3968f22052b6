"""A market's deals as rows, and one deal's story as lines: what was decided, sent, filled, and why. Pure."""

from collections.abc import Sequence
from typing import Final

from common.desk.timeline import DealStory, Happened
from common.ledger.shapes import DealRow
from scripts import render
from scripts.watch.rows import Heading, stretched
from scripts.watch.words import Line, Said, Tone, age, earned, minus, usd

_HEADINGS: Final = (
    Heading("deal", 16),
    Heading("dir", 3, right=True),
    Heading("state", 11),
    Heading("size", 9, right=True),
    Heading("opened UTC", 19),
    Heading("for", 5, right=True),
    Heading("entry", 8, right=True),
    Heading("fees", 7, right=True),
    Heading("pnl", 8, right=True),
    Heading("", 1),
)
_STATES: Final = {"STUCK": Tone.BAD, "WRITTEN_OFF": Tone.WARN, "VOID": Tone.DIM}
_WHAT: Final = {"decided": Tone.BOLD, "fill": Tone.GOOD, "chosen": Tone.WARN, "sent": Tone.DIM, "mark": Tone.DIM}
_MS_NS, _SECOND_NS = 1_000_000, 1_000_000_000


def headings(width: int) -> list[Heading]:
    """Of a market's deals."""
    return stretched(_HEADINGS, width)


def cells(row: DealRow, at_ns: int) -> list[Said]:
    """One deal."""
    deal = row.deal
    tone = _STATES.get(deal.state.value, Tone.BOLD if deal.live else Tone.PLAIN)
    return [
        Said(deal.deal_id, tone),
        Said(minus(f"{deal.direction:+d}")),
        Said(deal.state.value, tone),
        Said(render.number(deal.size)),
        Said(render.moment(deal.opened_ns)[:19], Tone.DIM),
        Said(age(_lasted_ns(row, at_ns))),
        Said(usd(deal.edge_uusd)),
        Said(usd(row.fees_uusd, sign=False)),
        earned(row.pnl_uusd),
        Said(""),
    ]


def about(story: DealStory, at_ns: int) -> list[Line]:
    """The head of a deal's story."""
    deal, row = story.deal, story.row
    tone = _STATES.get(deal.state.value, Tone.BOLD)
    net = [Said(f"  naked {render.number(deal.net)}", Tone.BAD)] if deal.net and deal.live else []
    return [
        [
            Said(f"{deal.deal_id} ", Tone.BOLD),
            Said(f" {deal.state.value} ", tone),
            Said(f" {render.number(deal.size)} {deal.market}, "),
            Said(f"sell {deal.direction.sell_venue}, buy {deal.direction.buy_venue}"),
            *net,
        ],
        [
            Said("entry edge ", Tone.DIM),
            Said(usd(deal.edge_uusd, 4)),
            Said("   pnl ", Tone.DIM),
            earned(row.pnl_uusd, 4),
            Said("   fees ", Tone.DIM),
            Said(usd(row.fees_uusd, 4, sign=False)),
            Said(
                f" USD   opened {render.moment(deal.opened_ns)[:19]} UTC, for {age(_lasted_ns(row, at_ns))}", Tone.DIM
            ),
        ],
    ]


def steps(happened: Sequence[Happened]) -> list[tuple[Said, Said, Said]]:
    """Each thing that happened: since when, what, and its text with ids."""
    return [_step(one) for one in happened]


def _step(one: Happened) -> tuple[Said, Said, Said]:
    tone = _WHAT.get(one.what, Tone.PLAIN)
    if "STUCK" in one.text and one.what == "journal":
        tone = Tone.BAD
    place = f"{one.venue}: " if one.venue else ""
    ids = f"  [{one.ids}]" if one.ids else ""
    theirs = "" if one.venue_ns is None else f"  venue time {render.moment(one.venue_ns)[11:]}"
    return Said(since(one.since_ns), Tone.DIM), Said(one.what, tone), Said(f"{place}{one.text}{ids}{theirs}", tone)


def since(ns: int) -> str:
    """After the reservation: to the tenth of a millisecond at first, to the second after minutes."""
    if ns < _SECOND_NS:
        return f"+{ns / _MS_NS:.1f} ms"
    if ns < 60 * _SECOND_NS:
        return f"+{ns / _SECOND_NS:.3f} s"
    minutes, rest = divmod(ns // _SECOND_NS, 60)
    return f"+{minutes} min {rest} s"


def _lasted_ns(row: DealRow, at_ns: int) -> int:
    return (at_ns if row.deal.live else row.deal.changed_ns) - row.deal.opened_ns
