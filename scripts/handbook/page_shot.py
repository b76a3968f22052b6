"""A picture of the web page of a fleet, taken by a browser that is installed here; none where there is no browser."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
#: a desk's window, and how long the page may take to have drawn its charts
WIDTH, HEIGHT = 1280, 1000
DRAWN_MS: Final = 6_000


def browser() -> str | None:
    """Where one is."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def with_page(text: str, port: int) -> str:
    """An arb.toml whose fleet has a page at this port."""
    head, mark, rest = text.partition("\n[web]")
    section = re.sub(r"(?m)^enabled = \w+", "enabled = true", rest, count=1)
    return head + mark + re.sub(r"(?m)^port = \d+", f"port = {port}", section, count=1)


def take(called: Iterable[str], link: str, file: Path) -> None:
    """Log in with what `arbctl web token` says (`called`: how it is called), and keep what one sees."""
    from playwright.sync_api import sync_playwright

    token = subprocess.run([*called], capture_output=True, text=True, check=True).stdout.strip()
    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        page = opened.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark")
        page.goto(link)
        page.fill("input[type=password]", token)
        page.keyboard.press("Enter")
        page.wait_for_timeout(DRAWN_MS)
        page.screenshot(path=file)
        opened.close()
