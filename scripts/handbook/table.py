"""A table in Markdown. Cells are Markdown; only what would break the table or be taken for a tag is escaped."""

from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The lines of one table."""
    body = [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    return "\n".join((f"| {' | '.join(columns)} |", "|" + "---|" * len(columns), *body))


def _cell(text: str) -> str:
    """Between backticks a star is a star; elsewhere it would begin an emphasis."""
    parts = text.replace("|", "\\|").split("`")
    return "`".join(part if index % 2 else _plain(part) for index, part in enumerate(parts))


def _plain(text: str) -> str:
    for sign, written in (("<", "&lt;"), ("*", "\\*"), ("_", "\\_")):
        text = text.replace(sign, written)
    return text
