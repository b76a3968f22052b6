"""The documents name every setting and every command, and every command they print exists."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from common.core.terms import Terms
from common.metrics.terms import MetricsTerms
from common.recorder.terms import RecorderTerms
from common.replay.terms import ReplayTerms
from common.settings import OVERRIDES, Cap, Endpoint, FleetLimits, Paper
from common.warden.terms import WardenTerms
from common.web.terms import WebTerms
from scripts.arbctl import app

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NOT_KEYS = {"budgets", "environ", "market", "start_wait_ns", "venue"}


def keys(kind: type) -> set[str]:
    """The names of a settings class as arb.toml has them."""
    names = {field.name for field in fields(kind)} - NOT_KEYS
    return {re.sub("_ns$", "_s", name) for name in names}


def test_every_setting_is_explained() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    wanted = (
        keys(Terms)
        | keys(Cap)
        | keys(FleetLimits)
        | keys(Paper)
        | keys(Endpoint)
        | keys(WardenTerms)
        | keys(RecorderTerms)
        | keys(ReplayTerms)
        | keys(WebTerms)
        | keys(MetricsTerms)
        | set(OVERRIDES)
        | {"ARB_CONFIG", "mode", "var"}
    )
    assert not [key for key in sorted(wanted) if f"`{key}`" not in text]


def test_every_key_of_the_shipped_file_is_explained() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text()
    table = tomllib.loads((ROOT / "arb.toml").read_text())
    used = {key for part in ("cap", "limits", "strategy", "warden", "paper") for key in table[part]}
    assert not [key for key in sorted(used) if f"`{key}`" not in text]


def printed() -> list[str]:
    """Every arbctl command line that stands in a code block."""
    fenced = re.compile(r"^```\n(.*?)^```", re.DOTALL | re.MULTILINE)
    named = re.compile(r"^```\w+\n.*?^```", re.DOTALL | re.MULTILINE)
    blocks = [block for path in DOCUMENTS for block in fenced.findall(named.sub("", path.read_text()))]
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return sorted({line for line in lines if line.startswith("arbctl ")})


def command_of(words: list[str]) -> list[str]:
    """The words that name the command: groups are followed by another one."""
    group, named = app, list[str]()
    for word in words:
        named.append(word)
        inner = [one.typer_instance for one in group.registered_groups if one.name == word]
        if not inner or inner[0] is None:
            break
        group = inner[0]
    return named


@pytest.mark.parametrize("line", printed())
def test_every_printed_command_exists(line: str) -> None:
    words = re.sub('".*?"', "x", line).split()[1:]
    words = words[2:] if words[0] == "--config" else words
    asked = CliRunner().invoke(app, [*command_of(words), "--help"])
    assert asked.exit_code == 0
    options = {word for word in words if word.startswith("--")}
    assert not [option for option in options if option not in asked.output]


def test_every_command_is_documented() -> None:
    text = "\n".join(path.read_text() for path in DOCUMENTS)
    names = {(command.name or getattr(command.callback, "__name__", "")) for command in app.registered_commands}
    names |= {str(group.name) for group in app.registered_groups}
    assert not [name for name in sorted(names) if f"arbctl {name}" not in text]
