"""supervisord.conf beside arb.toml: bring it in step, or say whether it is."""

from pathlib import Path

from common import members
from common.core.errors import ConfigError
from common.settings import Settings
from scripts.render import Answer

NAME = "supervisord.conf"


def write(config: Settings) -> Answer:
    """Make the program sections anew; a running supervisord takes them up with `supervisorctl update`."""
    path = config.root / NAME
    old = _read(path)
    new = members.rendered(old, config)
    if new == old:
        return Answer({"changed": False, "markets": list(config.markets)}, text=f"{NAME} was in step already")
    draft = path.with_suffix(".new")
    try:
        draft.write_text(new)
        draft.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
    names = ", ".join(config.markets)
    return Answer(
        {"changed": True, "markets": list(config.markets)},
        text=f"{NAME} now has {names}",
        notes=["a running supervisord takes it up with `supervisorctl update`"],
    )


def check(config: Settings) -> tuple[Answer, bool]:
    """The answer, and whether both agree."""
    same = members.agrees(_read(config.root / NAME), config)
    text = f"{NAME} and arb.toml agree" if same else f"{NAME} and arb.toml differ: run `arbctl fleet render`"
    return Answer({"agree": same, "markets": list(config.markets)}, text=text), same


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
