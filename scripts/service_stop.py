"""`ExecStop=` of the service: has the parent of supervisord stop the fleet in order, and waits until it has.

systemd would tell all members at once otherwise: workers are to even out what is in flight while warden and venues
live. How long that may take is systemd's to say. Linux.
"""

import os
import select
import signal
import sys
from collections.abc import Mapping


def main() -> int:
    """Stop the process that systemd names; 0."""
    end(os.environ)
    return 0


def end(environ: Mapping[str, str]) -> None:
    """SIGTERM to $MAINPID, and its end; one that is gone already needs nothing."""
    pid = environ.get("MAINPID", "")
    if not pid.isdigit():
        return
    try:
        opened = os.pidfd_open(int(pid))
    except ProcessLookupError:
        return
    try:
        signal.pidfd_send_signal(opened, signal.SIGTERM)
        select.select([opened], [], [])
    except ProcessLookupError:
        return
    finally:
        os.close(opened)


if __name__ == "__main__":
    sys.exit(main())
