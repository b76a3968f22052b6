"""One message to one address, through Apprise. What it says of an address stays unsaid: addresses are secrets."""

import logging
from collections.abc import Sequence
from typing import Final

from common.alerts.shapes import Due, Severity

#: the most that a way out may take, connecting and answering
CONNECT_S, ANSWER_S = 8, 15
_ORDER: Final = tuple(Severity)
REPEAT: Final = "(may be a repeat: the last try was cut off) "


def send(url: str, dues: Sequence[Due]) -> bool:
    """Whether all of them were taken in there, as one notification. Blocks: for a thread of its own."""
    title, body, severity = written(dues)
    return notify(url, title, body, severity)


def notify(url: str, title: str, body: str, severity: Severity) -> bool:
    """The same with any words."""
    import apprise

    # it logs addresses, and prints tracebacks of them
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    kinds = {
        Severity.INFO: apprise.NotifyType.INFO,
        Severity.WARNING: apprise.NotifyType.WARNING,
        Severity.CRITICAL: apprise.NotifyType.FAILURE,
    }
    timed = f"{url}{'&' if '?' in url else '?'}cto={CONNECT_S}&rto={ANSWER_S}"
    way = apprise.Apprise()
    return bool(way.add(timed)) and bool(way.notify(body=body, title=title, notify_type=kinds[severity]))


def is_known(url: str) -> bool:
    """Whether Apprise can make anything of the address."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return apprise.Apprise.instantiate(url) is not None


def written(dues: Sequence[Due]) -> tuple[str, str, Severity]:
    """Title, text and severity of several as one; the number of each tells a repeat from something new."""
    severity = max((due.severity for due in dues), key=_ORDER.index)
    first = dues[0].text.splitlines()[0]
    title = f"arb {severity}: {first[:80]}" if len(dues) == 1 else f"arb {severity}: {len(dues)} messages"
    body = "\n\n".join(f"#{due.number} {due.severity}: {REPEAT if due.repeat else ''}{due.text}" for due in dues)
    return title, body, severity
