"""What `arbctl metrics` answers: the text of one scrape."""

from common import clock
from common.metrics import exposition
from common.settings import Settings
from scripts.render import Answer


def metrics(config: Settings) -> Answer:
    """OpenMetrics of now."""
    told = exposition.once(config, clock.now_ns())
    return Answer({"openmetrics": told}, text=told.rstrip("\n"))
