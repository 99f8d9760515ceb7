"""Describes the machine on which a figure was measured, which is needed to compare figures."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Return the facts about the machine and the moment that are needed to interpret a figure."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "cpu": cpu_model(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        # Read before the benchmark itself causes load, to show whether something else was running.
        "load_average_1_min": round(os.getloadavg()[0], 2),
    }


def cpu_model() -> str:
    """The CPU's model name; its architecture if the system does not provide the name."""
    if sys.platform == "darwin":
        asking = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asking, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text().splitlines() if cpus.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
