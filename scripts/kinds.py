"""What may be written for a key of arb.toml, as the class says it that the value goes into: type, unit, bounds."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, get_args, get_origin

from common.alerts.terms import AlertTerms
from common.core.bounds import bounds_of, hints_of, key_of
from common.core.terms import Terms
from common.paper_terms import Paper
from common.recorder.terms import RecorderTerms
from common.replay.terms import ReplayTerms
from common.settings import Cap, FleetLimits
from common.warden.terms import WardenTerms

#: section → the class that is filled from it; a section that is not here has words only
CLASSES: Final[dict[str, Any]] = {
    "cap": Cap,
    "limits": FleetLimits,
    "strategy": Terms,
    "markets.NAME": Terms,
    "warden": WardenTerms,
    "recorder": RecorderTerms,
    "alerts": AlertTerms,
    "paper": Paper,
    "replay": ReplayTerms,
}
#: by the end of a key's name
UNITS: Final = {
    "_s": "seconds",
    "_ms": "milliseconds",
    "_bps": "basis points of notional",
    "_usd": "USD",
    "_mb": "megabytes",
    "_per_minute": "deals a minute",
    "_per_hour": "deals an hour",
    "size": "base units",
    "_fee": "a fraction of notional",
}
#: words that a key takes, where its type does not say so
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "mode": ("paper", "live"),
    "faults": ("none", "drill"),
    "accounts": ("own", "onboarded"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """In words; empty where there is nothing to say."""

    type: str
    unit: str = ""
    least: str = ""
    most: str = ""
    #: `least` itself is too little
    above: bool = False

    def told(self) -> str:
        """One line."""
        line = f"{self.type} ({self.unit})" if self.unit else self.type
        if not self.most:
            return line
        return f"{line}, {f'above {self.least}, up' if self.above else f'from {self.least}'} to {self.most}"


def kind_of(section: str, name: str) -> Kind:
    """Of one key, as docs/configuration.md names it."""
    held = CLASSES.get(section)
    fields = {} if held is None else {key_of(field): field for field in hints_of(held)}
    if name not in fields:
        return Kind(_one_of(WORDS.get(name, ())))
    field = fields[name]
    bounds = bounds_of(held).get(field)
    type_ = _type(name, hints_of(held)[field])
    if bounds is None:
        return Kind(type_)
    unit = next((unit for end, unit in UNITS.items() if name.endswith(end)), "")
    return Kind(type_, unit, bounds.least, bounds.most, bounds.open_)


def _type(name: str, hint: Any) -> str:
    base = get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    if get_origin(base) is Literal:
        return _one_of(get_args(base))
    if base is str:
        return _one_of(WORDS.get(name, ()))
    if base is Decimal or name.endswith("_s"):
        return "number"
    return "whole number" if base is int else "rows of two numbers each: [[seconds, basis points], …]"


def _one_of(words: tuple[str, ...]) -> str:
    return f"one of {', '.join(words)}" if words else "text"
