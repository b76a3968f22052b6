"""`arbctl fleet unit`: the systemd units of this fleet, filled in. They are written for a person to put in place."""

import os
import pwd
import sys
from pathlib import Path
from string import Template
from typing import Final

from common.core.errors import ConfigError
from common.settings import Settings
from scripts.render import Answer
from scripts.supervise import CHECKOUT, compile_code

TEMPLATES: Final = Path(__file__).resolve().parent / "deploy"
SERVICE: Final = "arb.service"
TIMERS: Final = ("arb-backup.timer", "arb-restore-test.timer")
SYSTEM: Final = "/etc/systemd/system"


def units(config: Settings, file: Path, user: str | None, folder: Path | None) -> Answer:
    """Every unit by name; written into `folder`, if there is one, where nothing is overwritten."""
    made = filled(config, file, user or pwd.getpwuid(os.getuid()).pw_name)
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
    return {name: Template(text).substitute(places, user=user) for name, text in texts.items()}


def _write(folder: Path, made: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    there = [name for name in made if (folder / name).exists()]
    if there:
        raise ConfigError(f"{folder} has {', '.join(there)} already: name another folder, nothing is overwritten")
    for name, text in made.items():
        (folder / name).write_text(text)
