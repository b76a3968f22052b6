"""What a service tells the systemd that started it: ready, alive, stopping (sd_notify(3)). Silent where nobody asked.

One datagram to the socket that $NOTIFY_SOCKET names; a name that begins with @ is in the kernel and no file.
"""

import os
import socket
from contextlib import suppress
from typing import Final

VARIABLE: Final = "NOTIFY_SOCKET"
READY: Final = "READY=1"
ALIVE: Final = "WATCHDOG=1"
STOPPING: Final = "STOPPING=1"


def tell(*words: str) -> None:
    """Say these; nothing happens where there is no such socket, or nobody behind it any more."""
    address = os.environ.get(VARIABLE, "")
    if not address:
        return
    name = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way, suppress(OSError):
        way.sendto("\n".join(words).encode(), name)


def status(text: str) -> str:
    """A line for `systemctl status`."""
    return f"STATUS={' '.join(text.split())}"
