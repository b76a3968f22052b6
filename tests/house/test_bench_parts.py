"""The parts of measures of processes and feeds: a slope is a slope, and a flood is a stream that the feeds accept."""

import os
import sys

import pytest

from common.core.market import Venue
from scripts.benches import procfs
from scripts.benches.feed_client import flooding, listen


def test_a_slope_per_hour_is_that_of_the_line_and_its_error_that_of_the_noise() -> None:
    line = [(float(t), 30 + t / 1800) for t in range(0, 600, 10)]
    slope, error = procfs.slope_per_hour(line)
    assert slope == pytest.approx(2) and error == pytest.approx(0, abs=1e-6)
    _, noisy = procfs.slope_per_hour([(t, v + (0.1 if t % 20 else -0.1)) for t, v in line])
    assert noisy > 0.1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it this way")
def test_this_process_has_memory_of_its_own_and_has_used_a_core() -> None:
    assert 1 < procfs.uss_mib(os.getpid()) < 10_000
    before = procfs.cpu_s(os.getpid())
    sum(range(1_000_000))
    assert procfs.cpu_s(os.getpid()) > before


@pytest.mark.skipif(sys.platform != "linux", reason="time on a core is asked of Linux")
def test_a_flood_is_taken_in_whole_and_never_decided_upon_with_more_at_the_socket() -> None:
    with flooding(3000) as port:
        for venues in ((Venue.DYDX,), (Venue.APEX,), tuple(Venue)):
            heard = listen(port, rate=0, count=3000, venues=venues)
            assert heard.messages == 3000 * len(venues)
            assert heard.decided_behind == 0
            assert 0 < heard.decided < heard.messages / 2
