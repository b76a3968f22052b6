"""A figure as SVG that can stand in a page beside others."""

import re
from io import StringIO

from matplotlib.figure import Figure


def svg(figure: Figure, name: str) -> str:
    """The figure as SVG that can stand beside others: its names are its own, and it has no size but its shape."""
    written = StringIO()
    figure.savefig(written, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = written.getvalue()
    text = text[text.index("<svg") :]
    own = re.sub("[^A-Za-z0-9]", "-", name)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{own}-", text)
    return re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1), count=1
    )
