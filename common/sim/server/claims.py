"""What a request says about who sent it: the four headers that both venues have under their own names."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """All text, nothing checked; secrets of the sender are not in it."""

    api_key: str
    passphrase: str
    timestamp: str
    signature: str


def claim_of(headers: Mapping[str, str], prefix: str) -> Claim:
    """The claim in the headers `PREFIX-API-KEY` and so on; missing ones are empty."""
    return Claim(
        api_key=headers.get(f"{prefix}-API-KEY", ""),
        passphrase=headers.get(f"{prefix}-PASSPHRASE", ""),
        timestamp=headers.get(f"{prefix}-TIMESTAMP", ""),
        signature=headers.get(f"{prefix}-SIGNATURE", ""),
    )
