"""`arbctl refused`: why entries were refused lately, in words, with what to do; from telemetry, which has them all."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Final

from common import clock
from common.result.meanings import MEANS
from common.settings import Settings
from common.telemetry import files
from common.telemetry.rows import Refused
from scripts import render
from scripts.handbook.advice import SAYS
from scripts.render import Answer
from scripts.since import since_ns

#: rows that are shown unless more of them are asked for
SHOWN: Final = 20
DAY_NS: Final = 86_400_000_000_000


def refused(config: Settings, since: str | None, market: str | None, limit: int) -> Answer:
    """The newest refusals, oldest first, and how many there were by reason."""
    now_ns = clock.now_ns()
    begin_ns = since_ns(since, now_ns)
    from_ns = now_ns - DAY_NS if begin_ns is None else begin_ns
    kept, reasons = deque[Refused](maxlen=limit), Counter[str]()
    for row in _refusals(config, from_ns, market):
        kept.append(row)
        reasons[row.reason] += 1
    newest = sorted(kept, key=lambda row: row.at_ns)
    counts = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
    return Answer(
        {"refused": [render.plain(row) for row in newest], "reasons": dict(reasons)},
        ("when", "market", "dir", "worth USD", "reason", "means"),
        [_cells(row) for row in newest],
        notes=_advice(reasons),
        footer=f"{reasons.total()} refused since {render.moment(from_ns)}{': ' if counts else ''}{counts}",
    )


def _refusals(config: Settings, from_ns: int, market: str | None) -> Iterator[Refused]:
    rows = files.read(files.folder_of(config.ledger_file), from_ns, None, market)
    return (row for row in rows if isinstance(row, Refused) and market in (None, row.market))


def _advice(reasons: Iterable[str]) -> list[str]:
    """What to do, once for all the reasons that it is the answer to."""
    by_advice: dict[str, list[str]] = {}
    for reason in reasons:
        if reason in SAYS:
            by_advice.setdefault(SAYS[reason], []).append(reason)
    return [f"{', '.join(named)}: {advice}" for advice, named in by_advice.items()]


def _cells(row: Refused) -> tuple[str, ...]:
    means = MEANS.get(row.reason, row.reason)
    worth = render.usd(row.edge_uusd, sign=True)
    return (render.moment(row.at_ns), row.market, f"{row.direction:+d}", worth, row.reason, means)
