"""`arbctl alert`: what was told, to whom and whether it arrived; a test of each address; the statement of a day."""

from typing import Any, Final

import typer

from common import clock
from common.alerts import sending, statement, targets
from common.alerts.outbox import FILE, Outbox
from common.alerts.shapes import Message, Severity
from common.alerts.terms import DAY_NS
from common.core.errors import ConfigError
from common.desk.facts import facts
from common.desk.shapes import DeskFacts
from common.desk.told import Reader
from common.ledger.report import Report
from common.settings import Settings
from scripts import render
from scripts.deeds import person
from scripts.render import NOTHING, Answer
from scripts.since import since_ns

SHOWN: Final = 20
TEST: Final = ("arb test", "This is a test: alerts of the fleet arrive here.")


def outbox(config: Settings) -> Outbox:
    """The fleet's; made when it is not there."""
    return Outbox(config.var / FILE)


def told(config: Settings, limit: int) -> Answer:
    """The newest messages, and where they went."""
    with outbox(config) as box:
        messages, standing = box.messages(limit), box.standing()
    names = ", ".join(targets.read(config.var).urls) or "nobody: docs/alerts.md tells how to add an address"
    rows = [_row(message) for message in messages]
    data = {
        "messages": [render.plain(one) for one in messages],
        "standing": [render.plain(s) for s in standing.values()],
    }
    footer = f"{len(standing)} stand now; told are {names}"
    return Answer(data, ("#", "when", "severity", "kind", "what", "arrived"), rows, footer=footer)


def one(config: Settings, number: int) -> Answer:
    """One message whole."""
    with outbox(config) as box:
        found = box.messages(1, number)
    if not found:
        raise typer.BadParameter(f"there is no message {number}: arbctl alert list has their numbers")
    message = found[0]
    lines = [f"#{message.number} {render.moment(message.made_ns)} {message.severity} {message.kind}", message.text]
    arrived = [f"{name}: {render.moment(at_ns) if at_ns else 'not yet'}" for name, at_ns in message.sent.items()]
    return Answer(render.plain(message), text="\n".join([*lines, *arrived]))


def tested(config: Settings, to: str | None) -> tuple[Answer, bool]:
    """Send a word to each address now, or to one; and whether it arrived everywhere."""
    known = targets.read(config.var)
    wanted = {name: url for name, url in known.urls.items() if to in (None, name)}
    if not wanted:
        has = ", ".join(known.urls) or f"{config.var / targets.FILE} has none"
        raise ConfigError(f"no address to test: {has}")
    results = {name: _sent(url) for name, url in wanted.items()}
    rows = [(name, word) for name, word in results.items()]
    return Answer({"targets": results}, ("target", "result"), rows), set(results.values()) == {"arrived"}


def _sent(url: str) -> str:
    if not sending.is_known(url):
        return "no address that Apprise knows: see docs/alerts.md"
    if sending.notify(url, *TEST, Severity.INFO):
        return "arrived"
    return "not taken in: look at the address, and at the network"


def of_day(config: Settings, day: str | None) -> Answer:
    """The statement of a day; of today as far as it is."""
    now_ns = clock.now_ns()
    at_ns = since_ns(day, now_ns)
    number = (now_ns if at_ns is None else at_ns) // DAY_NS
    with Report.open(config.ledger_file) as report, outbox(config) as box:
        read = statement.read(report, number, _desk(config, now_ns))
        say = statement.statement(read, box.signed())
    data: dict[str, Any] = {
        "date": statement.date(number),
        "earned": [render.plain(earned) for earned in read.earned],
        "differences": [render.plain(difference) for difference in read.differences],
    }
    return Answer(data, text=say.text)


def sign(config: Settings, difference: str, by: str | None, why: str) -> Answer:
    """A person answers for a difference that stands."""
    now_ns = clock.now_ns()
    with Report.open(config.ledger_file) as report:
        stands = [one.name for one in statement.read(report, now_ns // DAY_NS, _desk(config, now_ns)).differences]
    if difference not in stands:
        raise ConfigError(f"no such difference stands now; there is {', '.join(stands) or 'none'}")
    with outbox(config) as box:
        box.sign(difference, by or person(), why, now_ns)
    return Answer({"difference": difference}, text=f"{difference} is signed off by {by or person()}")


def _desk(config: Settings, now_ns: int) -> DeskFacts:
    return facts(Reader(config).read(now_ns), now_ns)


def _row(message: Message) -> tuple[str, ...]:
    text = message.text.splitlines()[0]
    there = sum(1 for at_ns in message.sent.values() if at_ns)
    arrived = f"{there} of {len(message.sent)}" if message.sent else NOTHING
    return (str(message.number), render.moment(message.made_ns), message.severity, message.kind, text, arrived)
