"""[strategy] and [markets.…] of arb.toml: the terms of each market. What is wrong becomes complaints."""

import re

from common.core.bounds import hints_of, key_of
from common.core.terms import Terms
from common.filled import filled
from common.toml_table import Table


def terms_of_markets(table: Table, mode: str | None) -> dict[str, Terms | None]:
    """The terms of each market: strategy defaults, overridden by the market's own table."""
    strategy, markets = table.table("strategy"), table.table("markets")
    made = {name: _terms(name, strategy, markets) for name in markets.names()}
    if mode == "live":
        for name in markets.names():
            _net_alone(made[name], markets.table(name), strategy)
    strategy.know(*(key_of(name) for name in hints_of(Terms) if name not in _OWN))
    strategy.done()
    markets.done()
    if not made:
        table.complaints.say('there is no [markets.…] table: add one, for example [markets.BTC] with size = "0.001"')
    return made


#: what a market alone has, and what no key sets
_OWN = ("market", "size", "start_wait_ns")
#: goes into client ids (at most 40 characters), names of programs and of files
_MARKET_NAME = re.compile("[A-Z][A-Z0-9]{0,9}")


def _terms(name: str, strategy: Table, markets: Table) -> Terms | None:
    own = markets.table(name)
    if not _MARKET_NAME.fullmatch(name):
        says = "is no market's name: write its base asset in capitals, for example [markets.BTC]"
        own.complaints.say(f"[{markets.path(repr(name))}] {says}")
    made = filled(Terms, [strategy, own], fixed={"market": name, "start_wait_ns": 0}, needs={"size": 'size = "0.001"'})
    own.done()
    return made


def _net_alone(terms: Terms | None, own: Table, strategy: Table) -> None:
    """Where money is at stake a threshold that leaves the fees of leaving out is below the fees."""
    if terms is not None and terms.rule == "original":
        table = own if own.has("rule") else strategy
        table.complain("rule", 'must be "net" with mode = "live": the original leaves the fees of closing out')
