"""What one venue's answers mean for a start. Pure: facts and settings in, findings out."""

from collections.abc import Collection, Iterator
from decimal import Decimal

from common.core.market import Instrument
from common.core.money import ZERO
from common.doctor.finding import SEE_ABOVE, Finding, failure, ok, warning
from common.doctor.venue_facts import PrivateFacts, VenueFacts
from common.ledger.watch import Look
from common.settings import Settings
from common.warden.agreement import is_ours

SECOND_NS = 1_000_000_000
#: a taker fee above this is no tier that the thresholds were made for
FEE_WARN = Decimal("0.001")
_NAMED = 3


def all_of(facts: VenueFacts, config: Settings, look: Look | None) -> Iterator[Finding]:
    """Every check of one venue."""
    yield reachable(facts)
    yield clock(facts, config.warden.skew_warn_ns, config.warden.skew_max_ns)
    yield from private(facts, config, look)


def asleep(facts: VenueFacts) -> Finding:
    """The one line about a paper venue of a fleet that does not run."""
    return warning(f"{facts.venue} reachable", "the paper venue is not running", "./scripts/run starts it")


def reachable(facts: VenueFacts) -> Finding:
    """Whether the venue answers at all."""
    check, rest = f"{facts.venue} reachable", facts.endpoint.rest
    if facts.clock is None:
        return failure(
            check, f"{rest} gives no usable answer: {facts.unreachable}", "check the network, and [venues] in arb.toml"
        )
    return ok(check, f"{rest} answered in {facts.clock.trip_ns // 1_000_000} ms")


def clock(facts: VenueFacts, warn_ns: int, most_ns: int) -> Finding:
    """How far our clock is off; orders expire by it."""
    check, reading = f"{facts.venue} clock", facts.clock
    if reading is None:
        return failure(check, "could not be read", SEE_ABOVE)
    says, off_ns = f"{reading.offset_ns / SECOND_NS:+.3f} s off ours", reading.surely_off_ns
    remedy = "set this machine's clock and keep it set (NTP)"
    if off_ns > most_ns:
        return failure(check, says, remedy)
    return warning(check, says, remedy) if off_ns > warn_ns else ok(check, says)


def private(facts: VenueFacts, config: Settings, look: Look | None) -> Iterator[Finding]:
    """Everything that keys are needed for; one line where there is nothing to judge."""
    check = f"{facts.venue} credentials"
    if facts.clock is None or facts.private is None:
        why = "the venue cannot be reached" if facts.clock is None else "there are no keys to ask with"
        grade = warning if config.mode == "paper" else failure
        yield grade(check, f"not asked: {why}", SEE_ABOVE)
        return
    told = facts.private
    yield credentials(facts, told)
    if told.account is not None:
        yield from _asked(facts, told, config, look)


def credentials(facts: VenueFacts, told: PrivateFacts) -> Finding:
    """Whether the venue takes our keys."""
    check = f"{facts.venue} credentials"
    if told.wrong:
        return failure(check, told.wrong, "onboard again, or put back the key file that belongs to this account")
    if told.account is None:
        return failure(check, f"no usable answer: {told.silent}", "try again; the venue may be in trouble")
    return ok(check, "accepted; the STARK key is the account's")


def _asked(facts: VenueFacts, told: PrivateFacts, config: Settings, look: Look | None) -> Iterator[Finding]:
    yield instruments(facts, told, len(config.markets))
    yield sizes(facts, told, {market: terms.size for market, terms in config.markets.items()})
    yield fee(facts, told)
    yield margin(facts, told, config.cap.leverage_max)
    yield money(facts, told)
    yield orders(facts, told, () if look is None else look.incarnations)
    yield positions(facts, told, look)
    yield streams(facts, told)


def instruments(facts: VenueFacts, told: PrivateFacts, wanted: int) -> Finding:
    """Whether every market is listed and open for entries."""
    check = f"{facts.venue} instruments"
    if told.unlisted:
        return failure(check, _some(told.unlisted), "take what is not listed out of arb.toml")
    if closed := [i.name for i in told.instruments if not i.online]:
        return warning(check, f"not open for entries: {', '.join(closed)}", "wait, or take them out of arb.toml")
    return ok(check, f"{len(told.instruments)} of {wanted} found and open")


def sizes(facts: VenueFacts, told: PrivateFacts, wanted: dict[str, Decimal]) -> Finding:
    """Whether each configured size can be ordered here."""
    check = f"{facts.venue} sizes"
    whys = [why for i in told.instruments if (why := i.refuse_size(wanted[i.market])) is not None]
    if whys:
        return failure(check, _some(whys), "set markets.….size to a multiple of both steps, at least both minimums")
    return ok(check, "each is a multiple of its step and at least its minimum")


def fee(facts: VenueFacts, told: PrivateFacts) -> Finding:
    """The taker rate that the account pays, as the venue says it."""
    check, rates = f"{facts.venue} fee", {i.taker_fee for i in told.instruments}
    if not rates:
        return failure(check, "not known: no instrument was found", SEE_ABOVE)
    says = f"taker {max(rates) * 100:.4f} %, read from the account"
    if max(rates) > FEE_WARN:
        return warning(check, says, "four of them are paid for every deal; ask the venue about its tiers")
    return ok(check, says)


def margin(facts: VenueFacts, told: PrivateFacts, leverage_max: Decimal) -> Finding:
    """Cross margin is all that both protocols have; what an account can set is the leverage of each instrument."""
    check = f"{facts.venue} margin"
    low = [i for i in told.instruments if leverage(i) < leverage_max]
    if low:
        told_low = ", ".join(f"{i.name} {leverage(i):.1f}×" for i in low)
        says = f"set below cap.leverage_max ({leverage_max}×): {told_low}"
        return failure(check, says, "raise the leverage of these on the venue, or lower cap.leverage_max")
    least = min((leverage(i) for i in told.instruments), default=Decimal(0))
    return ok(check, f"cross margin, the protocol's only mode; leverage set to {least:.1f}× or more everywhere")


def leverage(instrument: Instrument) -> Decimal:
    """The most that may be held of it over what it binds."""
    return 1 / instrument.initial_margin if instrument.initial_margin > 0 else Decimal("Infinity")


def money(facts: VenueFacts, told: PrivateFacts) -> Finding:
    """Whether there is anything to trade with."""
    check = f"{facts.venue} equity"
    equity = Decimal(told.account.equity_uusd if told.account else 0) / 1_000_000
    if equity <= 0:
        return failure(check, f"{equity:.2f} USD", "deposit first: the cap is a multiple of the smaller equity")
    return ok(check, f"{equity:.2f} USD")


def orders(facts: VenueFacts, told: PrivateFacts, incarnations: Collection[str]) -> Finding:
    """Whether somebody else trades on this account."""
    check = f"{facts.venue} orders"
    if told.orders is None:
        return failure(check, "open orders were not answered", "try again")
    foreign = [f"{name or '(no client id)'} in {m}" for name, m in told.orders if not is_ours(name, m, incarnations)]
    if foreign:
        says = f"{len(foreign)} open orders that this ledger did not send: {_some(foreign)}"
        return failure(check, says, "cancel them, and let nothing else trade on this account")
    return ok(check, f"{len(told.orders)} open, none foreign")


def positions(facts: VenueFacts, told: PrivateFacts, look: Look | None) -> Finding:
    """Whether the account holds what our fills leave, and nothing else; a market on the move is left out."""
    check = f"{facts.venue} positions"
    ours = {} if look is None else {m: size for (v, m), size in look.positions.items() if v is facts.venue}
    moving = frozenset[str]() if look is None else look.moving
    there = {p.market: p.size for p in told.account.positions if p.size} if told.account else {}
    names = sorted((ours.keys() | there.keys()) - moving)
    both = [(m, there.get(m, ZERO), ours.get(m, ZERO)) for m in names]
    odd = [f"{m} {at_venue}, ledger {by_ledger}" for m, at_venue, by_ledger in both if at_venue != by_ledger]
    if odd:
        return failure(check, _some(odd), "`arbctl positions`; close what is not the fleet's, or use another account")
    return ok(check, f"{len(there)} open, as the ledger has them")


def streams(facts: VenueFacts, told: PrivateFacts) -> Finding:
    """Whether both WebSockets deliver: books, and the account."""
    check = f"{facts.venue} streams"
    silent = [name for name, ms in (("books", told.book_ms), ("account", told.stream_ms)) if ms is None]
    if silent:
        says = f"nothing heard at {facts.endpoint.ws}: {' and '.join(silent)}"
        return failure(check, says, "check what stands between (proxy, firewall), and venues.….ws in arb.toml")
    return ok(check, f"a book after {told.book_ms} ms, the account after {told.stream_ms} ms")


def _some(sentences: Collection[str]) -> str:
    """The first few, and how many more."""
    named = list(sentences)[:_NAMED]
    more = len(sentences) - len(named)
    return "; ".join(named) + (f"; and {more} more" if more else "")
