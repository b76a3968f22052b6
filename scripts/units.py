"""`arbctl fleet unit`: the systemd units of this fleet, filled in. They are written for a person to put in place."""

import configparser
import os
import pwd
import sys
from pathlib import Path
from string import Template
from typing import Final

from common import members
from common.core.errors import ConfigError
from common.settings import Settings
from scripts.render import Answer
from scripts.supervise import CHECKOUT, compile_code

TEMPLATES: Final = Path(__file__).resolve().parent / "deploy"
SERVICE: Final = "arb.service"
TIMERS: Final = ("arb-backup.timer", "arb-restore-test.timer")
#: beyond what supervisord grants its members: until it is told to, and for the summary with its audit
STOP_MARGIN_S: Final = 80
SYSTEM: Final = "/etc/systemd/system"


def units(config: Settings, file: Path, user: str | None, folder: Path | None) -> Answer:
    """Every unit by name; written into `folder`, if there is one, where nothing is overwritten."""
    owner = user or pwd.getpwuid(os.getuid()).pw_name
    if owner == "root":
        raise ConfigError("the fleet needs no rights of root: name the account whose fleet it is with --user")
    made = filled(config, file, owner)
    data = {"units": made, "written": None if folder is None else str(folder)}
    if folder is None:
        return Answer(data, text="\n".join(f"# ---- {name}\n{text}" for name, text in made.items()))
    _write(folder, made)
    compile_code(CHECKOUT)
    names = " ".join([SERVICE, *TIMERS])
    return Answer(
        data,
        text=f"{folder} has {', '.join(made)}",
        notes=[
            f"look at them, then: sudo cp {folder}/arb* {SYSTEM}/ && sudo systemctl daemon-reload",
            f"and: sudo systemctl enable --now {names}",
        ],
    )


def filled(config: Settings, file: Path, user: str) -> dict[str, str]:
    """The templates with this fleet's folders in them; ConfigError for a folder that systemd could not name."""
    places = {
        "root": config.root,
        "checkout": CHECKOUT,
        "config": file.resolve(),
        "python": Path(sys.executable),
        "writable": config.var,
    }
    for what, path in places.items():
        if any(letter.isspace() or letter in "\"'\\%$" for letter in str(path)):
            raise ConfigError(f"{what} {path} has a letter that means something to systemd: use another folder")
    texts = {path.name: path.read_text() for path in sorted(TEMPLATES.glob("arb*.[st]*"))}
    stop_s = stop_bound_s(config) + STOP_MARGIN_S
    return {name: Template(text).substitute(places, user=user, stop_s=stop_s) for name, text in texts.items()}


def stop_bound_s(config: Settings) -> int:
    """How long supervisord may take to stop: its members by priority, those of one at the same time."""
    conf = configparser.ConfigParser(interpolation=None)
    conf.read_string(members.rendered((CHECKOUT / "supervisord.conf").read_text(), config))
    group, waits = conf.getint(f"group:{members.GROUP}", "priority"), dict[int, int]()
    for name in (name for name in conf.sections() if name.startswith("program:")):
        priority = conf.getint(name, "priority", fallback=group)
        waits[priority] = max(waits.get(priority, 0), conf.getint(name, "stopwaitsecs"))
    return sum(waits.values())


def _write(folder: Path, made: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    there = [name for name in made if (folder / name).exists()]
    if there:
        raise ConfigError(f"{folder} has {', '.join(there)} already: name another folder, nothing is overwritten")
    for name, text in made.items():
        (folder / name).write_text(text)
