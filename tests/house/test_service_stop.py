"""What systemd calls to stop the fleet comes back when the parent has ended, and not before."""

import os
import subprocess
import sys

import pytest

from scripts import service_stop

#: ends a while after it was told to
SLOW = """
import signal, time
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print(flush=True)
signal.sigwait({signal.SIGTERM})
time.sleep(0.3)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")


def test_it_comes_back_when_the_parent_has_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        service_stop.end({"MAINPID": str(child.pid)})
        ended = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        assert ended is not None and ended.si_status == 0


def test_a_parent_that_is_gone_needs_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pass
    service_stop.end({"MAINPID": str(child.pid)})
    service_stop.end({})
