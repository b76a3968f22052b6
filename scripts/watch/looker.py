"""Reads the desk's facts in a thread of its own: a slow disk or a silent supervisord must not hold the screen up."""

import threading
from collections.abc import Callable

from common import clock
from common.desk.facts import facts
from common.desk.shapes import DeskFacts
from common.desk.told import Reader
from common.settings import Settings


class Looker:
    """Looks when it is asked to, one look at a time; `seen` is called from its thread."""

    def __init__(self, config: Settings, seen: Callable[[DeskFacts], None]) -> None:
        self._config, self._seen = config, seen
        self._wanted, self._over = threading.Event(), threading.Event()
        # who leaves the screen does not wait for a look that hangs
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    def start(self) -> None:
        """The first look."""
        self._thread.start()
        self.ask()

    def ask(self) -> None:
        """Look soon; asking twice meanwhile is asking once."""
        self._wanted.set()

    def stop(self) -> None:
        """No look after this one."""
        self._over.set()
        self._wanted.set()

    def _run(self) -> None:
        reader = Reader(self._config)
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._over.is_set():
                return reader.close()
            now_ns = clock.now_ns()
            desk = facts(reader.read(now_ns), now_ns)
            if not self._over.is_set():
                self._seen(desk)
