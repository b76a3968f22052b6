"""Pictures of what commands answer: a fleet of its own, in a new folder, is asked as a person would ask it.

Each command runs on a terminal of 100 columns; what it writes there becomes one SVG that fetches nothing. The figures
are those of this run: pictures are taken, never made up, and differ from one run to the next.
"""

import fcntl
import io
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from common import clock, settings
from common.core.terms import SECOND_NS
from common.ports import taken
from scripts.apart import apart
from scripts.handbook import page_shot
from scripts.watch.picture import picture

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
COLUMNS, ROWS = 100, 40
PORTS = range(30_000, 32_000)
#: the fleet starts, warms its medians and closes a deal within this
READY_BOUND_S, STOP_BOUND_S, POLL_S = 180.0, 120.0, 1.0
#: so many closed deals make tables worth looking at
CLOSED = 6


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture: its name, and the words behind `arbctl`; `ID` stands for a closed deal.

    `keys`: of the screen of `arbctl watch`, pressed before the picture is taken. `is_page`: what a browser shows there.
    """

    name: str
    words: tuple[str, ...]
    keys: tuple[str, ...] | None = None
    is_page: bool = False


SHOTS: Final = (
    Shot("watch", ("watch",), keys=()),
    Shot("watch-deal", ("watch",), keys=("tab", "enter")),
    Shot("watch-flatten", ("watch",), keys=("F",)),
    Shot("web", ("web", "link"), is_page=True),
    Shot("status", ("status",)),
    Shot("positions", ("positions",)),
    Shot("spread", ("spread",)),
    Shot("deals", ("deals", "--limit", "8")),
    Shot("deal", ("deal", "show", "ID")),
    Shot("journal", ("journal", "--limit", "10")),
    Shot("limits", ("limit", "show")),
    Shot("report", ("report", "--since", "1h")),
    Shot("doctor", ("doctor",)),
    Shot("audit", ("audit",)),
    Shot("halt", ("halt", "BTC", "--reason", "odd prices")),
    Shot("flatten", ("flatten", "--dry-run")),
)


def main() -> int:
    """Take those that are named, or all of them; exit code 1 when the fleet gave nothing to look at."""
    wanted = [shot for shot in SHOTS if shot.name in sys.argv[1:] or not sys.argv[1:]]
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="shots-", dir=ROOT / "var") as home:
        return picture_all(wanted, scratch(Path(home)))


def picture_all(wanted: Iterable[Shot], config: Path) -> int:
    """Start the fleet of this arb.toml, take the pictures, stop it; the exit code."""
    with subprocess.Popen(["./scripts/run", "--config", str(config)], cwd=ROOT, stdout=subprocess.DEVNULL) as fleet:
        try:
            deal = closed_deal(config, fleet)
            if deal is None:
                print(f"screenshots: {CLOSED} deals were not closed within {READY_BOUND_S:.0f} s", file=sys.stderr)
                return 1
            return take(wanted, config, deal)
        finally:
            fleet.send_signal(signal.SIGINT)
            fleet.wait(STOP_BOUND_S)


def scratch(home: Path) -> Path:
    """An arb.toml like the shipped one, with free ports, in this folder."""
    free = (port for port in PORTS if not taken(port))
    text = (ROOT / "arb.toml").read_text()
    (home / "arb.toml").write_text(page_shot.with_page(apart(text, next(free), next(free)), next(free)))
    return home / "arb.toml"


def closed_deal(config: Path, fleet: "subprocess.Popen[bytes]") -> str | None:
    """Wait until some are closed, and name one; None when they are not in time, or the fleet has ended."""
    until_ns = clock.now_ns() + int(READY_BOUND_S * SECOND_NS)
    while clock.now_ns() < until_ns:
        asked = subprocess.run(command(config, ("deals", "--state", "closed", "--json")), capture_output=True, cwd=ROOT)
        found: list[dict[str, Any]] = json.loads(asked.stdout or "[]")
        if len(found) >= CLOSED:
            return str(found[0]["deal_id"])
        try:
            fleet.wait(POLL_S)
        except subprocess.TimeoutExpired:
            continue
        return None
    return None


def command(config: Path, words: Iterable[str]) -> list[str]:
    """How arbctl is called for that fleet."""
    return [str(ROOT / ".venv/bin/arbctl"), "--config", str(config), *words]


def take(shots: Iterable[Shot], config: Path, deal: str) -> int:
    """Ask, and draw the answer; an answer that is a refusal is no picture, and the exit code is 1."""
    worst = 0
    for shot in shots:
        if shot.keys is not None:
            kept(shot, picture(settings.load(config), shot.keys))
            continue
        if shot.is_page:
            of_page(shot, config)
            continue
        words = [deal if word == "ID" else word for word in shot.words]
        code, answer = on_a_terminal(command(config, words))
        if code:
            print(f"screenshots: arbctl {' '.join(words)} ended with {code}: {answer.strip()}", file=sys.stderr)
            worst = 1
            continue
        shown = answer.replace(str(config.parent), ".").replace(str(ROOT), ".")
        kept(shot, drawn(f"arbctl {' '.join(words)}", shown))
    return worst


def of_page(shot: Shot, config: Path) -> None:
    """What a browser shows; only said where there is none."""
    if page_shot.browser() is None:
        print(
            f"screenshots: no browser for {shot.name}: install one of {', '.join(page_shot.BROWSERS)}", file=sys.stderr
        )
        return
    link = subprocess.run(command(config, shot.words), capture_output=True, text=True, cwd=ROOT, check=True)
    file = IMAGES / f"shot-{shot.name}.png"
    page_shot.take(command(config, ("web", "token")), link.stdout.strip(), file)
    print(f"screenshots: docs/images/{file.name}")


def kept(shot: Shot, svg: str) -> None:
    """Put the picture where the documents look for it."""
    (IMAGES / f"shot-{shot.name}.svg").write_text(svg)
    print(f"screenshots: docs/images/shot-{shot.name}.svg")


def on_a_terminal(words: list[str]) -> tuple[int, str]:
    """The exit code of a command, and everything that it writes on a terminal of our size."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environ = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen(words, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=environ) as child:
        os.close(theirs)
        said = io.BytesIO()
        while chunk := _read(ours):
            said.write(chunk)
    os.close(ours)
    return child.returncode, said.getvalue().decode(errors="replace").replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    """Linux tells that the other end was closed by an error."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


def drawn(title: str, answer: str) -> str:
    """The SVG; its letters are the reader's own, nothing is fetched."""
    from rich._export_format import CONSOLE_SVG_FORMAT
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text("$ " + title, style="bold"))
    console.print(Text.from_ansi(answer.rstrip()), soft_wrap=False)
    plain = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return console.export_svg(title="arb-fleet", code_format=plain, unique_id=re.sub(r"\W+", "-", title))


if __name__ == "__main__":
    sys.exit(main())
