"""The journal as lines: what a person looks for stands out, what happens all the time steps back. Pure."""

from typing import Final

from common.ledger.shapes import JournalRow
from scripts import render
from scripts.watch.rows import Heading, stretched
from scripts.watch.words import Said, Tone

_HEADINGS: Final = (Heading("time UTC", 8), Heading("about", 16), Heading("what", 19), Heading("why", 8))
_MOVES: Final = {"STUCK": Tone.BAD, "WRITTEN_OFF": Tone.WARN, "OPEN": Tone.BOLD, "CLOSED": Tone.BOLD}
_VERBS: Final = {"halt": Tone.BAD, "resume": Tone.BOLD, "reserve": Tone.BOLD}


def headings(width: int) -> list[Heading]:
    """When, about what, verb and move, why."""
    return stretched(_HEADINGS, width)


def cells(row: JournalRow) -> list[Said]:
    """One row of the journal."""
    moved = row.to_state is not None and row.from_state not in (None, row.to_state)
    tone = _MOVES.get(row.to_state or "", Tone.PLAIN) if moved else _VERBS.get(row.verb, Tone.DIM)
    what = f"{row.verb} → {row.to_state}" if moved else row.verb
    about = row.deal_id or ("every market" if row.market == "*" else row.market) or ""
    return [Said(render.moment(row.at_ns)[11:19], Tone.DIM), Said(about, tone), Said(what, tone), Said(row.why, tone)]
