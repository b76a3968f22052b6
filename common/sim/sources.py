"""Which source of books a person asked for: `synthetic`, or `replay:PATH`. Knows no wall time and no venue's engine."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.core.errors import ConfigError
from common.sim.types import Instruments

if TYPE_CHECKING:
    from common.sim.replay import ReplaySource
    from common.sim.synthetic import SyntheticSource

SYNTHETIC, REPLAY = "synthetic", "replay:"


def open_source(
    spec: str,
    markets: Sequence[str],
    instruments: Instruments,
    *,
    seed: int,
    jumps: Decimal,
    state: Mapping[str, Any] | None = None,
) -> "SyntheticSource | ReplaySource":
    """The source that `spec` names, for those of `markets` that it can drive; ConfigError with the remedy otherwise.

    Both kinds say with `books_of(venue)` which books they show where: a tape of one venue alone has no `markets`.
    `state` is what `Source.state` gave before a restart; one that another source wrote is left alone. `seed` and
    `jumps` (multiplier of the demo's basis jumps, 0 is none) matter to the synthetic source only.
    """
    # each kind is imported only when asked for: duckdb has no business in a process that makes its own books
    if spec == SYNTHETIC:
        from common.sim.synthetic import SyntheticSource

        return SyntheticSource(markets, instruments, seed=seed, jumps=jumps, state=state)
    if spec.startswith(REPLAY) and spec != REPLAY:
        from common.sim.replay import open_replay

        return open_replay(Path(spec.removeprefix(REPLAY)), markets, instruments, state)
    raise ConfigError(f'paper.source is "{spec}": write "synthetic", or "replay:PATH" with recorded books at PATH')
