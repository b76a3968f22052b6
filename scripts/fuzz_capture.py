"""A recorded dYdX v3 book as a true stream: the frames as they were, numbered anew as connections are made anew."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.core.errors import ConfigError
from scripts.fuzz_oracle import DydxReading

NAME = "BTC-USD"


class CaptureStream:
    """Frames of one market of a capture (`receive time: {json}` lines); played again from the start at its end."""

    TICK, STEP = "1", "0.0001"

    def __init__(self, path: Path) -> None:
        frames = list(_frames(path))
        if len(frames) < 2 or frames[0]["type"] != "subscribed":
            raise ConfigError(f"{path} has no snapshot of {NAME} with changes behind it")
        self._first, self._changes = frames[0], frames[1:]
        self._number, self._at = -1, len(self._changes)

    def opened(self) -> None:
        """A new connection counts from 0."""
        self._number = -1

    def snapshot(self) -> str:
        """All levels as they are by now; from the start again where the tape has ended."""
        if self._at >= len(self._changes):
            self._book, self._at = DydxReading(self.TICK, self.STEP), 0
            self._book.read(json.dumps({**self._first, "message_id": 0, "id": NAME}))
        return self._frame("subscribed", self._book.contents())

    def delta(self) -> str:
        """The next recorded change; a tape at its end says nothing new."""
        change = self._changes[self._at % len(self._changes)]
        if self._at < len(self._changes):
            self._book.read(json.dumps({**change, "message_id": self._book.next_number, "id": NAME}))
        self._at += 1
        return self._frame(change["type"], change["contents"])

    def _frame(self, kind: str, contents: Any) -> str:
        self._number += 1
        head = {"type": kind, "connection_id": "c0ffee", "message_id": self._number}
        return json.dumps({**head, "id": NAME, "channel": "v3_orderbook", "contents": contents})


def _frames(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(path, "rt") as lines:
            yield from filter(_is_ours, map(_frame_of, lines))
    except (OSError, EOFError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as a capture: {type(error).__name__}") from None


def _frame_of(line: str) -> dict[str, Any]:
    """The frame in one line; empty for what the recorder said itself."""
    received, found, text = line.partition(": ")
    read: dict[str, Any] = json.loads(text) if found and received[:1].isdigit() else {}
    return read


def _is_ours(frame: dict[str, Any]) -> bool:
    return frame.get("id") == NAME and frame.get("channel") == "v3_orderbook" and "contents" in frame
