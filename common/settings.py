"""arb.toml → frozen, checked settings. Every complaint names the key and the remedy (ConfigError, exit code 3)."""

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from common.core.errors import ConfigError
from common.core.market import Venue
from common.core.terms import SECOND_NS, Terms
from common.toml_table import Table
from common.warden.terms import WardenTerms

DEFAULT_FILE = "arb.toml"
#: names the file to read when a process was not given one: how `scripts/run --config` reaches every worker
CONFIG_VARIABLE = "ARB_CONFIG"
#: environment variable → key of [paper]: how `scripts/run --source --speed` reach every worker
OVERRIDES = {"ARB_PAPER_SOURCE": "source", "ARB_PAPER_SPEED": "speed"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one venue is spoken to, and with which keys."""

    venue: Venue
    rest: str
    ws: str
    network_id: int
    keys: Path


@dataclass(frozen=True, slots=True)
class Paper:
    """How the paper venues behave; amounts in USD, rates as fractions, times in ms."""

    seed: int
    dydx_port: int
    apex_port: int
    latency_ms: int
    race_lost: Decimal
    balance_usd: Decimal
    taker_fee: Decimal
    maker_fee: Decimal
    refill_half_life_ms: int
    #: labelled "far beyond what was recorded": multiplies the rate of the demo's basis jumps (0 turns them off)
    jumps: Decimal
    source: str
    speed: Decimal


@dataclass(frozen=True, slots=True)
class Cap:
    """The fleet's limits, as the ledger file holds them."""

    leverage_entry: Decimal
    leverage_max: Decimal
    level: int
    equity_max_age_ns: int


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a process may need to know; `root` is where arb.toml lies, `hash` names its content."""

    root: Path
    mode: str
    var: Path
    cap: Cap
    markets: dict[str, Terms]
    endpoints: dict[Venue, Endpoint]
    paper: Paper
    warden: WardenTerms
    hash: str

    @property
    def ledger_file(self) -> Path:
        """The one ledger of the fleet."""
        return self.var / "ledger.db"

    def terms(self, market: str) -> Terms:
        """The terms of one market; ConfigError when arb.toml has no such table."""
        if market not in self.markets:
            raise ConfigError(f"arb.toml has no [markets.{market}]; it has {', '.join(self.markets)}")
        return self.markets[market]


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check arb.toml (default: $ARB_CONFIG, else in the current folder), then what `environ` overrides."""
    environ = os.environ if environ is None else environ
    path = (path or Path(environ.get(CONFIG_VARIABLE) or DEFAULT_FILE)).resolve()
    overrides = {key: environ[name] for name, key in OVERRIDES.items() if environ.get(name)}
    try:
        raw = path.read_bytes()
        table = tomllib.loads(raw.decode())
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist: run from the project's folder or give --config") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    digest = hashlib.sha256(raw + repr(sorted(overrides.items())).encode() if overrides else raw).hexdigest()[:12]
    return _build(path.parent, Table("", _overridden(table, overrides)), digest)


def _overridden(table: dict[str, Any], overrides: Mapping[str, str]) -> dict[str, Any]:
    paper = table.get("paper", {})
    return {**table, "paper": {**paper, **overrides}} if overrides and isinstance(paper, dict) else table


def _build(root: Path, table: Table, digest: str) -> Settings:
    mode = table.choice("mode", ("paper", "live"))
    paper = _paper(table.table("paper"))
    strategy, markets = table.table("strategy"), table.table("markets")
    cap = _cap(table.table("cap"))
    settings = Settings(
        root=root,
        mode=mode,
        var=root / table.text("var", "var"),
        cap=cap,
        markets={name: _terms(name, strategy, markets.table(name)) for name in markets.names()},
        endpoints=_endpoints(root, mode, table, paper),
        paper=paper,
        warden=_warden(table.table("warden"), cap),
        hash=digest,
    )
    strategy.done()
    markets.done()
    table.done()
    if not settings.markets:
        raise ConfigError('arb.toml has no [markets.…] table: add one, for example [markets.BTC] with size = "0.001"')
    return settings


def _cap(table: Table) -> Cap:
    cap = Cap(
        leverage_entry=table.number("leverage_entry", "2.5"),
        leverage_max=table.number("leverage_max", "3"),
        level=int(table.number("level", "4")),
        equity_max_age_ns=int(table.number("equity_max_age_s", "30") * SECOND_NS),
    )
    table.done()
    if not 0 < cap.leverage_entry <= cap.leverage_max:
        raise ConfigError("cap.leverage_entry must be above 0 and not above cap.leverage_max")
    return cap


#: how far from leverage_entry to leverage_max the warden has the fleet shrink, where arb.toml does not say
REDUCE_SHARE = Decimal("0.6")


def _warden(table: Table, cap: Cap) -> WardenTerms:
    """Bounds on leverage that arb.toml does not name follow from the cap."""
    reduce = cap.leverage_entry + REDUCE_SHARE * (cap.leverage_max - cap.leverage_entry)
    values: dict[str, Any] = {"leverage_reduce": reduce, "leverage_calm": cap.leverage_entry}
    for field in fields(WardenTerms):
        key = f"{field.name.removesuffix('_ns')}_s" if field.name.endswith("_ns") else field.name
        if not table.has(key):
            continue
        number = table.number(key) * (SECOND_NS if key != field.name else 1)
        values[field.name] = int(number) if field.type in (int, "int") else number
    table.done()
    return WardenTerms(**values)


#: arb.toml key → Terms field; a key ending in _s is seconds and becomes _ns
_STRATEGY_NS = {
    "close_decay_s": "close_decay_ns",
    "max_hold_s": "max_hold_ns",
    "median_window_s": "median_window_ns",
    "median_warmup_s": "median_warmup_ns",
    "feed_silence_max_s": "feed_silence_max_ns",
    "expected_hold_s": "expected_hold_ns",
}


def _terms(market: str, strategy: Table, own: Table) -> Terms:
    """Strategy defaults, overridden by the market's own table."""
    values: dict[str, Any] = {"market": market, "size": own.number("size")}
    for field in fields(Terms):
        if field.name in ("market", "size", "start_wait_ns"):
            continue
        for table in (strategy, own):
            _take(table, field.name, values)
    own.done()
    return Terms(**values)


def _take(table: Table, name: str, values: dict[str, Any]) -> None:
    key = next((k for k, v in _STRATEGY_NS.items() if v == name), name)
    if not table.has(key):
        return
    if key != name:
        values[name] = int(table.number(key) * SECOND_NS)
    elif name == "rule":
        values[name] = table.text(key, "net")
    elif name in ("even_attempts", "market_deals_max"):
        values[name] = int(table.number(key))
    else:
        values[name] = table.number(key)


def _paper(table: Table) -> Paper:
    paper = Paper(
        seed=int(table.number("seed", "1")),
        dydx_port=int(table.number("dydx_port", "18701")),
        apex_port=int(table.number("apex_port", "18702")),
        latency_ms=int(table.number("latency_ms", "120")),
        race_lost=table.number("race_lost", "0.08"),
        balance_usd=table.number("balance_usd", "100"),
        taker_fee=table.number("taker_fee", "0.0005"),
        maker_fee=table.number("maker_fee", "0.0002"),
        refill_half_life_ms=int(table.number("refill_half_life_ms", "500")),
        jumps=table.number("jumps", "1"),
        source=table.text("source", "synthetic"),
        speed=table.number("speed", "1"),
    )
    table.done()
    if paper.speed <= 0:
        raise ConfigError(f"paper.speed must be above 0, not {paper.speed}")
    if not 0 <= paper.race_lost <= 1:
        raise ConfigError(f"paper.race_lost is a share between 0 and 1, not {paper.race_lost}")
    return paper


LIVE_HOSTS = {
    Venue.DYDX: ("https://api.dydx.exchange", "wss://api.dydx.exchange/v3/ws"),
    Venue.APEX: ("https://pro.apex.exchange", "wss://quote.pro.apex.exchange"),
}


def _endpoints(root: Path, mode: str, table: Table, paper: Paper) -> dict[Venue, Endpoint]:
    venues = table.table("venues")
    live = {venue: _live_endpoint(root, venue, venues.table(venue.value)) for venue in Venue}
    venues.done()
    if mode == "live":
        return live
    folder = root / table.text("var", "var") / "paper"
    ports = {Venue.DYDX: paper.dydx_port, Venue.APEX: paper.apex_port}
    return {v: _paper_endpoint(v, port, folder) for v, port in ports.items()}


def _paper_endpoint(venue: Venue, port: int, folder: Path) -> Endpoint:
    host = f"127.0.0.1:{port}"
    ws = f"ws://{host}/v3/ws" if venue is Venue.DYDX else f"ws://{host}"
    return Endpoint(venue, f"http://{host}", ws, 1, folder / f"{venue.value}config.ini")


def _live_endpoint(root: Path, venue: Venue, table: Table) -> Endpoint:
    rest, ws = LIVE_HOSTS[venue]
    endpoint = Endpoint(
        venue=venue,
        rest=table.text("rest", rest).rstrip("/"),
        ws=table.text("ws", ws).rstrip("/"),
        network_id=int(table.number("network_id", "1")),
        keys=root / table.text("keys", f"{venue.value}config.ini"),
    )
    table.done()
    return endpoint
