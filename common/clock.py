"""The only door to time. Wall clock in integer nanoseconds UTC; everything else takes time as an argument."""

import time


def now_ns() -> int:
    """Nanoseconds since 1970-01-01 UTC by this machine's clock."""
    return time.time_ns()


def monotonic_ns() -> int:
    """Nanoseconds of a clock that never jumps, the same for all processes until the machine starts anew."""
    return time.monotonic_ns()


def cpu_ns() -> int:
    """Nanoseconds that this process has computed: what a bench on a busy machine goes by."""
    return time.process_time_ns()
