"""The machine the figures come from, and how processes are placed on it."""

from __future__ import annotations

import os
import pathlib
import platform
import resource
import subprocess

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
    """Clock ticks of all cores since boot: all of them, and those a hypervisor took away."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return {"all": sum(fields), "stolen": fields[7]}


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
