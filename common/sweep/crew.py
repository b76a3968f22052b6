"""Who replays: processes of this machine, one per core. Hands jobs out, hears how far each is, yields what is done.

A job that fails ends the sweep, with what was wrong with it; a process that dies does so, too. Whoever stops listening
(Ctrl-C) ends the processes: what they were at is lost, what was yielded is not.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Final, Protocol, TypeAlias, cast

from common.core.errors import ArbError, ConfigError
from common.process import die_with_parent
from common.sweep.job import Job, Result, work

#: told how much of the job under a key is done, 0 to 1
Told: TypeAlias = Callable[[str, float], None]
#: progress is sent each time so much more of a job is done
_TELL_PART: Final = 0.01
_END_S: Final = 5.0


class Crew(Protocol):
    """Whoever replays jobs."""

    def run(self, jobs: Sequence[Job], told: Told) -> Iterator[Result]:
        """Every result, as it comes."""
        ...


@dataclass(frozen=True, slots=True)
class _Failed:
    why: str
    is_refusal: bool


@dataclass(slots=True)
class _Hand:
    """One process, and the job that it is at."""

    process: BaseProcess
    line: Connection
    job: Job


class Processes:
    """So many processes of this machine."""

    def __init__(self, count: int | None = None) -> None:
        self._count = count or os.cpu_count() or 1

    def run(self, jobs: Sequence[Job], told: Told) -> Iterator[Result]:
        """Every result, as it comes; ArbError when a replay fails."""
        waiting = list(reversed(jobs))
        hands = [_begin(waiting.pop()) for _ in range(min(self._count, len(waiting)))]
        try:
            while hands:
                hand, said = _next(hands)
                if isinstance(said, float):
                    told(hand.job.key, said)
                    continue
                yield said
                if waiting:
                    hand.job = waiting.pop()
                    hand.line.send(hand.job)
                else:
                    hands.remove(hand)
                    _end([hand])
        finally:
            _end(hands)


def _begin(job: Job) -> _Hand:
    # a fresh interpreter: a fork would take this one's threads along half
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_labour, args=(theirs,), daemon=True, name="sweep")
    process.start()
    theirs.close()
    ours.send(job)
    return _Hand(process, ours, job)


def _next(hands: Sequence[_Hand]) -> tuple[_Hand, Result | float]:
    """The next that says something, and what."""
    line = wait([hand.line for hand in hands])[0]
    hand = next(hand for hand in hands if hand.line is line)
    return hand, _heard(hand)


def _heard(hand: _Hand) -> Result | float:
    """What a process says; ArbError when it says that its job failed, or says nothing any more."""
    try:
        said = hand.line.recv()
    except EOFError:
        hand.process.join(_END_S)
        code = hand.process.exitcode
        raise ArbError(f"the process that replayed a part of the sweep died (exit code {code})") from None
    if isinstance(said, _Failed):
        raise ConfigError(said.why) if said.is_refusal else ArbError(said.why)
    return cast("Result | float", said)


def _end(hands: Sequence[_Hand]) -> None:
    for hand in hands:
        hand.line.close()
        hand.process.terminate()
    for hand in hands:
        hand.process.join(_END_S)
        hand.process.close()


def _labour(line: Connection) -> None:
    """A process: job after job, until nobody hands one over."""
    # Ctrl-C is for the one who listens, who then ends us
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()
    with suppress(EOFError, BrokenPipeError):
        while True:
            line.send(_done(line.recv(), line))


def _done(job: Job, line: Connection) -> Result | _Failed:
    sent = 0.0

    def told(done: int, of: int) -> None:
        nonlocal sent
        part = min(1.0, done / of) if of else 0.0
        if part >= sent + _TELL_PART:
            sent = part
            line.send(part)

    try:
        return work(job, told)
    except ArbError as error:
        return _Failed(str(error), isinstance(error, ConfigError))
