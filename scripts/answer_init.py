"""`arbctl init`: a commented arb.toml to begin with, made of the document and the markets of the shipped one."""

from pathlib import Path
from typing import Final

from common import settings
from common.core.errors import ConfigError
from scripts.explained import Key, keys
from scripts.render import Answer

SHIPPED: Final = Path(__file__).resolve().parent.parent / "arb.toml"
_WIDTH: Final = 110


def init(file: Path, *, live: bool) -> Answer:
    """Write a commented arb.toml; ConfigError when something is there already."""
    if file.exists():
        raise ConfigError(f"{file} is there already: name another file")
    text = written(live=live)
    try:
        file.write_text(text)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from error
    config = settings.load(file)
    next_step = "arbctl keys new, arbctl onboard, arbctl doctor" if live else f"./scripts/run --config {file}"
    data = {"file": str(file), "mode": config.mode, "markets": list(config.markets), "next": next_step}
    text = f"{file}: every key with its default, markets {', '.join(config.markets)}"
    return Answer(data, text=text, notes=(f"next: {next_step}",))


def written(*, live: bool) -> str:
    """The file: every key with its meaning, commented out at its default; the markets of the shipped one."""
    known = [key for key in keys() if not key.section.startswith(("markets.", "venues."))]
    parts = [_head(live)]
    for section in dict.fromkeys(key.section for key in known if key.section):
        rows = [key for key in known if key.section == section]
        parts.append("\n".join([f"[{section}]", *(line for key in rows for line in _commented(key))]))
    shipped = SHIPPED.read_text()
    parts.append(shipped[shipped.index("[markets.") :].strip())
    return "\n\n".join(parts) + "\n"


def _head(live: bool) -> str:
    mode = "live" if live else "paper"
    return (
        "# Every key at its default; take the # away to change one. `arbctl config check` says what is wrong,\n"
        "# `arbctl config explain KEY` what a key means and when a change counts, `config diff` what you changed.\n\n"
        f'mode = "{mode}"    # paper: the shipped venues; live: the real hosts, after arbctl doctor --i-understand'
    )


def _commented(key: Key) -> list[str]:
    """Its meaning, and the key at its default."""
    value = key.default if _is_plain(key.default) else f'"{key.default}"'
    return [*(f"# {line}" for line in _folded(key.meaning.replace("`", ""))), f"#{key.name} = {value}"]


def _is_plain(text: str) -> bool:
    """Whether arb.toml has it without quotes."""
    return text in ("true", "false") or text.startswith("[") or text.replace(".", "", 1).lstrip("-").isdigit()


def _folded(text: str) -> list[str]:
    lines, line = list[str](), ""
    for word in text.split():
        if len(line) + len(word) >= _WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line else lines
