"""The text of one scrape. Reads what the desk reads, once; keeps no process and no socket."""

from collections.abc import Iterable

from prometheus_client.core import CollectorRegistry, Metric
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector

from common.desk.facts import facts
from common.desk.shapes import DeskFacts
from common.desk.told import Reader
from common.metrics.gauges import families
from common.settings import Settings


class _Once(Collector):
    """One look, for one text."""

    def __init__(self, desk: DeskFacts) -> None:
        self._desk = desk

    def collect(self) -> Iterable[Metric]:
        return families(self._desk)


def text(desk: DeskFacts) -> str:
    """OpenMetrics, `# EOF` at its end."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(desk))
    told: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return told.decode()


def once(config: Settings, now_ns: int) -> str:
    """The text as of now; opens the files for this alone."""
    reader = Reader(config)
    try:
        return text(facts(reader.read(now_ns), now_ns))
    finally:
        reader.close()
