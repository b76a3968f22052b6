"""`arbctl deal resolve`: a person's choice about a stuck deal, written down for the worker that owns its market.

Nothing is traded here. What would be done and what it costs now is said first.
"""

from dataclasses import dataclass

import typer

from common import clock
from common.core.deal import Deal, DealState
from common.core.errors import ConfigError
from common.core.evening import dearest
from common.core.events import Way
from common.core.market import Side, Venue
from common.core.ways import Outcome
from common.ledger.ledger import Refusal
from common.ledger.report import Report
from common.settings import Settings
from scripts import answer_deal, deal_ways, render
from scripts.deeds import person, writable
from scripts.render import Answer

#: a worker that was not heard for so long does not run, or does not go on
HEARD_NS = 20_000_000_000


class ResolveRefused(ConfigError):
    """Nothing was chosen; the text says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be chosen, and what to tell first."""

    deal: Deal
    way: Way
    says: tuple[str, ...]


def way_named(text: str) -> Way:
    """close, complete or keep; misuse otherwise."""
    if text.lower() not in list(Way):
        raise typer.BadParameter(f"--by is one of {', '.join(Way)}, not {text}")
    return Way(text.lower())


def plan(config: Settings, deal_id: str, way: Way) -> Plan:
    """What the choice would do now; ResolveRefused where it makes no sense."""
    deal = answer_deal.found(config, deal_id)[0].deal
    _refuse_state(deal, str(deal.state))
    prices = deal_ways.asked(config, deal.market)
    ways = deal_ways.priced(config, deal, prices)
    if way is Way.COMPLETE:
        _refuse_complete(deal, ways)
    lines = deal_ways.said(deal, ways, prices)
    says = [line.strip() for line in lines if line.strip().startswith(way) or "gave no book" in line]
    return Plan(deal, way, (f"{deal_id} ({deal.state}):", *says, *_absent(config, deal.market)))


def _refuse_state(deal: Deal, state: str) -> None:
    name = deal.deal_id
    if not deal.live:
        raise ResolveRefused(f"{name} is {state}: nothing is left to choose. `arbctl deal show {name}` tells its story")
    if state != DealState.STUCK:
        raise ResolveRefused(
            f"{name} is {state}, not STUCK: its worker sees to it. `arbctl flatten {deal.market}` "
            f"has every deal of {deal.market} closed"
        )


def _refuse_complete(deal: Deal, ways: tuple[Outcome, ...]) -> None:
    name = deal.deal_id
    complete = next((outcome for outcome in ways if outcome.way is Way.COMPLETE), None)
    if complete is None:
        raise ResolveRefused(f"both legs of {name} are the same: nothing is missing. Choose --by close or --by keep")
    (trade,) = complete.trades
    longer = next(venue for venue in Venue if venue is not trade.venue)
    most = dearest(deal, longer)
    if trade.side is Side.BUY and trade.price is not None and trade.price > most:
        held, now = (render.number(round(price, 8)) for price in (most, trade.price))
        raise ResolveRefused(
            f"{name} holds room for {held} USD per {deal.market}, buying at {trade.venue} costs {now} now: "
            "choose --by close or --by keep, or wait for a lower price"
        )


def _absent(config: Settings, market: str) -> tuple[str, ...]:
    """Who carries it out, if he is not there."""
    now_ns = clock.now_ns()
    with Report.open(config.ledger_file) as report:
        heard = [beat.at_ns for beat in report.heartbeats() if beat.market == market]
    if heard and now_ns - heard[0] <= HEARD_NS:
        return ()
    program = f"arb:{market.lower()}"
    return (f"{program} does not run: it obeys as soon as it does (`supervisorctl start {program}`)",)


def confirm(made: Plan) -> None:
    """Ask; ResolveRefused unless the answer is yes (nobody there to answer is a no)."""
    try:
        agreed = typer.confirm(f"{made.way.capitalize()} {made.deal.deal_id}?", err=True)
    except typer.Abort:
        agreed = False
    if not agreed:
        raise ResolveRefused("nothing was chosen; --yes does it without asking")


def carry_out(config: Settings, made: Plan, reason: str) -> Answer:
    """Write the choice down, if the deal is still stuck."""
    name = made.deal.deal_id
    with writable(config) as ledger:
        outcome = ledger.resolve(name, made.way, reason, who=person(), at_ns=clock.now_ns())
    if isinstance(outcome, Refusal):
        state = DealState(outcome.reason)
        raise ResolveRefused(f"{name} became {state} meanwhile: `arbctl deal show {name}`")
    after = "its worker obeys within a second; `arbctl deal show` tells what came of it"
    data = {"deal_id": name, "market": made.deal.market, "way": made.way, "reason": reason}
    return Answer(data, text=f"{name}: {made.way} is chosen; {after}")
