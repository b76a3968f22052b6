"""The STARK public key in an onboarding request, of either venue."""

import re
from collections.abc import Mapping
from typing import Any

from common.venues.stark import is_public_key

_HEX = re.compile("(0x)?[0-9a-fA-F]{1,64}")


def stark_key(given: Mapping[str, Any]) -> tuple[int, int] | None:
    """Its coordinates; None when they are missing or no point of the curve."""
    words = [given.get(name) for name in ("starkKey", "starkKeyYCoordinate")]
    if not all(isinstance(word, str) and _HEX.fullmatch(word) for word in words):
        return None
    x, y = (int(str(word), 16) for word in words)
    return (x, y) if is_public_key(x, y) else None
