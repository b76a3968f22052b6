"""How many wrong tokens one address may try: some at once, then one now and then. Pure; time comes in.

A token cannot be guessed; this keeps who tries from filling the log. Sessions that have begun are not held up.
"""

from dataclasses import dataclass, field
from typing import Final

from common.core.terms import SECOND_NS

#: wrong ones that an address may send at once, and how soon another one is allowed
AT_ONCE: Final = 5
EVERY_NS: Final = 12 * SECOND_NS
#: addresses that are remembered, the newest
ADDRESSES_MAX: Final = 1_000


@dataclass(slots=True)
class Patience:
    """Tells who has to wait; a right token costs nothing."""

    #: by address: when its last wrong one will be forgiven
    _until_ns: dict[str, int] = field(default_factory=dict)

    def wait_s(self, address: str, now_ns: int) -> int:
        """How long this address has to wait before it may try; 0: it may."""
        over_ns = self._until_ns.get(address, 0) - now_ns - (AT_ONCE - 1) * EVERY_NS
        return 0 if over_ns <= 0 else -(-over_ns // SECOND_NS)

    def wrong(self, address: str, now_ns: int) -> None:
        """It was a wrong one."""
        self._until_ns[address] = max(now_ns, self._until_ns.pop(address, 0)) + EVERY_NS
        while len(self._until_ns) > ADDRESSES_MAX:
            del self._until_ns[next(iter(self._until_ns))]
