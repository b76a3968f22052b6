"""Who replays: processes and a Dask cluster on this machine give the same results as a replay in the test."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from common.core.errors import ArbError, ConfigError
from common.settings import Settings
from common.sweep import dask_crew, identity
from common.sweep.crew import Processes
from common.sweep.dask_crew import DaskCrew
from common.sweep.grid import only
from common.sweep.job import Job, Result, job_of, work
from scripts.bench_replay import make_tape


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tape(tmp_path_factory.mktemp("ten"), 14)


@pytest.fixture
def jobs(load: Callable[..., Settings], tape: Path) -> list[Job]:
    """MATIC with three thresholds, after a warm-up of three seconds."""
    base = load(only(("MATIC",)))
    (terms,) = base.markets.values()
    short = replace(terms, median_warmup_ns=3 * 10**9)
    configs = [replace(base, markets={"MATIC": replace(short, edge_min_bps=Decimal(bps))}) for bps in (1, 9, 999)]
    return [job_of((str(tape),), config, 1, None, "x") for config in configs]


def by_key(results: Iterator[Result]) -> dict[str, Result]:
    return {result.key: result for result in results}


def test_processes_give_what_a_replay_here_gives(jobs: list[Job]) -> None:
    told: list[tuple[str, float]] = []
    found = by_key(Processes(2).run(jobs, lambda key, part: told.append((key, part))))
    assert found == {job.key: work(job) for job in jobs}
    assert len({result.digest for result in found.values()}) > 1
    assert {key for key, _ in told} <= set(found) and all(0 <= part <= 1 for _, part in told)


def test_what_a_replay_refuses_is_told_here(jobs: list[Job], tmp_path: Path) -> None:
    broken = replace(jobs[0], tapes=(str(tmp_path / "absent.tape"),))
    with pytest.raises(ConfigError, match=r"absent\.tape: there is no tape"):
        list(Processes(1).run([broken], lambda key, part: None))


def test_a_process_that_dies_ends_the_sweep_with_a_sentence(jobs: list[Job]) -> None:
    killed: list[int] = []

    def kill(key: str, part: float) -> None:
        if not killed:
            killed.extend(_children())
            os.kill(killed[0], signal.SIGKILL)

    with pytest.raises(ArbError, match=r"died \(exit code -9\)"):
        list(Processes(1).run(jobs, kill))
    assert killed and not _children()


def test_who_stops_listening_ends_the_processes(jobs: list[Job]) -> None:
    run = Processes(2).run(jobs, lambda key, part: None)
    next(run)
    assert _children()
    run.close()  # type: ignore[attr-defined]
    assert not _children()


def _children() -> list[int]:
    import multiprocessing

    return [child.pid for child in multiprocessing.active_children() if child.pid is not None]


# ---- a cluster on this machine --------------------------------------------------------------------------------------


@pytest.fixture
def scheduler() -> Iterator[str]:
    """A scheduler and one worker on loopback, in this process."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
    ) as cluster:
        yield cluster.scheduler_address


def test_a_cluster_gives_what_a_replay_here_gives(scheduler: str, jobs: list[Job]) -> None:
    assert scheduler.startswith("tcp://127.0.0.1:")
    found = by_key(DaskCrew(scheduler).run(jobs, lambda key, part: None))
    assert found == {job.key: work(job) for job in jobs}


def test_a_worker_with_another_program_is_refused(
    scheduler: str, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = iter(["ours", "theirs"])
    monkeypatch.setattr(identity, "of_program", lambda: next(here))
    with pytest.raises(ConfigError, match="another version of this program"):
        list(DaskCrew(scheduler).run(jobs, lambda key, part: None))


def test_a_worker_that_sees_other_tapes_is_refused(
    scheduler: str, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "seen_tapes", lambda places: "nothing at all")
    with pytest.raises(ConfigError, match=r"does not see the same tapes at .*: nothing at all"):
        list(DaskCrew(scheduler).run(jobs, lambda key, part: None))


def test_what_a_replay_in_the_cluster_refuses_is_told_here(scheduler: str, jobs: list[Job]) -> None:
    # the tapes are those, but nothing of them is within this time
    late = replace(jobs[0], window=(1, 2))
    with pytest.raises(ConfigError, match="nothing on these tapes"):
        list(DaskCrew(scheduler).run([late], lambda key, part: None))


def test_a_scheduler_that_is_not_there_is_refused(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_crew, "_CONNECT_S", 0.3)
    with pytest.raises(ConfigError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        list(DaskCrew("tcp://127.0.0.1:9").run(jobs, lambda key, part: None))


def test_without_dask_it_is_said_what_to_install(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError, match="pip install distributed"):
        list(DaskCrew("tcp://127.0.0.1:9").run(jobs, lambda key, part: None))


def test_nothing_to_do_asks_nobody() -> None:
    crew: Any = DaskCrew("tcp://127.0.0.1:9")
    assert list(crew.run([], lambda key, part: None)) == []
