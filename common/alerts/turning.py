"""From what stands to what is said: once when it begins, again at a growing interval, once when it is over. Pure."""

from collections.abc import Mapping
from typing import Final

from common.alerts.shapes import Condition, Kind, Say, Severity, Standing
from common.alerts.terms import DAY_NS
from common.core.terms import SECOND_NS

#: what is gone for less is not over: figures come and go
CALM_NS: Final = 15 * SECOND_NS


class Turning:
    """Remembers since when each condition stands, or is gone: of this process, a restart only delays."""

    def __init__(self, remind_after_ns: int) -> None:
        self._remind_after_ns = remind_after_ns
        self._seen_ns: dict[str, int] = {}
        self._gone_ns: dict[str, int] = {}

    def look(
        self, told: Mapping[str, Standing], now: Mapping[str, Condition], at_ns: int
    ) -> list[tuple[Say, Standing | None]]:
        """What is to be said, each with what then stands (None: nothing any more)."""
        self._seen_ns = {key: self._seen_ns.get(key, at_ns) for key in now}
        self._gone_ns = {key: self._gone_ns.get(key, at_ns) for key in told if key not in now}
        begun = [self._begun(one, at_ns) for one in now.values() if one.key not in told and self._is_ripe(one, at_ns)]
        still = [self._still(told[key], one, at_ns) for key, one in now.items() if self._is_due(told.get(key), at_ns)]
        over = [
            (_over(told[key], since_ns), None) for key, since_ns in self._gone_ns.items() if at_ns - since_ns >= CALM_NS
        ]
        return [*begun, *still, *over]

    def _is_ripe(self, one: Condition, at_ns: int) -> bool:
        return at_ns - self._seen_ns[one.key] >= one.after_ns

    def _begun(self, one: Condition, at_ns: int) -> tuple[Say, Standing]:
        gap_ns, since_ns = self._remind_after_ns, self._seen_ns[one.key]
        say = Say(Kind.BEGUN, one.key, one.severity, f"{one.text}\n→ {one.remedy}")
        return say, Standing(one.key, one.severity, one.text, since_ns, at_ns + gap_ns, gap_ns)

    @staticmethod
    def _is_due(told: Standing | None, at_ns: int) -> bool:
        # what does not matter much is told once
        return told is not None and told.severity is not Severity.INFO and at_ns >= told.remind_ns

    @staticmethod
    def _still(told: Standing, one: Condition, at_ns: int) -> tuple[Say, Standing]:
        gap_ns = min(2 * told.gap_ns, DAY_NS)
        say = Say(
            Kind.STILL,
            one.key,
            one.severity,
            f"still, for {_spoken(at_ns - told.begun_ns)}: {one.text}\n→ {one.remedy}",
        )
        return say, Standing(one.key, one.severity, one.text, told.begun_ns, at_ns + gap_ns, gap_ns)


def _over(told: Standing, since_ns: int) -> Say:
    text = f"over after {_spoken(since_ns - told.begun_ns)}: {told.text}"
    return Say(Kind.OVER, told.key, min(told.severity, Severity.WARNING, key=list(Severity).index), text)


def _spoken(ns: int) -> str:
    seconds = max(0, ns) // SECOND_NS
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
