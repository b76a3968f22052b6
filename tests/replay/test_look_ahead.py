"""Nothing that a replay does at a moment depends on what the tape says after it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise, takewhile
from pathlib import Path

import pytest

from common.core.events import BookMessage, Event
from common.core.market import Venue
from common.core.trader import Trader
from common.replay import run
from common.replay.run import Replay, play
from common.replay.tapes import Recorded, open_tapes
from common.settings import Settings
from common.sim.listings import listings
from common.tape.heard import Heard
from scripts.bench_replay import make_tape

SECONDS = 45
MARKETS = ("ETH", "MATIC", "LTC", "DOGE")
MakeConfig = Callable[..., Settings]


@dataclass(frozen=True)
class Did:
    """One thing that a trader did, as text, and when."""

    at_ns: int
    what: str


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tape(tmp_path_factory.mktemp("tape"), SECONDS, jumps=Decimal(3))


@pytest.fixture
def config(make_config: MakeConfig) -> Settings:
    return make_config(*MARKETS, more="", strategy="median_warmup_s = 4")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Did]:
    """Everything that traders hear but books, and what they answer to anything."""
    said: list[Did] = []
    on = Trader.on

    def listening(self: Trader, event: Event) -> list[object]:
        commands = on(self, event)
        heard = "" if isinstance(event, BookMessage) else f"{event} → "
        said.append(Did(event.at_ns, f"{self.terms.market}: {heard}{commands} {self.decision}"))
        return list(commands)

    monkeypatch.setattr(Trader, "on", listening)
    return said


def before(said: list[Did], at_ns: int) -> list[Did]:
    return list(takewhile(lambda did: did.at_ns < at_ns, said))


def heard_of(tape: Path, config: Settings) -> list[Heard]:
    listed = {v: {m: r.instrument for m, r in listings(v, Decimal("0.0005")).items()} for v in Venue}
    return list(open_tapes((tape,), tuple(config.markets), listed).heard)


@pytest.mark.parametrize("part", [0.35, 0.6, 0.85])
def test_another_future_changes_nothing_that_was_done_before(
    tape: Path, config: Settings, told: list[Did], monkeypatch: pytest.MonkeyPatch, part: float
) -> None:
    heard = heard_of(tape, config)
    cut = int(len(heard) * part)
    cut_ns = heard[cut].told.at_ns

    def playing(messages: list[Heard]) -> list[Did]:
        told.clear()
        monkeypatch.setattr(run, "open_tapes", lambda *_: Recorded(iter(messages), 0, lambda: 0))
        play(Replay((tape,), config, 3))
        return before(told, cut_ns)

    whole = playing(heard)
    assert sum("Reserve" in did.what for did in whole) > 2
    # cut off; one message missing; the rest a message late
    assert playing(heard[:cut]) == whole
    assert playing(heard[:cut] + heard[cut + 1 :]) == whole
    assert playing(heard[:cut] + list(shifted(heard[cut:]))) == whole


def shifted(heard: list[Heard]) -> Iterator[Heard]:
    """Each message at the time of the one after it."""
    for one, later in pairwise(heard):
        yield replace(one, told=replace(one.told, at_ns=later.told.at_ns))


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(tape: Path, config: Settings) -> None:
    first = play(Replay((tape,), config, 3))
    assert len(first.deals) > 5
    assert first == play(Replay((tape,), config, 3))
    assert first.digest != play(Replay((tape,), config, 4)).digest
