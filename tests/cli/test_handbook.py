"""The pages that are made from the program say what it says, all of it, and the site has no dead end."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from common.core.deal import DEAL_MOVES
from common.core.errors import ConfigError
from common.result.meanings import MEANS
from scripts.arbctl import app
from scripts.handbook import advice, make, refusals, source, states, symptoms

ROOT = Path(__file__).resolve().parents[2]
SYMPTOMS = symptoms.STARTS + symptoms.RUNS + symptoms.HALTS + symptoms.FILE


def test_the_pages_in_the_folder_are_what_would_be_made() -> None:
    assert make.differing() == []


def test_every_word_that_is_said_is_explained_and_no_other() -> None:
    assert source.words_said() == set(MEANS) == set(advice.SAYS)


def test_every_alert_that_can_come_has_advice_and_no_other() -> None:
    assert source.alerts() == set(advice.ALERTS)


def test_every_exit_code_has_a_meaning_and_no_other() -> None:
    assert {name for _, _, name in source.exit_codes()} == set(advice.EXITS)


def test_a_symptom_is_still_something_that_the_program_says() -> None:
    text = "\n".join(path.read_text() for path in source.files("common") if path.suffix == ".py")
    text += "\n".join(p.read_text() for p in source.files("scripts", "workers") if "handbook" not in p.parts)
    assert [one.see for one in SYMPTOMS if not all(words in text for words in one.said)] == []


def test_a_refusal_that_is_raised_stands_in_the_catalogue() -> None:
    page = refusals.page()
    assert "arb.toml has no \\[markets" in page or "arb.toml has no [markets" in page
    assert "--force needs --reason TEXT" in page
    assert len([line for line in page.splitlines() if line.startswith("| ")]) > 200


def test_refusals_of_any_descent_are_known() -> None:
    assert source.kinds()["ResolveRefused"] == source.kinds()[ConfigError.__name__] == 3


def test_each_move_is_an_arrow() -> None:
    drawn = states.drawings()["images/states-deal.svg"]
    assert drawn.count("marker-end") == sum(map(len, DEAL_MOVES.values()))


def advised() -> list[str]:
    """Every whole arbctl command that a refusal, a remedy or an advice names between backticks."""
    said = [one.text for one in source.sentences()]
    said += [text for line in source.doctor_lines() for text in (line.says, line.remedy)]
    said += [*advice.SAYS.values(), *(one.do for one in advice.ALERTS.values()), *(one.do for one in SYMPTOMS)]
    return sorted({line for text in said for line in re.findall("`(arbctl [a-z][^`]*)`", text)})


@pytest.mark.parametrize("line", advised())
def test_an_advised_command_exists(line: str) -> None:
    words = line.split()[1:]
    group, named = app, list[str]()
    for word in words:
        if source.HOLE in word:
            break
        named.append(word)
        inner = [one.typer_instance for one in group.registered_groups if one.name == word]
        if not inner or inner[0] is None:
            break
        group = inner[0]
    asked = CliRunner().invoke(app, [*named, "--help"])
    options = {word for word in words if word.startswith("--")}
    assert asked.exit_code == 0
    assert not [option for option in options if option not in asked.output]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; --strict makes each dead link, dead anchor and page outside the navigation a failure."""
    place = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(place)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return place


def test_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    fetched = re.compile(r'(?:src|href)="(?:https?:)?//[^"]*"|url\(["\']?(?:https?:)?//')
    loads = re.compile(r"<(?:script|link|img|iframe)[^>]*>")
    odd = list[str]()
    for page in site.rglob("*.html"):
        odd += [tag for tag in loads.findall(page.read_text()) if fetched.search(tag)]
    odd += [f.name for end in ("*.css", "*.svg") for f in site.rglob(end) if fetched.search(f.read_text())]
    assert odd == []


def test_every_picture_that_is_shown_is_there(site: Path) -> None:
    for page in site.glob("*.html"):
        for name in re.findall('<img[^>]*src="([^"]+)"', page.read_text()):
            assert (site / name).exists(), f"{page.name} shows {name}"


def commands(page: str) -> list[str]:
    """Every line of the page's command blocks, without its remark."""
    drawings = re.compile(r"^```\w+\n.*?^```", re.DOTALL | re.MULTILINE)
    blocks = re.findall(r"^```\n(.*?)^```", drawings.sub("", page), re.DOTALL | re.MULTILINE)
    return [line.partition(" #")[0].rstrip() for block in blocks for line in block.splitlines()]


def test_the_chinese_readme_has_the_same_commands() -> None:
    english, chinese = ((ROOT / name).read_text() for name in ("README.md", "README.zh-CN.md"))
    assert len(commands(english)) > 20
    assert commands(chinese) == commands(english)


def test_the_chinese_readme_has_the_same_parts_keys_and_links() -> None:
    english, chinese = ((ROOT / name).read_text() for name in ("README.md", "README.zh-CN.md"))
    for kind in (
        r"^#+ ",
        r"^\| `[^`]+` \| [^|]+ \|",
        r"\]\((docs/[^)]+)\)",
        r"^```\w*",
        r"^ +[\w&, ]+ (?:-\.->|-->|<-->)",
    ):
        found = [re.findall(kind, page, re.MULTILINE) for page in (english, chinese)]
        assert found[0] == found[1], kind


def test_every_link_of_both_readmes_leads_somewhere() -> None:
    for name in ("README.md", "README.zh-CN.md"):
        links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / name).read_text())
        assert [link for link in links if not (ROOT / link).exists()] == []
