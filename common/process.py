"""What a process of the fleet asks of the kernel. Linux; elsewhere it does nothing."""

import ctypes
import os
import select
import signal
import sys

_PR_SET_PDEATHSIG = 1
_STDOUT = 1


def die_with_parent() -> None:
    """Take the death of the parent (supervisord, or whoever started us) as SIGTERM; call before anything else.

    Killing supervisord leaves its children alive otherwise. A parent that died before this call (Python starts slowly)
    is found by our output, which nobody reads any more; one that dies during it, by the change of the parent's id.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent or _is_unheard():
        os.kill(os.getpid(), signal.SIGTERM)


def _is_unheard() -> bool:
    """Whether stdout is a pipe without a reader. The parent's id would not tell: supervisord may be process 1 too."""
    poll = select.poll()
    poll.register(_STDOUT, 0)
    return any(events & select.POLLERR for _, events in poll.poll(0))
