"""One replay of one cell over one part of the tape, and what is kept of it. What a process at work is handed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Final, TypeAlias

from common.replay.run import DealResult, Outcome, Replay, play
from common.settings import Settings
from common.sweep.folds import Window

#: so many equal periods of a part make the returns that its Sharpe ratio is of
PERIODS: Final = 100
#: of the settings, what changes no replay: where things lie, who is called, and the bytes they were read from
_ELSEWHERE: Final = frozenset({"root", "var", "endpoints", "key_files", "gmx", "recorder", "hash"})
Told: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be replayed; `window` None: the whole tape. `key` names all that the result depends on."""

    key: str
    tapes: tuple[str, ...]
    config: Settings
    seed: int
    window: Window | None


@dataclass(frozen=True, slots=True)
class Result:
    """What is kept of a replay; `equity_uusd` of both venues at the begin and at the end of each of PERIODS."""

    key: str
    digest: str
    events: int
    window: Window
    deals: tuple[DealResult, ...]
    refusals: Mapping[str, int]
    equity_uusd: tuple[int, ...]
    drawdown_uusd: int


def job_of(tapes: tuple[str, ...], config: Settings, seed: int, window: Window | None, identity: str) -> Job:
    """A job under its key; `identity` is that of tapes and program."""
    told = [identity, str(seed), repr(window), _settings(config)]
    key = sha256("\n".join(told).encode()).hexdigest()[:32]
    # the ledger's rows name their settings: those of a cell are no file, so that they are named by the key
    return Job(key, tapes, replace(config, hash=key[:12]), seed, window)


def _settings(config: Settings) -> str:
    return "\n".join(repr(getattr(config, f.name)) for f in fields(config) if f.name not in _ELSEWHERE)


def work(job: Job, told: Told | None = None) -> Result:
    """Replay it."""
    from_ns, to_ns = job.window or (None, None)
    asked = Replay(tapes=job.tapes, config=job.config, seed=job.seed, ledger_file=None, from_ns=from_ns, to_ns=to_ns)
    return result_of(job, play(asked, told))


def result_of(job: Job, outcome: Outcome) -> Result:
    """What is kept of an outcome."""
    window = job.window or (outcome.from_ns, outcome.to_ns)
    curve = sorted(outcome.equity_curve)
    return Result(
        key=job.key,
        digest=outcome.digest,
        events=outcome.events,
        window=window,
        deals=outcome.deals,
        refusals=dict(outcome.refusals),
        equity_uusd=at_periods(curve, window),
        drawdown_uusd=drawdown(curve),
    )


def at_periods(curve: list[tuple[int, int]], window: Window) -> tuple[int, ...]:
    """The equity as it stood at the begin and at the end of each period; before its first figure as that one was.

    What is open when the tape ends is closed after its end, and belongs into the last period.
    """
    if not curve:
        return (0,) * (PERIODS + 1)
    found, at, (from_ns, to_ns) = list[int](), 0, window
    for n in range(PERIODS):
        until_ns = from_ns + (to_ns - from_ns) * n // PERIODS
        while at + 1 < len(curve) and curve[at + 1][0] <= until_ns:
            at += 1
        found.append(curve[at][1])
    found.append(curve[-1][1])
    return tuple(found)


def drawdown(curve: list[tuple[int, int]]) -> int:
    """The deepest fall from what was the highest before it."""
    highest = deepest = 0
    for n, (_, equity) in enumerate(curve):
        highest = equity if n == 0 else max(highest, equity)
        deepest = max(deepest, highest - equity)
    return deepest
