"""The private side of ApeX: logs in, and passes on what the venue pushes about our account.

Nothing is kept but the names of orders: what was missed while the connection was down has to be asked for, and
`StreamUp` says when.
"""

from collections.abc import Callable, Iterable
from typing import Any

from common import clock
from common.core.market import Venue
from common.venues.apex.session import ApexSession
from common.venues.apex.wire import MS_NS, reading
from common.venues.apex.wire_account import ACCOUNT_TOPIC, OrderNames, account_events
from common.venues.apex.wire_order import login_frame
from common.venues.base import AccountEvent, StreamUp
from common.venues.keys import Keys
from common.venues.session import ANSWER_WAIT_NS
from common.venues.ws import WsLimits


class AccountStream(ApexSession):
    """One account's stream; a refused login is tried again on a new connection, bounded by the loop's back-off."""

    def __init__(
        self,
        ws: str,
        keys: Keys,
        names: OrderNames,
        on_event: Callable[[AccountEvent], None],
        *,
        limits: WsLimits | None = None,
        answer_wait_ns: int = ANSWER_WAIT_NS,
    ) -> None:
        super().__init__(f"{ws}/realtime_private", limits=limits, answer_wait_ns=answer_wait_ns)
        self._keys, self._names, self._on_event = keys, names, on_event

    def opening(self) -> Iterable[str]:
        """A login stands for the subscription as well."""
        return (login_frame(self._keys, clock.now_ns() // MS_NS),)

    def acknowledged(self, at_ns: int) -> None:
        """The login was taken."""
        self._up(at_ns)

    def pushed(self, frame: dict[str, Any], at_ns: int) -> None:
        """A push of our account; the first one says that the login was taken, should its answer come later."""
        if frame["topic"] != ACCOUNT_TOPIC:
            return
        with reading("account push"):
            contents = frame["contents"]
        events = account_events(contents, self._names, at_ns)
        self._up(at_ns)
        for event in events:
            self._on_event(event)

    def _up(self, at_ns: int) -> None:
        """Once per connection."""
        if self.waiting:
            self.settle()
            self._on_event(StreamUp(Venue.APEX, at_ns))
