"""Books that others recorded, as Parquet files, read where they lie.

`book10_PLACE_MARKET.parquet` and `bbo_PLACE_MARKET.parquet` are what `common.tape.parquet` describes, and
`quote1m_PLACE_PAIR_DATE.parquet` are bars of a minute: `bid_close` and `ask_close` stood at the end of the minute that
begins at `ts_ns`. Their sizes are in units that differ by place, so only the touch is taken.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from common.analysis.base import quoted
from common.analysis.series import SECOND_NS, Series
from common.tape.parquet import BookFile, book_files

MINUTE_NS: Final = 60 * SECOND_NS
_BARS: Final = re.compile(r"quote1m_(?P<place>[a-z0-9_]+)_(?P<market>[a-z0-9]+?)(usd|usdt|usdc)_[0-9-]+\.parquet")
_BARS_NOTE: Final = "bars of a minute: only its last bid and ask, without sizes"


def parquet_series(paths: Iterable[Path]) -> list[Series]:
    """A series for each place and market: of its files the deepest ones, one after the other."""
    found: dict[tuple[str, str], list[Series]] = {}
    for series in _each(paths):
        found.setdefault((series.place, series.market), []).append(series)
    return [_joined([one for one in some if one.levels == max(s.levels for s in some)]) for some in found.values()]


def _joined(parts: list[Series]) -> Series:
    rows = " union all by name ".join(f"select * from {part.rows}" for part in parts)
    return replace(parts[0], rows=parts[0].rows if len(parts) == 1 else f"({rows})")


def is_books(path: Path) -> bool:
    """Whether the file's name is one of those that are read here."""
    return bool(_BARS.fullmatch(path.name)) or _book_file(path) is not None


def _each(paths: Iterable[Path]) -> Iterator[Series]:
    for path in paths:
        bars, file = _BARS.fullmatch(path.name), _book_file(path)
        if bars:
            yield Series(bars["place"], bars["market"].upper(), _bars(path), 1, sizes=False, note=_BARS_NOTE)
        elif file is not None:
            levels = max(1, file.levels)
            yield Series(file.place, file.market, _books(file, levels), levels)


def _book_file(path: Path) -> BookFile | None:
    return next((file for file in book_files(path.parent) if file.path.name == path.name), None)


def _books(file: BookFile, levels: int) -> str:
    endings = [f"_{level}" for level in range(1, levels + 1)] if file.levels else [""]
    renamed = ", ".join(
        f"{side}_{what}{ending} as {side}_{what}_{level}"
        for level, ending in enumerate(endings, start=1)
        for side in ("bid", "ask")
        for what in ("px", "sz")
    )
    return (
        f"(select ts_ns as at_ns, file_row_number as n, '' as why, {renamed} "
        f"from read_parquet({quoted(file.path)}, file_row_number = true))"
    )


def _bars(path: Path) -> str:
    return (
        f"(select ts_ns + {MINUTE_NS} as at_ns, file_row_number as n, '' as why, bid_close::double as bid_px_1, "
        f"null::double as bid_sz_1, ask_close::double as ask_px_1, null::double as ask_sz_1 "
        f"from read_parquet({quoted(path)}, file_row_number = true))"
    )
