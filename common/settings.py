"""arb.toml → frozen, checked settings. All that is wrong is told at once (ConfigError, exit code 3).

A new key is one line: a field of its class with type, bounds and default, and its line in docs/configuration.md.
"""

import hashlib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from common.alerts.terms import AlertTerms
from common.complaints import Complaints
from common.core.bounds import (
    SECOND_NS,
    Count,
    Leverage,
    PatienceNs,
    Positive,
    bounds_of,
    not_above,
    refuse_wrong,
)
from common.core.errors import ConfigError
from common.core.market import Venue
from common.core.terms import Terms
from common.endpoints import Endpoint as Endpoint
from common.endpoints import live_endpoints, live_gmx, paper_endpoints, paper_gmx, sharing
from common.filled import filled
from common.market_tables import terms_of_markets
from common.metrics.terms import MetricsTerms
from common.paper_terms import Paper as Paper
from common.recorder.terms import RecorderTerms
from common.replay.terms import ReplayTerms
from common.toml_table import Table
from common.warden.terms import WardenTerms
from common.web.terms import WebTerms

DEFAULT_FILE = "arb.toml"
#: names the file to read when a process was not given one: how `scripts/run --config` reaches every worker
CONFIG_VARIABLE = "ARB_CONFIG"
#: environment variable → key of [paper]: how `scripts/run --source --speed` reach every worker
OVERRIDES = {"ARB_PAPER_SOURCE": "source", "ARB_PAPER_SPEED": "speed"}

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Cap:
    """The fleet's limits, as the ledger file holds them."""

    leverage_entry: Leverage = Decimal("2.5")
    leverage_max: Leverage = Decimal(3)
    level: Count = 4
    equity_max_age_ns: PatienceNs = 5 * SECOND_NS

    def __post_init__(self) -> None:
        refuse_wrong("cap", self, not_above(self, "leverage_entry", "leverage_max"))


@dataclass(frozen=True, slots=True)
class FleetLimits:
    """The most that all markets together may have or begin; those of one market stand in its Terms."""

    deals: Count = 8
    notional_usd: Positive = Decimal(1000)
    deals_per_minute: Count = 40
    deals_per_hour: Count = 1000

    def __post_init__(self) -> None:
        refuse_wrong("limits", self, ())


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a process may need to know; `root`: where arb.toml lies, `hash`: its content, `gmx`: who is asked."""

    root: Path
    mode: str
    var: Path
    cap: Cap
    limits: FleetLimits
    markets: dict[str, Terms]
    endpoints: dict[Venue, Endpoint]
    gmx: str
    #: where onboarding writes what it was given: `keys` of [venues]
    key_files: dict[Venue, Path]
    paper: Paper
    warden: WardenTerms
    recorder: RecorderTerms
    alerts: AlertTerms
    replay: ReplayTerms
    web: WebTerms
    metrics: MetricsTerms
    hash: str

    @property
    def ledger_file(self) -> Path:
        """The one ledger of the fleet. Paper and money never meet in one file."""
        return self.var / ("ledger.db" if self.mode == "paper" else "live.db")

    @property
    def tape_folder(self) -> Path:
        """Where the recorder's tapes lie."""
        return self.var / "tape"

    def enrolment_file(self, venue: Venue) -> Path:
        """Where a paper venue keeps who was onboarded there; `--fresh` leaves it alone."""
        return self.var / "accounts" / f"{venue}.jsonl"

    def terms(self, market: str) -> Terms:
        """The terms of one market; ConfigError when arb.toml has no such table."""
        if market not in self.markets:
            raise ConfigError(f"arb.toml has no [markets.{market}]; it has {', '.join(self.markets)}")
        return self.markets[market]


#: a file's tables with some of them changed, for who tries what a person might have written
Change: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


def load(path: Path | None = None, environ: Mapping[str, str] | None = None, change: Change | None = None) -> Settings:
    """Read and check arb.toml (default: $ARB_CONFIG, else in the current folder), then what `environ` overrides.

    `change` is made before anything is checked, so that what is tried is judged as if it stood in the file.
    """
    environ = os.environ if environ is None else environ
    path, overrides = found(path, environ), _overrides(environ)
    raw, table = _parsed(path)
    origins = {f"paper.{key}": f"${name}" for name, key in OVERRIDES.items() if key in overrides}
    complaints = Complaints(_shown(path), origins)
    tables = _overridden(table, overrides)
    settings = _build(path.parent, Table("", change(tables) if change else tables, complaints), digest(raw, environ))
    complaints.refuse()
    assert settings is not None, "what cannot be built was complained about"
    return settings


def found(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """The file to read: the one that was given, else $ARB_CONFIG, else the one in the current folder."""
    return (path or Path(environ.get(CONFIG_VARIABLE) or DEFAULT_FILE)).resolve()


def digest(raw: bytes, environ: Mapping[str, str] = os.environ) -> str:
    """What names a file's content, and what `environ` overrides of it, in journal, orders and heartbeats."""
    overrides = _overrides(environ)
    return hashlib.sha256(raw + repr(sorted(overrides.items())).encode() if overrides else raw).hexdigest()[:12]


def _overrides(environ: Mapping[str, str]) -> dict[str, str]:
    return {key: environ[name] for name, key in OVERRIDES.items() if environ.get(name)}


def _parsed(path: Path) -> tuple[bytes, dict[str, Any]]:
    """The file's bytes and its tables; a number stays the text it was written as, so that it stays exact."""
    try:
        raw = path.read_bytes()
        return raw, tomllib.loads(raw.decode(), parse_float=Decimal)
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist: run from the project's folder or give --config") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        # ValueError: not TOML, not UTF-8, or a whole number of thousands of digits
        raise ConfigError(f"{path} is not valid TOML: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _shown(path: Path) -> str:
    """The file as a person would name it from here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _overridden(table: dict[str, Any], overrides: Mapping[str, str]) -> dict[str, Any]:
    paper = table.get("paper", {})
    return {**table, "paper": {**paper, **overrides}} if overrides and isinstance(paper, dict) else table


def _build(root: Path, table: Table, digest: str) -> Settings | None:
    """The settings; None when something was complained about."""
    mode, var = table.choice("mode", ("paper", "live")), table.text("var", "var")
    paper, cap = _part(table, "paper", Paper), _part(table, "cap", Cap)
    limits = _part(table, "limits", FleetLimits)
    warden, recorder = _warden(table.table("warden"), cap), _part(table, "recorder", RecorderTerms)
    replay, metrics = _part(table, "replay", ReplayTerms), _part(table, "metrics", MetricsTerms)
    web, alerts = _part(table, "web", WebTerms), _part(table, "alerts", AlertTerms)
    markets = terms_of_markets(table, mode)
    venues = table.table("venues")
    gmx, live = live_gmx(venues), live_endpoints(root, venues)
    table.done()
    if mode == "paper":
        _paper_alone(table, paper, cap)
    if mode is None or var is None or paper is None or cap is None:
        return None
    if limits is None or warden is None or recorder is None or replay is None or live is None or gmx is None:
        return None
    if web is None or alerts is None or metrics is None:
        return None
    key_files = {venue: endpoint.keys for venue, endpoint in live.items()}
    return Settings(
        root=root,
        mode=mode,
        var=root / var,
        cap=cap,
        limits=limits,
        markets={name: terms for name, terms in markets.items() if terms is not None},
        endpoints=sharing(root / var / "run", live if mode == "live" else _paper_ends(root / var, paper, key_files)),
        key_files=key_files,
        gmx=gmx if mode == "live" else paper_gmx(paper.dydx_port),
        paper=paper,
        warden=warden,
        recorder=recorder,
        alerts=alerts,
        replay=replay,
        web=web,
        metrics=metrics,
        hash=digest,
    )


def _paper_ends(var: Path, paper: Paper, key_files: dict[Venue, Path]) -> dict[Venue, Endpoint]:
    ports = {Venue.DYDX: paper.dydx_port, Venue.APEX: paper.apex_port}
    return paper_endpoints(var / "paper", ports, key_files if paper.accounts == "onboarded" else None)


def _paper_alone(table: Table, paper: Paper | None, cap: Cap | None) -> None:
    # a live worker has no business with the paper venues' listings
    from common.paper_check import wrongs

    markets = table.table("markets")
    tables = ((name, markets.table(name)) for name in markets.names())
    given = {name: own.number("size") for name, own in tables if own.has("size")}
    bounds = bounds_of(Terms)["size"]
    sizes = {name: size for name, size in given.items() if size is not None and bounds.refuse(size) is None}
    for sentence in wrongs(paper, cap, sizes):
        table.complaints.say(sentence)


def _part(table: Table, name: str, kind: type[Part]) -> Part | None:
    part = table.table(name)
    made = filled(kind, [part])
    part.done()
    return made


#: how far from leverage_entry to leverage_max the warden has the fleet shrink, where arb.toml does not say
REDUCE_SHARE = Decimal("0.6")


def _warden(table: Table, given: Cap | None) -> WardenTerms | None:
    """Bounds on leverage that arb.toml does not name follow from the cap."""
    cap = given or Cap()
    reduce = cap.leverage_entry + REDUCE_SHARE * (cap.leverage_max - cap.leverage_entry)
    made = filled(WardenTerms, [table], follow={"leverage_reduce": reduce, "leverage_calm": cap.leverage_entry})
    table.done()
    if made and given and made.leverage_reduce > cap.leverage_max:
        table.complain(
            "leverage_reduce",
            f"must not be above cap.leverage_max ({cap.leverage_max}): the fleet would shrink too late",
        )
    return made
