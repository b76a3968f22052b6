"""What a wallet signs when it onboards: EIP-712 structs of both venues, and whether an address signed one.

Only strings are ever signed there. Knows no route; the constants are those of the official clients.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from common.sim.server.secp256k1 import keccak256, signer

#: the paper venues live on the main network, as the real ones do
NETWORK_ID: Final = 1
_DYDX, _APEX, _VERSION = "dYdX", "ApeX", "1.0"
_DYDX_SITE, _APEX_SITE = "https://trade.dydx.exchange", "https://pro.apex.exchange"
_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId)"
_PREFIX = b"\x19Ethereum Signed Message:\n"
#: the last byte of a signature says what the wallet put before the hash: nothing, its length in digits, or as a byte
_PREPENDED: Final = {0: b"", 1: _PREFIX + b"32", 2: _PREFIX + b"\x20"}
_SIGNATURE_BYTES = 66


@dataclass(frozen=True, slots=True)
class EthClaim:
    """What the headers of a request say about the wallet that sent it; nothing is checked."""

    address: str
    signature: str
    timestamp: str


def eth_claim(headers: Mapping[str, str], prefix: str) -> EthClaim:
    """The claim in the headers `PREFIX-ETHEREUM-ADDRESS` and so on; missing ones are empty."""
    return EthClaim(
        address=headers.get(f"{prefix}-ETHEREUM-ADDRESS", "").lower(),
        signature=headers.get(f"{prefix}-SIGNATURE", ""),
        timestamp=headers.get(f"{prefix}-TIMESTAMP", ""),
    )


def dydx_onboarding() -> bytes:
    """The hash that a new user of dYdX signs."""
    return _hashed(_DYDX, {"action": "dYdX Onboarding", "onlySignOn": _DYDX_SITE})


def dydx_request(method: str, path: str, timestamp: str) -> bytes:
    """The hash that goes with dYdX's requests about keys; their body is always an empty object."""
    return _hashed(_DYDX, {"method": method, "requestPath": path, "body": "{}", "timestamp": timestamp})


def apex_onboarding(nonce: str) -> bytes:
    """The hash that a new user of ApeX signs."""
    return _hashed(_APEX, {"action": "ApeX Onboarding", "onlySignOn": _APEX_SITE, "nonce": nonce})


def is_signed(digest: bytes, claim: EthClaim) -> bool:
    """Whether the address that is claimed signed this hash."""
    raw = signature_bytes(claim)
    if raw is None:
        return False
    before = _PREPENDED[raw[-1]]
    return signer(keccak256(before + digest) if before else digest, raw[:-1]) == claim.address


def signature_bytes(claim: EthClaim) -> bytes | None:
    """r ‖ s ‖ v and the byte for what was put before the hash; None when it has not that shape."""
    try:
        raw = bytes.fromhex(claim.signature.removeprefix("0x"))
    except ValueError:
        return None
    return raw if len(raw) == _SIGNATURE_BYTES and raw[-1] in _PREPENDED else None


def _hashed(name: str, message: Mapping[str, str]) -> bytes:
    kind = f"{name}({','.join(f'string {field}' for field in message)})"
    domain = [_DOMAIN, name, _VERSION]
    return keccak256(
        b"\x19\x01"
        + keccak256(b"".join(map(_text, domain)) + NETWORK_ID.to_bytes(32))
        + keccak256(b"".join(map(_text, [kind, *message.values()])))
    )


def _text(value: str) -> bytes:
    return keccak256(value.encode())
