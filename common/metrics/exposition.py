"""The figures of one moment as metrics, and as text. Reads what the desk reads; keeps no process and no socket."""

from collections.abc import Iterable, Sequence

from prometheus_client.core import CollectorRegistry, Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector

from common.desk.facts import facts
from common.desk.told import Reader
from common.metrics import counts, gauges
from common.metrics.today import Today
from common.settings import Settings
from common.telemetry.files import folder_of
from common.telemetry.following import Following


class Sight:
    """Looks again and again; of telemetry it reads only what came since. Belongs to one thread."""

    def __init__(self, config: Settings) -> None:
        self._reader = Reader(config)
        self._following, self._today = Following(folder_of(config.ledger_file)), Today()

    def look(self, now_ns: int) -> Sequence[Metric]:
        """Everything as of now."""
        is_anew, rows = self._following.news(now_ns)
        if is_anew:
            self._today.begin()
        for row in rows:
            self._today.count(row)
        desk = facts(self._reader.read(now_ns), now_ns)
        return (*gauges.families(desk), *counts.families(self._today, desk))

    def close(self) -> None:
        """Let the ledger go."""
        self._reader.close()


class _Seen(Collector):
    """What was seen already, for one text."""

    def __init__(self, seen: Sequence[Metric]) -> None:
        self._seen = seen

    def collect(self) -> Iterable[Metric]:
        return self._seen


def registry(seen: Sequence[Metric]) -> CollectorRegistry:
    """These metrics as an encoder wants them."""
    made = CollectorRegistry(auto_describe=False)
    made.register(_Seen(seen))
    return made


def once(config: Settings, now_ns: int) -> str:
    """OpenMetrics of now, `# EOF` at its end; opens the files for this alone."""
    sight = Sight(config)
    try:
        told: bytes = generate_latest(registry(sight.look(now_ns)))  # type: ignore[no-untyped-call]
        return told.decode()
    finally:
        sight.close()
