"""What a person named – tapes, exports, the original's files, Parquet books – as series, whatever kind it is."""

import glob
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from common.analysis.base import Base
from common.analysis.csv_books import FILTERED, named, price_and_size, read_books
from common.analysis.from_export import heard_of_export, is_export
from common.analysis.from_parquet import is_books, parquet_series
from common.analysis.from_tape import Rate, TapeGather
from common.analysis.series import EMPTY, Series
from common.analysis.spool import LEVELS, BookSpool
from common.core.errors import ConfigError
from common.tape.block import ENDING
from common.tape.decode import decoded
from common.tape.places import REMOTE, tape_files
from common.tape.reader import merged

_TAKEN: Final = (
    f"tapes (*{ENDING}), a folder of `arbctl tape export`, the original's order_book_BTC-USD_dydx.csv and "
    "order_book_BTCUSDC_apex.csv, or Parquet books named like book10_binance_usdm_BTC.parquet"
)


@dataclass(frozen=True, slots=True)
class Found:
    """Every series that was named, and the funding rates beside them."""

    series: tuple[Series, ...]
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class _Kinds:
    tapes: list[str]
    exports: list[Path]
    csv: list[Path]
    parquet: list[Path]


def gathered(base: Base, folder: Path, places: Sequence[str], markets: Iterable[str], silence_ns: int) -> Found:
    """Read everything at `places`; ConfigError where there is nothing to read. `folder` takes what is put away."""
    kinds, wanted = _sorted_out(places), frozenset(markets)
    series, rates = list[Series](), list[Rate]()
    tellers: list[Callable[[TapeGather], None]] = []
    if kinds.tapes:
        tellers.append(lambda gather: gather.take_all(decoded(merged(tape_files(kinds.tapes)))))
    for export in kinds.exports:
        tellers.append(lambda gather, export=export: gather.take_all(heard_of_export(base, export)))  # type: ignore[misc]
    for number, tell in enumerate(tellers):
        gather = TapeGather(base, _fresh(folder / f"tape{number}"), silence_ns, wanted)
        tell(gather)
        series += gather.done()
        rates += gather.rates
    csv_folder = _fresh(folder / "csv")
    series += [_of_csv(base, csv_folder, path) for path in _one_each(kinds.csv) if _is_wanted(path, wanted)]
    series += [one for one in parquet_series(kinds.parquet) if not wanted or one.market in wanted]
    return Found(tuple(series), tuple(rates))


def _sorted_out(places: Sequence[str]) -> _Kinds:
    kinds = _Kinds([], [], [], [])
    for place in places:
        if REMOTE in place:
            kinds.tapes.append(place)
            continue
        paths = [Path(name) for name in sorted(glob.glob(place))] if not Path(place).exists() else [Path(place)]
        if not sum(_sort_out(path, kinds) for path in paths):
            found = "holds nothing that can be analysed" if paths else "does not exist"
            raise ConfigError(f"{place} {found}; it takes {_TAKEN}")
    return kinds


def _sort_out(path: Path, kinds: _Kinds) -> bool:
    """Put one path where it belongs; whether it belongs anywhere."""
    if path.is_dir() and is_export(path):
        kinds.exports.append(path)
        return True
    if path.name.endswith(ENDING) or (path.is_dir() and any(path.rglob(f"*{ENDING}"))):
        kinds.tapes.append(str(path))
        return True
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    books, tables = [file for file in files if named(file)], [file for file in files if is_books(file)]
    kinds.csv.extend(books)
    kinds.parquet.extend(tables)
    return bool(books or tables)


def _one_each(paths: Iterable[Path]) -> list[Path]:
    """Each book once: where the whole and the cut file are named, the whole one."""
    found: dict[object, Path] = {}
    for path in sorted(paths, key=lambda path: FILTERED not in path.name):
        found[named(path)] = path
    return list(found.values())


def _is_wanted(path: Path, markets: frozenset[str]) -> bool:
    name = named(path)
    return name is not None and (not markets or name.market in markets)


def _of_csv(base: Base, folder: Path, path: Path) -> Series:
    name = named(path)
    assert name is not None, "only named files were chosen"
    spool = BookSpool(base, folder, name.venue, name.market)
    for book in read_books(path):
        bids, asks = ([price_and_size(row) for row in side[:LEVELS]] for side in (book.bids, book.asks))
        spool.put(book.at_ns, "" if bids and asks else EMPTY, bids, asks)
    return spool.done(sampled=True, note=f"{path.name}: whole books at intervals")


def _fresh(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
