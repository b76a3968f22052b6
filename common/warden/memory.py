"""What the warden must not forget when it is restarted: the equity that losses are measured against. One small file."""

import json
from dataclasses import dataclass
from pathlib import Path

from common.warden.margin import Baseline

#: the peak is written again only when it rose by this part of itself: a file is not written every two seconds
PEAK_STEP = 1000


@dataclass(slots=True)
class Memory:
    """The baseline of one ledger file; that of another one (after `run --fresh`) is not taken up."""

    path: Path
    incarnation: str
    _kept: Baseline | None = None

    def read(self) -> Baseline | None:
        """What was kept for this ledger; None when there is nothing, or nothing readable."""
        try:
            raw = json.loads(self.path.read_text())
            if raw["incarnation"] != self.incarnation:
                return None
            self._kept = Baseline(int(raw["day"]), int(raw["start_uusd"]), int(raw["peak_uusd"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return self._kept

    def keep(self, base: Baseline) -> None:
        """Write the baseline down if it differs by enough from what stands there; a full disk costs only the memory."""
        if self._kept is not None and not self._is_news(self._kept, base):
            return
        text = {"incarnation": self.incarnation, "day": base.day}
        draft = self.path.with_suffix(".new")
        try:
            draft.write_text(json.dumps(text | {"start_uusd": base.start_uusd, "peak_uusd": base.peak_uusd}))
            draft.replace(self.path)
        except OSError:
            return
        self._kept = base

    @staticmethod
    def _is_news(kept: Baseline, base: Baseline) -> bool:
        risen = abs(base.peak_uusd - kept.peak_uusd) * PEAK_STEP > kept.peak_uusd
        return risen or (kept.day, kept.start_uusd) != (base.day, base.start_uusd)
