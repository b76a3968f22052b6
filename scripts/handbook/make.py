"""Writes the pages that are made from the program, or says which of them are not what it would write."""

import sys
from pathlib import Path

from scripts.handbook import refusals, runbook, states

DOCS = Path(__file__).resolve().parents[2] / "docs"
MADE = "<!-- Made by scripts/docs from the program itself; not by hand. -->\n\n"


def pages() -> dict[str, str]:
    """File name under docs/ and content of all that is made."""
    made = {"runbook.md": runbook.page(), "refusals.md": refusals.page(), "states.md": states.page()}
    return {name: f"{MADE}{text}\n" for name, text in made.items()} | states.drawings()


def differing() -> list[str]:
    """The names of those that are missing or not what they would be now."""
    return [name for name, text in pages().items() if not _is(DOCS / name, text)]


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def main() -> int:
    """Write them, or only compare with `--check`."""
    if "--check" in sys.argv[1:]:
        odd = differing()
        for name in odd:
            print(f"docs/{name} is not what the program says: run ./scripts/docs", file=sys.stderr)
        return int(bool(odd))
    (DOCS / "images").mkdir(exist_ok=True)
    for name, text in pages().items():
        (DOCS / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
