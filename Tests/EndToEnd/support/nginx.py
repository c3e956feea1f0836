"""Runs Debian's nginx in front of a server, from a directory of its own."""

from __future__ import annotations

import pathlib
import re
import shutil
import socket
import string
import subprocess

from support.ports import free_port
from support.switchboard import Server
from support.waiting import eventually

# Debian puts it where ordinary users do not look.
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
TEMPLATE = pathlib.Path(__file__).with_name("nginx.conf.template")


class Nginx:
    """One nginx process that keeps idle connections to the server open and uses them again."""

    host = "127.0.0.1"

    def __init__(
        self, server: Server, prefix: pathlib.Path, keepalive: int = 4, read_timeout: str = "60s"
    ) -> None:
        self.prefix = prefix
        self.port = free_port()
        config = string.Template(TEMPLATE.read_text()).substitute(
            prefix=prefix,
            host=server.host,
            port=server.port,
            listen=self.port,
            keepalive=keepalive,
            read_timeout=read_timeout,
        )
        (prefix / "nginx.conf").write_text(config)

    def __enter__(self) -> Nginx:
        command = [NGINX, "-p", str(self.prefix), "-c", str(self.prefix / "nginx.conf"), "-e", "stderr"]
        with (self.prefix / "stderr.log").open("wb") as stderr:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr)
        eventually(self._listens, 10, "nginx listens")
        return self

    def _listens(self) -> bool:
        assert self._process.poll() is None, (self.prefix / "stderr.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex((self.host, self.port)) == 0

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def ws(self) -> str:
        return f"ws://{self.host}:{self.port}"

    def reused(self) -> int:
        """How many requests went to the server over a connection that had carried another one before."""
        return self._told("get keepalive peer: using connection")

    def opened(self) -> int:
        """How many connections to the server were made."""
        return self._told(r"connect to \S+, fd:\d+")

    def _told(self, pattern: str) -> int:
        return len(re.findall(pattern, (self.prefix / "error.log").read_text(errors="replace")))
