"""Runs the executable as a person at a shell would, to the end."""

from __future__ import annotations

import os
import pathlib
import subprocess
from dataclasses import dataclass

from support.switchboard import binary


@dataclass(frozen=True)
class Result:
    """How a command ended. A signal that killed it is a negative code."""

    code: int
    stdout: str
    stderr: str


def switchboard(directory: pathlib.Path, *arguments: str, **settings: object) -> Result:
    """Runs `switchboard ARGUMENTS` in the directory, with these settings and no others in its environment."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    environment |= {name: str(value) for name, value in settings.items()}
    finished = subprocess.run(
        [str(binary()), *arguments],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
    )
    return Result(finished.returncode, finished.stdout, finished.stderr)


def sqlite(database: pathlib.Path, script: str) -> str:
    """What the sqlite3 command line prints for a script on a database; it must succeed."""
    finished = subprocess.run(
        ["sqlite3", "-bail", str(database)], input=script, capture_output=True, text=True, timeout=20
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
