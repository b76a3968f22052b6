"""The shipped worker as a contender: its arb.toml, wide enough that no limit but the venues' own ends a round."""

from collections.abc import Mapping
from pathlib import Path

from common.core.market import Venue
from scripts.benches.venue_pair import BALANCE, MARKET

SIZE = "0.05"
TEXT = """mode = "paper"
[cap]
leverage_entry = 50
leverage_max = 60
level = 1000
[limits]
deals = 1000
notional_usd = 100000000
deals_per_minute = 100000
deals_per_hour = 1000000
[strategy]
edge_min_bps = 11
market_deals_max = 1000
market_notional_max_usd = 100000000
market_deals_per_minute = 100000
market_deals_per_hour = 1000000
median_window_s = 20
median_warmup_s = 1
[paper]
dydx_port = {dydx}
apex_port = {apex}
balance_usd = {balance}
[markets.{market}]
size = "{size}"
"""


def write_config(folder: Path, ports: Mapping[Venue, int]) -> dict[str, str]:
    """arb.toml in `folder`; the environment that leads a worker to it."""
    path = folder / "arb.toml"
    numbers = {venue.value: port for venue, port in ports.items()}
    path.write_text(TEXT.format(**numbers, balance=BALANCE, market=MARKET, size=SIZE))
    return {"ARB_CONFIG": str(path)}
