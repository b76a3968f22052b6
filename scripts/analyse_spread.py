"""`arbctl analyse`: what recorded books say, as a table, as charts, as one HTML report."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from common.analysis import words
from common.analysis.analyse import Wanted, analysed
from common.analysis.csv_books import clean as clean_books
from common.analysis.findings import PairFound
from common.core.errors import ConfigError
from common.settings import Settings
from scripts import render
from scripts.render import Answer

_BPS = 10_000
_PNG_DPI = 130


@dataclass(frozen=True, slots=True)
class Given:
    """The options of `arbctl analyse spread`; what is None comes from arb.toml."""

    markets: str = ""
    places: str = ""
    size: float | None = None
    fee_bps: float | None = None
    silence_s: float = 2
    html: Path | None = None
    png: Path | None = None
    scratch: Path | None = field(default=None)


def spread(config: Settings, tapes: Sequence[str], given: Given) -> Answer:
    """Analyse, write what is to be written, and say what was found."""
    _refuse_present(given)
    with tempfile.TemporaryDirectory(prefix="arb-analyse-", dir=given.scratch) as scratch:
        findings = analysed(tapes or [str(config.tape_folder)], _wanted(config, given), Path(scratch))
    written = _written(findings, given)
    rows = [words.row(found, spread) for found in findings for spread in found.spreads]
    notes = [
        f"{found.name}: {note}"
        for found in findings
        for note in (words.span(found), *words.notes(found), words.verdict(found))
    ]
    return Answer(findings, words.COLUMNS, rows, notes=[*notes, *_asked(findings), *written])


def _wanted(config: Settings, given: Given) -> Wanted:
    fee_bps = float(config.paper.taker_fee) * _BPS if given.fee_bps is None else given.fee_bps
    sizes = {name: float(terms.size) for name, terms in config.markets.items()}
    return Wanted(
        size_of=lambda market: sizes.get(market, 0.0) if given.size is None else given.size,
        fee_bps_of=lambda place: fee_bps,
        markets=frozenset(name.upper() for name in given.markets.split(",") if name),
        places=frozenset(name for name in given.places.split(",") if name),
        silence_ns=round(given.silence_s * render.SECOND_NS),
        begins=lambda name: render.say(f"measuring {name}"),
    )


def _refuse_present(given: Given) -> None:
    """Before hours of work, not after."""
    for path in (given.html, given.png):
        if path is not None and path.exists() and not (path is given.png and path.is_dir()):
            raise ConfigError(f"{path} is there already: move it, or name another one")


def _asked(findings: Sequence[PairFound]) -> list[str]:
    return sorted({f"{found.market}: {words.asked(found)}" for found in findings})


def _written(findings: Sequence[PairFound], given: Given) -> list[str]:
    written = []
    if given.html is not None:
        from common.analysis.report import html

        given.html.write_text(html(findings))
        written.append(f"written: {given.html}")
    if given.png is not None:
        given.png.mkdir(parents=True, exist_ok=True)
        written.append(f"written: {_draw(findings, given.png)} charts in {given.png}")
    return written


def _draw(findings: Sequence[PairFound], folder: Path) -> int:
    """Every chart as a picture; how many there are."""
    from common.analysis.chart_parts import look
    from common.analysis.charts import charts

    drawn = 0
    with look():
        for found in findings:
            for name, draw in charts(found).items():
                draw(found).savefig(folder / f"{found.name.replace(' ', '_')}_{name}.png", dpi=_PNG_DPI)
                drawn += 1
    return drawn


def clean(files: Sequence[Path], out: Path | None, levels: int) -> Answer:
    """Cut the original's files to their best levels."""
    cleaned = [clean_books(path, out or path.parent, levels) for path in files]
    rows = [[one.file.name, f"{one.books:,}", f"{one.rows_before:,}", f"{one.rows:,}"] for one in cleaned]
    data = [
        {"file": str(one.file), "books": one.books, "rows_before": one.rows_before, "rows": one.rows} for one in cleaned
    ]
    return Answer(data, ("file", "books", "rows before", "rows"), rows)
