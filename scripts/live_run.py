"""What is different about a run with real money: it is examined first, and nobody reads its venues' journals."""

from pathlib import Path

from common import clock, live_start
from common.core.errors import ConfigError
from common.core.events import HaltLevel
from common.doctor import doctor
from common.doctor.finding import SEE_ABOVE
from common.ledger.limits import EVERY_MARKET
from common.settings import Settings
from scripts import deeds, render

#: no paper venue listens there
NO_PORT = 0


def gate(config: Settings) -> None:
    """Ask both venues everything a start needs, as `arbctl doctor` does; ConfigError with all that forbids one.

    What forbids a start forbids new deals. Open deals must be seen through: where there are any, the fleet starts,
    with every market halted.
    """
    render.line("live: asking both venues first, as arbctl doctor does")
    whys = forbidding(config)
    if not whys:
        return
    if not live_start.has_live_deals(config):
        raise ConfigError(*whys)
    for why in whys:
        render.line(f"  FAILURE {why}")
    render.line("starting halted, to see the open deals through; arbctl doctor, then arbctl resume")
    with deeds.writable(config) as ledger:
        ledger.halt(HaltLevel.HALT, EVERY_MARKET, whys[0], who=deeds.person(), at_ns=clock.now_ns())


def forbidding(config: Settings) -> list[str]:
    """A sentence for each thing that forbids a start with real money."""
    failed = doctor.failures(doctor.fit_to_trade(config))
    told = [f"{f.check}: {f.says} → {f.remedy}" for f in failed if f.remedy != SEE_ABOVE]
    why = live_start.doubt(config)
    return [*told, *([why] if why else [])]


def journals(config: Settings) -> tuple[Path, int]:
    """Where the outside watch reads what venues say of themselves: folder and port; in live mode there is neither."""
    if config.mode == "paper":
        return config.var / "paper", config.paper.dydx_port
    return config.var / "no journals", NO_PORT
