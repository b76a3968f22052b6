"""Every result as Parquet, for DuckDB, Polars and pandas: `runs.parquet`, one row a replay, and `deals.parquet`.

Money is in USD, exact to the micro-dollar; the grid's keys are columns of their own, numbers where all values are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import orjson

from common.core.errors import ConfigError
from common.sweep.findings import AS_IT_IS
from common.sweep.grid import Axis
from common.sweep.job import Result
from common.sweep.scores import pnl_uusd, score
from common.sweep.sweep import Swept

USD: Final = "DECIMAL(18, 6)"
RUNS: Final[Mapping[str, str]] = {
    "run": "VARCHAR",
    "cell": "INTEGER",
    "fold": "INTEGER",
    "part": "VARCHAR",
    "from_ns": "BIGINT",
    "to_ns": "BIGINT",
    "pnl_usd": USD,
    "reserved": "INTEGER",
    "deals": "INTEGER",
    "missed": "INTEGER",
    "closed_at_end": "INTEGER",
    "fees_usd": USD,
    "funding_usd": USD,
    "notional_usd": USD,
    "drawdown_usd": USD,
    "sharpe": "DOUBLE",
    "events": "BIGINT",
    "refusals": "MAP(VARCHAR, BIGINT)",
    "digest": "VARCHAR",
    "tapes_and_program": "VARCHAR",
}
DEALS: Final[Mapping[str, str]] = {
    "run": "VARCHAR",
    "cell": "INTEGER",
    "fold": "INTEGER",
    "part": "VARCHAR",
    "deal_id": "VARCHAR",
    "market": "VARCHAR",
    "direction": "TINYINT",
    "opened_ns": "BIGINT",
    "closed_ns": "BIGINT",
    "notional_usd": USD,
    "pnl_usd": USD,
    "fees_usd": USD,
    "funding_usd": USD,
    "was_missed": "BOOLEAN",
    "closed_at_end": "BOOLEAN",
}
CHOOSE, JUDGE = "choose", "judge"
_UUSD: Final = Decimal(1_000_000)


def write(folder: Path, swept: Swept) -> None:
    """Both tables into `folder`; ConfigError where it does not take them."""
    axes = swept.findings.axes
    columns = {axis.key: "DOUBLE" if _is_numeric(axis) else "VARCHAR" for axis in axes}
    values = {row.cell: row.values for row in swept.findings.rows}
    known = (set(RUNS) | set(DEALS)) & set(columns)
    names = {axis.key: f"grid_{axis.key}" if axis.key in known else axis.key for axis in axes}
    with TemporaryDirectory(prefix="arb-sweep-") as scratch:
        _parquet(folder / "runs.parquet", Path(scratch), {**{names[k]: v for k, v in columns.items()}, **RUNS},
                 _runs(swept, values, [names[axis.key] for axis in axes]))  # fmt: skip
        _parquet(folder / "deals.parquet", Path(scratch), DEALS, _deals(swept))


def _is_numeric(axis: Axis) -> bool:
    try:
        return all(Decimal(value).is_finite() for value in axis.values)
    except InvalidOperation:
        return False


def _place(cell: int, fold: int, is_judged: bool, result: Result) -> dict[str, object]:
    return {
        "run": result.key,
        "cell": None if cell == AS_IT_IS else cell,
        "fold": fold,
        "part": JUDGE if is_judged else CHOOSE,
    }


def _runs(swept: Swept, values: Mapping[int, tuple[str, ...]], names: Sequence[str]) -> Iterator[Mapping[str, object]]:
    for cell, fold, is_judged, result in swept.results:
        one = score([result])
        yield {
            **dict(zip(names, values.get(cell, (None,) * len(names)), strict=True)),
            **_place(cell, fold, is_judged, result),
            "from_ns": result.window[0],
            "to_ns": result.window[1],
            "pnl_usd": _usd(one.pnl_uusd),
            "reserved": one.reserved,
            "deals": one.deals,
            "missed": one.missed,
            "closed_at_end": one.closed_at_end,
            "fees_usd": _usd(one.fees_uusd),
            "funding_usd": _usd(one.funding_uusd),
            "notional_usd": _usd(one.notional_uusd),
            "drawdown_usd": _usd(one.drawdown_uusd),
            "sharpe": one.moments.sharpe,
            "events": result.events,
            "refusals": result.refusals,
            "digest": result.digest,
            "tapes_and_program": swept.identity,
        }


def _deals(swept: Swept) -> Iterator[Mapping[str, object]]:
    for cell, fold, is_judged, result in swept.results:
        place = _place(cell, fold, is_judged, result)
        for deal in result.deals:
            yield {
                **place,
                "deal_id": deal.deal_id,
                "market": deal.market,
                "direction": int(deal.direction),
                "opened_ns": deal.opened_ns,
                "closed_ns": deal.closed_ns,
                "notional_usd": _usd(deal.notional_uusd),
                "pnl_usd": _usd(pnl_uusd(deal)),
                "fees_usd": _usd(deal.fees_uusd),
                "funding_usd": _usd(deal.funding_uusd),
                "was_missed": deal.was_missed,
                "closed_at_end": deal.closed_at_end,
            }


def _usd(uusd: int) -> str:
    return f"{Decimal(uusd) / _UUSD:f}"


def _parquet(path: Path, scratch: Path, columns: Mapping[str, str], rows: Iterable[Mapping[str, object]]) -> None:
    lines = scratch / f"{path.stem}.ndjson"
    with lines.open("wb") as file:
        file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    named = ", ".join(f"'{name}': '{of}'" for name, of in columns.items())
    quoted = str(path).replace("'", "''")
    read = f"select * from read_json(?, format = 'newline_delimited', columns = {{{named}}})"
    try:
        with duckdb.connect(config={"threads": 1}) as base:
            base.execute(f"copy ({read}) to '{quoted}' (format parquet, compression zstd)", [str(lines)])
    except duckdb.Error as error:
        raise ConfigError(f"{path} cannot be written: {error}") from error
