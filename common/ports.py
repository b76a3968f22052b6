"""Whether a port of this machine is free."""

import socket


def taken(port: int, host: str = "127.0.0.1") -> bool:
    """Whether some process listens on this port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False
