"""What the kernel says about a running process (proc(5))."""

from __future__ import annotations

import pathlib


def resident(pid: int) -> int:
    """Octets of memory that a process has in use."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def descriptors(pid: int) -> int:
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))
