"""What a process costs, as Linux counts it: memory that would be free without it, and time on a core."""

from pathlib import Path

MIB_KIB = 1024


def uss_mib(pid: int) -> float:
    """Memory of this process alone (unique set size), MiB: what ending it would give back."""
    kib = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(("Private_Clean:", "Private_Dirty:")):
            kib += int(line.split()[1])
    return kib / MIB_KIB


def cpu_s(pid: int) -> float:
    """Seconds on a core so far, all threads together; to the nanosecond, where /proc/PID/stat counts hundredths."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def slope_per_hour(samples: list[tuple[float, float]]) -> tuple[float, float]:
    """Least squares over (seconds, value): how much the value grows in an hour, and its standard error."""
    count = len(samples)
    mean_t, mean_v = (sum(column) / count for column in zip(*samples, strict=True))
    spread = sum((t - mean_t) ** 2 for t, _ in samples)
    slope = sum((t - mean_t) * (v - mean_v) for t, v in samples) / spread
    rest = sum((v - mean_v - slope * (t - mean_t)) ** 2 for t, v in samples)
    error = (rest / max(1, count - 2) / spread) ** 0.5
    return slope * 3600, error * 3600
