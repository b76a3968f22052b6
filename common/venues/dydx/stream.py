"""The private side of dYdX: subscribes to our account, and passes on what the venue says about it.

Nothing is kept: what was missed while the connection was down has to be asked for, and `StreamUp` says when.
"""

from collections.abc import Callable, Iterable
from typing import Any

from common.core.market import Venue
from common.venues.base import AccountEvent, StreamUp
from common.venues.dydx.session import DydxSession
from common.venues.dydx.wire_account import account_events
from common.venues.dydx.wire_order import ACCOUNTS_CHANNEL
from common.venues.session import ANSWER_WAIT_NS
from common.venues.ws import WsLimits


class AccountStream(DydxSession):
    """One account's stream; a refusal is tried again on a new connection, bounded by the loop's back-off."""

    def __init__(
        self,
        ws: str,
        subscription: Callable[[], str],
        on_event: Callable[[AccountEvent], None],
        *,
        limits: WsLimits | None = None,
        answer_wait_ns: int = ANSWER_WAIT_NS,
    ) -> None:
        """`subscription` signs a fresh frame for each connection."""
        super().__init__(ws, limits=limits, answer_wait_ns=answer_wait_ns)
        self._subscription, self._on_event = subscription, on_event

    def opening(self) -> Iterable[str]:
        """Our account's channel."""
        return (self._subscription(),)

    def check(self, frame: dict[str, Any]) -> None:
        """Nothing but our account's channel was asked for."""
        if frame["channel"] != ACCOUNTS_CHANNEL:
            raise ValueError(f"channel {frame['channel']!r}")

    def subscribed(self, channel: str, contents: Any, at_ns: int) -> None:
        """Up: the open orders and recent payments that come with it are news as well."""
        if channel == ACCOUNTS_CHANNEL:
            self.settle()
            self._on_event(StreamUp(Venue.DYDX, at_ns))
            self._tell(contents, at_ns)

    def pushed(self, channel: str, contents: Any, at_ns: int) -> None:
        """What changed for our account."""
        if channel == ACCOUNTS_CHANNEL:
            for one in contents if isinstance(contents, list) else (contents,):
                self._tell(one, at_ns)

    def _tell(self, contents: dict[str, Any], at_ns: int) -> None:
        # The whole frame is read before its first event goes out: half of a frame is worse than none.
        for event in list(account_events(contents, at_ns)):
            self._on_event(event)
