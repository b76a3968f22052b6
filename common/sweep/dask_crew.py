"""Who replays: the workers of a Dask cluster that stands already. The one room that knows Dask, an optional extra.

A scheduler runs whatever it is sent, for whoever reaches its port, so this connects to the one that was named and
starts none. Workers must have this same program and see the same tapes at the same paths; both are asked for first.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from common.core.errors import ArbError, ConfigError
from common.sweep import identity
from common.sweep.crew import Told
from common.sweep.job import Job, Result, work

_CONNECT_S: Final = 10


class DaskCrew:
    """The workers behind a scheduler's address, `tcp://host:port`."""

    def __init__(self, address: str) -> None:
        self._address = address

    def run(self, jobs: Sequence[Job], told: Told) -> Iterator[Result]:
        """Every result, as it comes; ConfigError where the cluster cannot be worked with."""
        if not jobs:
            return
        distributed = _module()
        with self._client(distributed) as client:
            _check(client, jobs[0].tapes)
            futures = client.map(work, jobs, pure=False, key=[job.key for job in jobs])
            try:
                for future in distributed.as_completed(futures):
                    yield _result(future, distributed)
            finally:
                client.cancel(futures)

    def _client(self, distributed: Any) -> Any:
        try:
            return distributed.Client(self._address, timeout=_CONNECT_S)
        except (OSError, ValueError) as error:
            raise ConfigError(f"no Dask scheduler answers at {self._address}: {error}") from None


def _module() -> Any:
    try:
        import distributed
    except ImportError:
        raise ConfigError(
            "--scheduler needs Dask, which is optional: pip install distributed (the extra [dask])"
        ) from None
    return distributed


def _check(client: Any, tapes: tuple[str, ...]) -> None:
    """Every worker has this program and these tapes; a result of another one would be kept under our name."""
    if not client.scheduler_info()["workers"]:
        raise ConfigError("the Dask scheduler has no worker: start one with `dask worker ADDRESS`")
    ours = identity.of_program()
    for name, theirs in client.run(identity.of_program).items():
        if theirs != ours:
            raise ConfigError(f"the worker {name} runs another version of this program: install this one there")
    wanted = identity.of_tapes(tapes)
    for name, seen in client.run(identity.seen_tapes, tapes).items():
        if seen != wanted:
            raise ConfigError(f"the worker {name} does not see the same tapes at {', '.join(tapes)}: {seen}")


def _result(future: Any, distributed: Any) -> Result:
    try:
        result = future.result()
    except distributed.scheduler.KilledWorker as error:
        raise ArbError(f"the workers that replayed a part of the sweep died: {error}") from None
    assert isinstance(result, Result)
    return result
