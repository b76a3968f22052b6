"""What a process of the fleet asks of the kernel. Linux; elsewhere it does nothing."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Take the death of the parent (supervisord, or whoever started us) as SIGTERM; call before anything else.

    Killing supervisord leaves its children alive otherwise. A parent that died before this call is found by the
    change of the parent's id.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
