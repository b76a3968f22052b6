"""[metrics] of arb.toml: whether the figures are served, and at which port of loopback. Pure, checked once built."""

from dataclasses import dataclass
from typing import Annotated, Final

from common.core.bounds import Within, refuse_wrong

Port = Annotated[int, Within("1", "65535")]
#: equity and positions are nobody else's: who watches from another machine comes through a tunnel, or pushes from here
HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class MetricsTerms:
    """Loopback only, so there is no address to set."""

    enabled: bool = True
    port: Port = 18711

    def __post_init__(self) -> None:
        refuse_wrong("metrics", self, ())

    @property
    def url(self) -> str:
        """What a Prometheus on this machine scrapes."""
        return f"http://{HOST}:{self.port}/metrics"
