"""The real ledger, and a count of what it refused."""

from collections import Counter
from typing import Any

from common.core.deal import Deal
from common.ledger.ledger import Ledger, Refusal


class CountedLedger:
    """Passes every verb on."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.refusals: Counter[str] = Counter()

    def reserve(self, deal: Deal, why: str) -> Deal | Refusal:
        """The ledger's own verb; a refusal is counted by its word."""
        outcome = self._ledger.reserve(deal, why)
        if isinstance(outcome, Refusal):
            self.refusals[outcome.reason] += 1
        return outcome

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)
