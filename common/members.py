"""Who belongs to the fleet, written down as supervisord's program sections.

arb.toml says which markets there are; supervisord.conf must say the same. Everything between the two marks is made
here (`arbctl fleet render`), everything outside them is left as a person wrote it. Knows no process and no socket.
"""

from collections.abc import Iterable
from pathlib import Path

from common.core.errors import ConfigError
from common.recorder.terms import WITH_FLEET
from common.settings import Settings

GROUP = "arb"
SIM = "sim"
WARDEN = "warden"
RECORDER = "recorder"
WEB = "web"
METRICS = "metrics"
ALERTS = "alerts"
#: programs that nothing depends on, the fleet trades on without them: when each is started after the warden, and how
#: long it may take to end (a notification that is under way: 23 s)
FOR_PEOPLE = {WEB: (16, 10), METRICS: (17, 10), ALERTS: (19, 25)}
BEGIN = "; >>> made by `arbctl fleet render` from [markets.*] of arb.toml; edits in here are lost"
END = "; <<< made by `arbctl fleet render`"

_HERE = "%(here)s"
_PYTHON = '"%(here)s/.venv/bin/python"'

_LOGS = """\
redirect_stderr=true
stdout_logfile=%(here)s/var/log/{name}.log
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=2"""

# exit 0: told to stop. exit 3: a person has to mend something first. Anything else is restarted.
_SIM = """\
[program:sim]
command={python} -m workers.sim
directory=%(here)s
priority=10
autostart=true
autorestart=unexpected
exitcodes=0,3
startsecs=1
startretries=10
stopsignal=TERM
stopwaitsecs=10
killasgroup=true
{logs}
"""

# How long each may take to end is the sum of its waits, held against these numbers by tests/house/test_stop.py.
# told to stop after the workers (20) and before the paper venues (10)
_WARDEN = """\
[program:warden]
command={python} -m workers.warden
directory=%(here)s
priority=15
autostart=true
autorestart=unexpected
exitcodes=0,3
startsecs=2
startretries=10
stopsignal=TERM
stopwaitsecs=35
killasgroup=true
{logs}
"""

# nothing depends on it: started after sim and warden, and told to stop before them
_RECORDER = """\
[program:recorder]
command={python} -m workers.recorder
directory=%(here)s
priority=18
autostart={autostart}
autorestart=unexpected
exitcodes=0,3
startsecs=2
startretries=10
stopsignal=TERM
stopwaitsecs=10
killasgroup=true
{logs}
"""

# for people: nothing depends on them
_FOR_PEOPLE = """\
[program:{name}]
command={python} -m workers.{name}
directory=%(here)s
priority={priority}
autostart=true
autorestart=unexpected
exitcodes=0,3
startsecs=2
startretries=10
stopsignal=TERM
stopwaitsecs={stop_s}
killasgroup=true
{logs}
"""

_WORKER = """\
[program:{name}]
command={python} -m workers.arb {market}
directory=%(here)s
autostart=false
autorestart=unexpected
exitcodes=0,3
startsecs=2
startretries=5
stopsignal=TERM
stopwaitsecs=75
killasgroup=true
{logs}
"""

_GROUP = """\
[group:arb]
programs={programs}
priority=20
"""


def program(market: str) -> str:
    """supervisord's name of a market's worker within the group: BTC → btc."""
    return market.lower()


def sections(
    markets: Iterable[str], *, paper: bool = True, recorder: bool = False, people: Iterable[str] = FOR_PEOPLE
) -> str:
    """The program sections of a fleet trading `markets`; the paper venues are a member only when `paper`, of those for
    people the ones that are named, the recorder starts by itself only when `recorder`.
    """
    names = list(markets)
    programs = ",".join(program(market) for market in names)
    parts = [
        *([_SIM.format(python=_PYTHON, logs=_LOGS.format(name=SIM))] if paper else []),
        _WARDEN.format(python=_PYTHON, logs=_LOGS.format(name=WARDEN)),
        *(_for_people(name) for name in people),
        _RECORDER.format(python=_PYTHON, autostart=str(recorder).lower(), logs=_LOGS.format(name=RECORDER)),
        _GROUP.format(programs=programs),
        *(_worker(market) for market in names),
    ]
    return "\n".join([BEGIN, *parts, END])


def _for_people(name: str) -> str:
    priority, stop_s = FOR_PEOPLE[name]
    logs = _LOGS.format(name=name)
    return _FOR_PEOPLE.format(name=name, priority=priority, stop_s=stop_s, python=_PYTHON, logs=logs)


def _worker(market: str) -> str:
    name = program(market)
    return _WORKER.format(name=name, market=market, python=_PYTHON, logs=_LOGS.format(name=name))


def rendered(text: str, settings: Settings) -> str:
    """`text` of a supervisord.conf with the part between the marks made anew; ConfigError without both marks."""
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ConfigError(f"supervisord.conf lacks the two marks of `arbctl fleet render`: {BEGIN!r} and {END!r}")
    is_paper, is_recorded = settings.mode == "paper", settings.recorder.start == WITH_FLEET
    enabled = {WEB: settings.web.enabled, METRICS: settings.metrics.enabled, ALERTS: settings.alerts.enabled}
    people = [name for name in FOR_PEOPLE if enabled[name]]
    return before + sections(settings.markets, paper=is_paper, recorder=is_recorded, people=people) + after


def agrees(text: str, settings: Settings) -> bool:
    """Whether supervisord.conf has exactly the members that arb.toml names."""
    return rendered(text, settings) == text


def relocated(text: str, checkout: Path, var: Path) -> str:
    """The same configuration with its running files under `var`: for a fleet whose arb.toml lies elsewhere."""
    return text.replace(f"{_HERE}/var", str(var)).replace(_HERE, str(checkout))
