"""What the kernel says about a running process (proc(5))."""

from __future__ import annotations

import os
import pathlib
import resource


def resident(pid: int) -> int:
    """Octets of memory that a process has in use."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def descriptors(pid: int) -> int:
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


def limit_descriptors(pid: int, most: int) -> None:
    """Changes a running process's soft limit. Below what it has open, nothing new can be opened."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, hard))


def with_descriptors(most: int) -> tuple[str, ...]:
    """What to put in front of a command that is to have so many at most."""
    return ("sh", "-c", f'ulimit -n {most} && exec "$@"', "sh")


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def udp_ports(pid: int) -> list[int]:
    """The local ports of a process's UDP sockets."""
    inodes = set()
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(str(entry.readlink()))
        except FileNotFoundError:  # Closed in between.
            continue
    ports = []
    for table in ("udp", "udp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if f"socket:[{fields[9]}]" in inodes:
                ports.append(int(fields[1].rpartition(":")[2], 16))
    return ports
