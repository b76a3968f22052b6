"""Which machine and which code a report is about, in one line each: figures mean nothing without them."""

import os
import platform
import subprocess
from pathlib import Path

from common.version import code_version

ROOT = Path(__file__).resolve().parents[2]


def machine() -> str:
    """Processor, cores, system and Python, and how busy it was when asked."""
    busy = f"load {os.getloadavg()[0]:.1f}"
    system = f"{platform.system()} {platform.release()}"
    return f"{_processor()}, {os.cpu_count()} cores, {system}, Python {platform.python_version()}, {busy}"


def code() -> str:
    """Version and commit, with a word when files differ from it."""
    commit = _git("rev-parse", "--short", "HEAD")
    if not commit:
        return f"arb-fleet {code_version()}"
    changed = " and changes" if _git("status", "--porcelain", "--untracked-files=no") else ""
    return f"arb-fleet {code_version()}, commit {commit}{changed}"


def _processor() -> str:
    """As Linux names it; elsewhere its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _git(*words: str) -> str:
    """What git says; empty where there is no git, or no repository."""
    try:
        asked = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""
