"""ApeX's answers to a wallet: a nonce, and with the nonce signed an account.

Registering again with the same keys gives the same account and credentials again: that is how ApeX is recovered.
Nonces live in memory: whoever was given one before a restart asks for another.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from common.core.market import Venue
from common.sim.accounts import AccountRecord, fresh_credentials, onboarded
from common.sim.server import texts, views_apex
from common.sim.server.eip712 import NETWORK_ID, EthClaim, apex_onboarding, is_signed
from common.sim.server.mouth import Mouth
from common.sim.server.plain import NS_PER_MS, NS_PER_SECOND
from common.sim.server.stark_key import stark_key

Json = dict[str, Any]
NONCE_LIFE_NS = 600 * NS_PER_SECOND
NONCES_MAX = 1_000
_NONCE_DIGITS = 19


class ApexOnboarding:
    """What the paper ApeX remembers between the two requests of a registration."""

    def __init__(self, mouth: Mouth) -> None:
        self._mouth = mouth
        #: by address: the nonce, and when it ends
        self._nonces: dict[str, tuple[str, int]] = {}

    def nonce(self, form: Mapping[str, str]) -> Json | texts.No:
        """POST generate-nonce: the one that is alive, or a new one."""
        address = form.get("ethAddress", "").lower()
        if form.get("chainId") != str(NETWORK_ID):
            return texts.apex("INVALID_PARAM", name="chainId")
        if not address or not form.get("starkKey"):
            return texts.apex("EMPTY_PARAM", name="starkKey, ethAddress")
        now_ns = self._mouth.now_ns()
        self._nonces = {who: (nonce, end) for who, (nonce, end) in self._nonces.items() if end > now_ns}
        if form.get("refresh") == "true" or address not in self._nonces:
            if len(self._nonces) >= NONCES_MAX:
                self._nonces.clear()
            self._nonces[address] = (
                str(10**_NONCE_DIGITS + secrets.randbelow(10**_NONCE_DIGITS))[1:],
                now_ns + NONCE_LIFE_NS,
            )
        nonce, end_ns = self._nonces[address]
        return {"nonce": nonce, "nonceExpired": end_ns // NS_PER_MS}

    def register(self, claim: EthClaim, form: Mapping[str, str], version: int) -> Json | texts.No:
        """POST onboarding: the account of this wallet, made or found again. A nonce serves once."""
        nonce, end_ns = self._nonces.get(claim.address, ("", 0))
        if not nonce or end_ns <= self._mouth.now_ns():
            return texts.apex("NONCE_EXPIRED")
        if form.get("ethereumAddress", "").lower() != claim.address or not is_signed(apex_onboarding(nonce), claim):
            return texts.apex("INVALID_ONBOARDING_SIGNATURE")
        public = stark_key(form)
        if public is None:
            return texts.apex("INVALID_PARAM", name="starkKey, starkKeyYCoordinate")
        record = self._record(claim.address, public)
        if isinstance(record, texts.No):
            return record
        del self._nonces[claim.address]
        view = self._mouth.venue.account(record.account_id)
        return {
            "apiKey": {"key": record.api_key, "secret": record.secret, "passphrase": record.passphrase},
            "user": views_apex.user(record),
            "account": views_apex.account(self._mouth, record, view, version=version),
        }

    def _record(self, address: str, public: tuple[int, int]) -> AccountRecord | texts.No:
        known = self._mouth.holder_at(address)
        theirs = next((holder for holder in self._mouth.accounts if holder.stark_x == public[0]), None)
        if known is not theirs and (known is None or theirs is None or known.account_id != theirs.account_id):
            return texts.apex("STARK_KEY_CONFLICT", ethereumAddress=address)
        if known is None:
            known = onboarded(Venue.APEX, address, public, fresh_credentials())
            self._mouth.enrol(known)
        return known
