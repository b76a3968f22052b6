"""`arbctl tape`: what is on a tape, whether it is sound, and the same as CSV or Parquet."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from common.core.errors import ConfigError
from common.settings import Settings
from common.tape.decode import decoded
from common.tape.export import into_folder
from common.tape.export_csv import CsvExport
from common.tape.export_parquet import ParquetExport
from common.tape.inspect import FileSound, sound, tally
from common.tape.places import TapeFile, tape_files
from common.tape.reader import merged
from scripts import render
from scripts.render import Answer

CSV, PARQUET = "csv", "parquet"
_NS = 10**9
_PER_CENT = 100


def files_of(config: Settings, places: Sequence[str]) -> list[TapeFile]:
    """The tapes that a person named; those of the recorder where none was."""
    return tape_files(places or [config.tape_folder])


def info(files: Sequence[TapeFile]) -> Answer:
    """Span, messages, trades, gaps and bytes by venue and market."""
    tallies = tally(files)
    rows = [
        [
            venue.value,
            market or "(all)",
            *(f"{number:,}" for number in (one.books, one.trades, one.figures, one.bytes)),
            render.age(one.last_ns - one.first_ns),
            str(one.gaps.total()),
            "; ".join(f"{count}× {why}" for why, count in one.gaps.most_common(3)),
        ]
        for (venue, market), one in tallies.items()
    ]
    data = [
        {
            "venue": venue,
            "market": market or None,
            "books": one.books,
            "trades": one.trades,
            "figures": one.figures,
            "bytes": one.bytes,
            "first_ns": one.first_ns,
            "last_ns": one.last_ns,
            "gaps": dict(one.gaps),
        }
        for (venue, market), one in tallies.items()
    ]
    size = sum(file.size for file in files)
    first_ns = min((one.first_ns for one in tallies.values()), default=0)
    last_ns = max((one.last_ns for one in tallies.values()), default=0)
    text = f"{len(files)} files, {size:,} bytes, {render.moment(first_ns)} to {render.moment(last_ns)} UTC"
    columns = ("venue", "market", "books", "trades", "figures", "bytes", "span", "gaps", "why")
    whole = {"files": len(files), "bytes": size, "first_ns": first_ns, "last_ns": last_ns, "markets": data}
    return Answer(whole, columns, rows, text=text)


def verified(files: Sequence[TapeFile]) -> tuple[Answer, bool]:
    """Every file read and checked, and whether none is damaged; a torn tail is what a death leaves, and cut off."""
    looked = [sound(file) for file in files]
    rows = [
        [
            Path(one.name).name,
            f"{one.size:,}",
            f"{one.raw_size:,}",
            f"{one.records:,}",
            one.ended or "open",
            _state(one),
        ]
        for one in looked
    ]
    is_sound = not any(one.damaged for one in looked)
    notes = [] if is_sound else ["damaged bytes are skipped at reading, and their place is a gap"]
    return Answer(looked, ("file", "bytes", "unpacked", "records", "end", "state"), rows, notes=notes), is_sound


def _state(one: FileSound) -> str:
    if one.damaged:
        places = ", ".join(f"{size} bytes at {offset}" for offset, size in one.damaged)
        return f"DAMAGED: {places}"
    return f"sound, a torn tail of {one.torn} bytes is cut" if one.torn else "sound"


def exported(files: Sequence[TapeFile], kind: str, out: str, *, every_s: float, trade_columns: bool = True) -> Answer:
    """Write the tape as `kind` into the new folder `out`."""
    if kind not in (CSV, PARQUET):
        raise ConfigError(f"--to {kind}: a tape is exported to {CSV} or {PARQUET}")

    def write(folder: Path) -> Mapping[str, int]:
        making = (
            ParquetExport(folder)
            if kind == PARQUET
            else CsvExport(folder, round(every_s * _NS), trade_columns=trade_columns)
        )
        making.take_all(decoded(merged(files)))
        return making.rows

    rows = dict(sorted(into_folder(out, write).items()))
    table = [[name, f"{count:,}"] for name, count in rows.items()]
    return Answer({"folder": out, "rows": rows}, ("file" if kind == CSV else "kind", "rows"), table, text=out)
