"""A paper venue's journal (first stub)."""

from pathlib import Path

from common.sim.store import Facts, Store


class PaperJournal:
    """Not writing yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Store:
        """An empty store."""
        return Store()

    def append(self, facts: Facts, store: Store) -> None:
        """Nothing yet."""
