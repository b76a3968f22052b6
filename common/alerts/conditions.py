"""What stands that a person should hear of, out of what the desk knows. Pure: no second truth, and nothing decided."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from common.alerts.shapes import Condition, Severity
from common.core.events import HaltLevel
from common.core.terms import SECOND_NS
from common.desk.facts import NOT_RUNNING
from common.desk.shapes import DeskFacts, MarketFacts
from common.ledger.limits import EVERY_MARKET

#: what a restart, a stop by hand or one late message brings is over by then
SOON_NS: Final = 15 * SECOND_NS
#: a worker beats every 3 s, an account is asked for every few seconds
SILENT_NS: Final = 60 * SECOND_NS
#: past this part of the cap hardly any deal fits
CAP_USED: Final = 0.95
LIQUIDATION: Final = Decimal("0.1")
#: a person stops programs on purpose; supervisord gives up on others
GIVEN_UP: Final = frozenset({"FATAL", "EXITED", "UNKNOWN"})
_RUNNING: Final = "RUNNING"


def conditions(desk: DeskFacts) -> dict[str, Condition]:
    """By key; a key names what it is about and how bad it is, so that what becomes worse is told anew."""
    found = [*_fleet(desk), *_accounts(desk), *_halts(desk)]
    for market in desk.markets:
        found += _market(market, is_heard=desk.supervisord is not None)
    return {one.key: one for one in found}


def _fleet(desk: DeskFacts) -> Iterator[Condition]:
    if desk.trouble:
        yield Condition(
            "ledger", Severity.CRITICAL, f"the ledger cannot be read: {desk.trouble}", "arbctl doctor", SOON_NS
        )
    if desk.supervisord is None:
        text = "supervisord does not answer: nothing is kept running"
        yield Condition("supervisord", Severity.CRITICAL, text, "./scripts/run, or systemctl status arb", SOON_NS)
    for program in desk.programs:
        if program.state in GIVEN_UP:
            remedy = f"its log in var/log, then supervisorctl start {program.name}"
            text = f"{program.name} is {program.state.lower()} and is not started again"
            yield Condition(f"program {program.name}", Severity.CRITICAL, text, remedy, SOON_NS)
    for doubt in desk.doubts:
        text = f"a power cut may have taken the newest deal of {doubt.market}: nobody enters until it is asked for"
        yield Condition(f"doubt {doubt.market}", Severity.WARNING, text, "arbctl status, arbctl reconcile", SILENT_NS)
    if desk.used is not None and desk.used > CAP_USED:
        yield Condition("cap", Severity.INFO, f"{desk.used:.0%} of the cap is held", "arbctl positions", SILENT_NS)


def _accounts(desk: DeskFacts) -> Iterator[Condition]:
    for one in desk.venues:
        if one.age_ns > SILENT_NS and desk.running:
            text = f"{one.venue} has not told its account for {one.age_ns / SECOND_NS:.0f} s: nobody enters"
            yield Condition(f"account {one.venue}", Severity.WARNING, text, "arbctl doctor", 0)
        if one.liquidation is not None and one.liquidation < LIQUIDATION:
            text = f"{one.venue} may liquidate after a move of {one.liquidation:.1%}"
            yield Condition(
                f"liquidation {one.venue}", Severity.CRITICAL, text, "move equity there; arbctl positions", 0
            )


def _halts(desk: DeskFacts) -> Iterator[Condition]:
    for halt in desk.halts:
        everywhere = halt.market == EVERY_MARKET
        where = "every market" if everywhere else halt.market
        severe = everywhere or halt.level is not HaltLevel.HALT
        text = f"{where} is halted ({halt.level}) by {halt.who}: {halt.why}"
        remedy = "arbctl resume" if everywhere else f"arbctl resume {halt.market}"
        severity = Severity.CRITICAL if severe else Severity.WARNING
        yield Condition(f"halt {halt.market} {halt.level}", severity, text, f"once it is understood: {remedy}", 0)


def _market(one: MarketFacts, *, is_heard: bool) -> Iterator[Condition]:
    if is_heard and one.state in GIVEN_UP:
        remedy = f"var/log/{one.market.lower()}.log, then supervisorctl start arb:{one.market.lower()}"
        text = f"the worker of {one.market} is {one.state.lower()} and is not started again"
        yield Condition(f"worker {one.market}", Severity.CRITICAL, text, remedy, SOON_NS)
    is_silent = one.heard_age_ns is None or one.heard_age_ns > SILENT_NS
    if one.state == _RUNNING and one.uptime_s > SILENT_NS // SECOND_NS and is_silent:
        text = f"the worker of {one.market} runs and gives no sign of life"
        yield Condition(f"silent {one.market}", Severity.CRITICAL, text, "arbctl status; the warden restarts it", 0)
    for deal in one.deals:
        if deal.state == "STUCK":
            remedy = f"arbctl deal show {deal.deal_id}, then arbctl deal resolve"
            yield Condition(
                f"stuck {deal.deal_id}", Severity.CRITICAL, f"{deal.deal_id} is stuck, uneven by {deal.net}", remedy
            )
        elif deal.net and one.state in (*GIVEN_UP, NOT_RUNNING, "STOPPED"):
            text = f"{deal.deal_id} is uneven by {deal.net}, and its worker is not there to even it"
            yield Condition(
                f"left {deal.deal_id}",
                Severity.CRITICAL,
                text,
                f"supervisorctl start arb:{one.market.lower()}",
                SOON_NS,
            )
        elif deal.net:
            text = f"{deal.deal_id} is uneven by {deal.net}"
            yield Condition(
                f"naked {deal.deal_id}", Severity.WARNING, text, f"arbctl deal show {deal.deal_id}", SOON_NS
            )
    for side in one.sides:
        if not side.agrees:
            text = f"{side.venue} has {side.venue_size} {one.market}, our fills say {side.ledger_size}"
            yield Condition(
                f"differs {one.market} {side.venue}", Severity.CRITICAL, text, "arbctl audit; arbctl reconcile", SOON_NS
            )
