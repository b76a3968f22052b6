"""What a person can do from the screen, in words before it is done; done by the same deeds as arbctl's commands."""

from dataclasses import dataclass
from typing import Final

from common.core.events import HaltLevel
from common.desk.shapes import DealFacts, DeskFacts
from common.ledger.limits import EVERY_MARKET
from common.settings import Settings
from scripts import deeds, render
from scripts.commands.act import ASKED
from scripts.render import Answer
from scripts.watch.words import Line, Said, Tone, age, minus, usd

#: of more deals only the number is said; beside them the question takes so many lines of the window
DEALS_MAX, QUESTION_LINES = 8, 19
_WILL: Final = {
    HaltLevel.HALT: "No new deals. What is open is closed at its target, as ever; evening out goes on.",
    HaltLevel.REDUCE: "No new deals. What is open is closed at any acceptable edge, the cheapest first.",
    HaltLevel.FLATTEN: "No new deals. What is open is closed NOW, both legs together, at the market.",
    HaltLevel.NONE: "New deals are allowed again, within cap, level and limits.",
}


@dataclass(frozen=True, slots=True)
class Act:
    """Put `level` into force in `market` (None: in all); `HaltLevel.NONE`: lift the halt that is in force there."""

    level: HaltLevel
    market: str | None

    @property
    def verb(self) -> str:
        """The command that does the same."""
        return "resume" if self.level is HaltLevel.NONE else self.level.value

    @property
    def where(self) -> str:
        """In which market."""
        return self.market or "every market"


def useless(act: Act, desk: DeskFacts) -> str:
    """Why there is nothing to be done; '' when there is."""
    if desk.trouble:
        return desk.trouble
    here = act.market or EVERY_MARKET
    if act.level is not HaltLevel.NONE or any(halt.market == here for halt in desk.halts):
        return ""
    others = ", ".join("every market" if h.market == EVERY_MARKET else h.market for h in desk.halts)
    return f"{act.where} has no halt of its own" + (f"; halted: {others}" if others else "")


def says(act: Act, desk: DeskFacts, height: int) -> list[Line]:
    """What will happen, and to which deals, as many as a window of this height has room for."""
    lines: list[Line] = [[Said(_WILL[act.level])]]
    if act.level is HaltLevel.NONE:
        return [*lines, *_stays(act, desk)]
    found = [(one.market, deal) for one in desk.markets if act.market in (None, one.market) for deal in one.deals]
    if not found:
        return [*lines, [Said("Nothing is open there.", Tone.DIM)]]
    most = min(DEALS_MAX, max(1, height - QUESTION_LINES))
    lines += [_deal(market, deal) for market, deal in found[:most]]
    if (more := len(found) - most) > 0:
        lines.append([Said(f"and {more} more", Tone.DIM)])
    known = [deal.close_uusd for _, deal in found if deal.close_uusd is not None]
    if act.level is not HaltLevel.HALT and len(known) == len(found):
        lines.append(
            [Said(f"closed at the prices last seen: {usd(sum(known), 4)} USD in all, fees included", Tone.BOLD)]
        )
    return lines


def _stays(act: Act, desk: DeskFacts) -> list[Line]:
    """Halts that this one leaves in force there."""
    here = act.market or EVERY_MARKET
    left = [halt for halt in desk.halts if halt.market != here and EVERY_MARKET in (halt.market, here)]
    return [
        [Said(f"stays: {halt.market} {halt.level.value} ({halt.why})".replace("*", "all"), Tone.WARN)] for halt in left
    ]


def _deal(market: str, deal: DealFacts) -> Line:
    head = f"  {market} {minus(f'{deal.direction:+d}')} {render.number(deal.size)} {deal.state}, {age(deal.age_ns)} old"
    return [Said(head), Said(f", closed now {usd(deal.close_uusd, 4)} USD")]


def carry_out(config: Settings, act: Act, why: str) -> Answer:
    """Do it; ArbError when it cannot be done."""
    reason = why.strip() or ASKED
    if act.level is HaltLevel.NONE:
        return deeds.resume(config, act.market, reason)
    return deeds.halt(config, deeds.HaltOrder(act.market, act.level, reason))
