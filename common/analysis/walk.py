"""What taking a size from one side of a book costs, as SQL over its columns of levels.

The same walk as `common.core.book`: level by level from the best price on, the average of what is taken, nothing when
the depth runs out. A size of 0 asks for the touch.
"""


def walked(side: str, levels: int, size: float) -> str:
    """The average price of taking `size` from `side` ("bid" or "ask"); null when there is not so much."""
    if size == 0:
        return f"{side}_px_1"
    cases, depth, cost = [], "0", "0"
    for level in range(1, levels + 1):
        price, there = f"{side}_px_{level}", f"{side}_sz_{level}"
        cases.append(f"when {depth} + {there} >= {size!r} then ({cost} + ({size!r} - ({depth})) * {price}) / {size!r}")
        depth, cost = f"{side}_depth_{level}", f"{side}_cost_{level}"
    return f"case {' '.join(cases)} else null end"


def sums(levels: int) -> str:
    """The columns that `walked` needs beside the levels: how much stands down to each level, and what it costs."""
    parts = []
    for side in ("bid", "ask"):
        depth, cost = "0", "0"
        for level in range(1, levels + 1):
            price, there = f"{side}_px_{level}", f"{side}_sz_{level}"
            parts += [f"{depth} + {there} as {side}_depth_{level}"]
            parts += [f"{cost} + {there} * {price} as {side}_cost_{level}"]
            # DuckDB lets a column of the same select be named again
            depth, cost = f"{side}_depth_{level}", f"{side}_cost_{level}"
    return ", ".join(parts)
