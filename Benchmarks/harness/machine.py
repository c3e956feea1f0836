"""The machine the figures come from, and how processes are placed on it."""

from __future__ import annotations

import os
import pathlib
import platform
import resource
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def cores() -> list[int]:
    """The cores this process may run on."""
    return sorted(os.sched_getaffinity(0))


def raise_descriptor_limit() -> int:
    """Lets this process and its children open as many descriptors as the hard limit allows; returns that."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def cpu_ticks() -> dict[str, int]:
    """Clock ticks of all cores since boot: all, those of working, and those a hypervisor took away."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle, waiting, stolen = fields[3], fields[4], fields[7]
    return {"all": sum(fields), "busy": sum(fields) - idle - waiting - stolen, "stolen": stolen}


class Strangers:
    """How much CPU time goes to processes that are not ours, from when this is made."""

    def __init__(self) -> None:
        self._began, self._busy, self._ours = time.monotonic(), self._all_seconds(), self._own_seconds()

    @property
    def share(self) -> float:
        """Of one core, on average. Our processes count as soon as they have ended."""
        others = self._all_seconds() - self._busy - (self._own_seconds() - self._ours)
        return max(others, 0) / max(time.monotonic() - self._began, 1e-6)

    @staticmethod
    def _all_seconds() -> float:
        return cpu_ticks()["busy"] / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def _own_seconds() -> float:
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def processor() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def commit() -> str:
    """The revision of this checkout, with "+" when files differ from it."""
    command = ["git", "describe", "--always", "--dirty=+", "--exclude", "*"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return answer.stdout.strip() or "unknown"


def file_system(directory: pathlib.Path) -> str:
    """The type of the file system that holds the directory: durable commits cost what its disk asks."""
    best, kind = "", "unknown"
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, mount, type_, *_ = line.split()
        inside = str(directory.resolve()) == mount or str(directory.resolve()).startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, type_
    return kind


def describe(directory: pathlib.Path) -> dict[str, object]:
    return {
        "processor": processor(),
        "cores": len(cores()),
        "kernel": platform.release(),
        "load_average": os.getloadavg()[0],
        "file_system": file_system(directory),
        "commit": commit(),
    }
