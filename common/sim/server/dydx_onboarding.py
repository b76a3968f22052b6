"""dYdX's answers to a wallet: a new user, recovery, API keys. Each of them proves itself by an Ethereum signature.

The credentials of a new user are a function of its signature: the official client works them out by itself and never
reads them from the answer.
"""

import base64
import uuid
from collections.abc import Mapping
from typing import Any

from common.sim.accounts import AccountRecord, Credentials, fresh_credentials, onboarded
from common.sim.enrolment import KEYS_MAX, another_key
from common.sim.server import texts, views_dydx
from common.sim.server.auth_dydx import is_timely
from common.sim.server.eip712 import EthClaim, dydx_onboarding, dydx_request, is_signed, signature_bytes
from common.sim.server.mouth import Mouth
from common.sim.server.secp256k1 import keccak256
from common.sim.server.stark_key import stark_key

Json = dict[str, Any]
_UUID_BYTES, _PASSPHRASE_END, _SECRET_BYTES = 16, 31, 30


def new_user(mouth: Mouth, claim: EthClaim, body: Any) -> Json | texts.No:
    """POST /v3/onboarding: an account with the paper balance, and the credentials that follow from the signature."""
    if not is_signed(dydx_onboarding(), claim):
        return texts.dydx(texts.BAD_ONBOARDING)
    public = stark_key(body) if isinstance(body, dict) else None
    if public is None:
        return texts.dydx(texts.STARK_KEY)
    if any(holder.eth_address.lower() == claim.address or holder.stark_x == public[0] for holder in mouth.accounts):
        return texts.dydx(texts.USER_EXISTS)
    record = onboarded(mouth.venue.venue, claim.address, public, default_credentials(claim))
    mouth.enrol(record)
    return {
        "apiKey": _api_key(record),
        "user": views_dydx.user(mouth, record),
        "account": _account(mouth, record),
    }


def default_credentials(claim: EthClaim) -> Credentials:
    """What a proven onboarding signature makes of itself: key and passphrase of its s, the secret of its r."""
    raw = signature_bytes(claim)
    assert raw is not None, "the signature was verified"
    of_r, of_s = keccak256(raw[:32]), keccak256(raw[32:64])
    return Credentials(
        key=str(uuid.UUID(bytes=of_s[:_UUID_BYTES])),
        secret=base64.urlsafe_b64encode(of_r[:_SECRET_BYTES]).decode(),
        passphrase=base64.urlsafe_b64encode(of_s[_UUID_BYTES:_PASSPHRASE_END]).decode(),
    )


def recovery(mouth: Mouth, claim: EthClaim, target: str) -> Json | texts.No:
    """GET /v3/recovery: what a wallet without its other keys needs to know of its account."""
    holder = _proven(mouth, claim, "GET", target)
    if isinstance(holder, texts.No):
        return holder
    account = _account(mouth, holder)
    names = ("starkKey", "positionId", "equity", "freeCollateral", "quoteBalance")
    return {name: account[name] for name in names} | {"positions": list(account["openPositions"].values())}


def add_key(mouth: Mouth, claim: EthClaim, target: str) -> Json | texts.No:
    """POST /v3/api-keys: other credentials for the same account."""
    holder = _proven(mouth, claim, "POST", target)
    if isinstance(holder, texts.No):
        return holder
    held = sum(other.account_id == holder.account_id for other in mouth.holders.values())
    if held >= KEYS_MAX:
        return texts.dydx(texts.KEYS_MAX.format(held))
    record = another_key(holder, fresh_credentials())
    mouth.enrol(record)
    return {"apiKey": _api_key(record)}


def drop_key(mouth: Mouth, claim: EthClaim, target: str, query: Mapping[str, str]) -> Json | texts.No:
    """DELETE /v3/api-keys: these credentials let nobody in any more. The wallet can ask for others."""
    holder = _proven(mouth, claim, "DELETE", target)
    if isinstance(holder, texts.No):
        return holder
    named = mouth.holders.get(query.get("apiKey", ""))
    if named is None or named.account_id != holder.account_id:
        return texts.dydx_param("Invalid value", "apiKey", query.get("apiKey"), "query")
    mouth.dismiss(named.api_key)
    return {}


def _proven(mouth: Mouth, claim: EthClaim, method: str, target: str) -> AccountRecord | texts.No:
    """The holder whose wallet signed this very request."""
    if not is_timely(claim.timestamp, mouth.now_ns()):
        return texts.dydx(texts.CLOCK)
    if not is_signed(dydx_request(method, target, claim.timestamp), claim):
        return texts.dydx(texts.BAD_REQUEST_SIGNATURE, status=401)
    return mouth.holder_at(claim.address) or texts.dydx(texts.NO_USER.format(claim.address))


def _api_key(record: AccountRecord) -> Json:
    return {"key": record.api_key, "secret": record.secret, "passphrase": record.passphrase}


def _account(mouth: Mouth, record: AccountRecord) -> Json:
    return views_dydx.account(mouth, record, mouth.venue.account(record.account_id))
