"""`arbctl limit`: what binds new deals now, where arb.toml says otherwise, and moving one of them."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import typer

from common import clock, wanted
from common.core.errors import ConfigError
from common.ledger.bounds import BY_NAME, Bound, Place
from common.ledger.limits import EVERY_MARKET
from common.ledger.report import Report
from common.ledger.shapes import Refusal, Usage
from common.settings import Settings
from scripts.render import NOTHING, Answer

_COLUMNS = ("market", "limit", "in force", "used", "arb.toml")


@dataclass(frozen=True, slots=True)
class Wish:
    """One limit as a person wants it; `confirm` is the value once more, which a raise needs."""

    bound: Bound
    reason: str
    confirm: str | None


def bound_of(market: str | None, name: str, number: str) -> Bound:
    """The limit that a person named; misuse when there is no such one."""
    key = BY_NAME.get(name.replace("-", "_"))
    if key is None:
        raise typer.BadParameter(f"no limit {name}; there are {', '.join(BY_NAME)}")
    if key.is_cap and market is not None:
        raise typer.BadParameter(f"{key.name} is the whole fleet's: leave out --market")
    try:
        value = Decimal(number)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0 or (key.unit == 1 and value % 1):
        raise typer.BadParameter(f"{key.name} must be {'a whole' if key.unit == 1 else 'a'} number, 0 or above")
    return Bound(market or EVERY_MARKET, key, key.value(value))


def show(config: Settings) -> Answer:
    """Every limit in force with what is used of it and what arb.toml says."""
    with Report.open(config.ledger_file) as report:
        found, used = report.limits(), report.usage(clock.now_ns())
    asked = {bound.place: bound.value for bound in wanted.of_all(config)}
    rows = [_row(bound, used.get(bound.market), asked) for bound in found]
    data = [dict(zip(("market", "limit", "value", "used", "arb_toml"), row, strict=True)) for row in rows]
    return Answer(data, _COLUMNS, [tuple(cell or NOTHING for cell in row) for row in rows], notes=differing(config))


def _row(bound: Bound, used: Usage | None, asked: dict[Place, int]) -> tuple[str, ...]:
    key, configured = bound.key, asked.get(bound.place)
    counted = "" if key.is_cap else key.spoken(getattr(used, key.column) if used else 0)
    return (
        bound.market,
        key.name,
        key.spoken(bound.value),
        counted,
        "" if configured is None else key.spoken(configured),
    )


def differing(config: Settings) -> list[str]:
    """One sentence for each limit of which arb.toml says something else than the ledger, which outranks it."""
    with Report.open(config.ledger_file) as report:
        found = {bound.place: bound.value for bound in report.limits()}
    said = (_difference(bound, found[bound.place]) for bound in wanted.of_all(config) if bound.place in found)
    return [sentence for sentence in said if sentence]


def _difference(asked: Bound, now: int) -> str:
    if asked.value == now:
        return ""
    key, where = asked.key, "" if asked.market == EVERY_MARKET else f" --market {asked.market}"
    number = key.spoken(asked.value)
    command = f"arbctl limit set {key.name} {number}{where} --reason TEXT"
    return f"{asked.name} is {key.spoken(now)}; arb.toml says {number}, which does not count: {command}"


def set_limit(config: Settings, wish: Wish) -> Answer:
    """Put one limit into force; ConfigError when a raise was not confirmed or it cannot be."""
    bound, key = wish.bound, wish.bound.key
    confirmed = wish.confirm is not None and wish.confirm.strip() == key.spoken(bound.value)
    # who only looks, as `arbctl status` does, need not load all that writes
    from scripts import deeds

    with deeds.writable(config) as ledger:
        done = ledger.set_limit(bound, wish.reason, who=deeds.person(), confirmed=confirmed, at_ns=clock.now_ns())
    if isinstance(done, Refusal):
        raise ConfigError(_refused(bound, done.reason))
    before = None if done.before is None else key.spoken(done.before)
    data = {"market": bound.market, "limit": key.name, "before": before, "value": key.spoken(bound.value)}
    text = f"{bound.name}: {before or 'none'} → {key.spoken(bound.value)}, in force now"
    return Answer(data, text=text, notes=differing(config))


def is_raise(config: Settings, bound: Bound) -> str | None:
    """What a raise would change, in a sentence; None when it is none."""
    with Report.open(config.ledger_file) as report:
        now = {each.place: each.value for each in report.limits()}.get(bound.place)
    if now is None or bound.value <= now:
        return None
    return f"{bound.name} would be RAISED from {bound.key.spoken(now)} to {bound.key.spoken(bound.value)}"


def _refused(bound: Bound, reason: str) -> str:
    if reason != "unconfirmed":
        return reason
    value = bound.key.spoken(bound.value)
    return f"raising {bound.name} needs --reason TEXT and the value once more: --yes --confirm {value}"
