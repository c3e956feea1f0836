"""Debian's nginx and Caddy in front of a server, with the configurations that `deploy/` gives to operators."""

from __future__ import annotations

import pathlib
import shutil
import socket
import ssl
import subprocess
from collections.abc import Mapping, Sequence
from typing import Self

from support.certificates import Certificate
from support.nginx import NGINX
from support.ports import free_port
from support.switchboard import ROOT, Server
from support.tcp import Connection
from support.waiting import eventually
from support.wsclient import Client

START_LIMIT = 20.0
NGINX_AROUND = """
daemon off;
master_process off;
pid {directory}/nginx.pid;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/site.conf;
}}
"""
"""What Debian's nginx.conf does around a site, for a process of its own."""
CADDY_AROUND = """
{{
    admin off
    http_port {http_port}
    local_certs
    skip_install_trust
    storage file_system {directory}
}}
import {caddyfile}
"""


class Proxy:
    """A proxy of ours that speaks TLS at `port` and HTTP at `http_port`, for the name `localhost`."""

    host = "localhost"

    def __init__(self, command: Sequence[str], directory: pathlib.Path, environment: Mapping[str, str]) -> None:
        self.port, self.http_port = free_port(), free_port()
        self._command, self._directory, self._environment = command, directory, environment

    def configure(self, server: Server) -> None:
        """Writes what the command reads."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        log = self._directory / "proxy.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        eventually(lambda: self._serves(log), START_LIMIT, "the proxy serves TLS")
        return self

    def _serves(self, log: pathlib.Path) -> bool:
        assert self._process.poll() is None, log.read_text(errors="replace")
        try:
            with socket.create_connection((self.host, self.port), 5) as stream:
                return bool(any_certificate().wrap_socket(stream, server_hostname=self.host).version())
        except OSError:
            return False

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def any_certificate() -> ssl.SSLContext:
    """TLS as a client that does not look at certificates speaks it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class SecureConnection(Connection):
    """A connection to a proxy, over TLS from its first octet on."""

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(proxy.host, proxy.port)
        self.socket = any_certificate().wrap_socket(self.socket, server_hostname=proxy.host)


class SecureClient(Client):
    """A WebSocket client that comes through a proxy."""

    def connect(self, server: Proxy, receive_buffer: int | None) -> Connection:
        return SecureConnection(server)


def replaced(text: str, changes: Mapping[str, str]) -> str:
    """The text with each of these words replaced; all must be there."""
    for old, new in changes.items():
        assert old in text, f"{old!r} is not in the file any more"
        text = text.replace(old, new)
    return text


class NginxSite(Proxy):
    """`deploy/nginx.conf`, with its name, ports and certificate replaced."""

    def __init__(self, server: Server, directory: pathlib.Path, certificate: Certificate) -> None:
        command = [NGINX, "-p", str(directory), "-c", str(directory / "nginx.conf"), "-e", "stderr"]
        super().__init__(command, directory, {})
        letsencrypt = "/etc/letsencrypt/live/signal.example.org/"
        changes = {
            "listen 80;": f"listen 127.0.0.1:{self.http_port};",
            "listen [::]:80;": "",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "listen [::]:443 ssl;": "",
            f"{letsencrypt}fullchain.pem": str(certificate.cert),
            f"{letsencrypt}privkey.pem": str(certificate.key),
            "signal.example.org": self.host,
            "127.0.0.1:8080": f"{server.host}:{server.port}",
        }
        site = replaced((ROOT / "deploy/nginx.conf").read_text(), changes)
        (directory / "site.conf").write_text(site)
        (directory / "nginx.conf").write_text(NGINX_AROUND.format(directory=directory))


class CaddySite(Proxy):
    """`deploy/Caddyfile` as it is, with its two variables set and certificates of Caddy's own making."""

    def __init__(self, server: Server, directory: pathlib.Path, _: Certificate) -> None:
        caddy = shutil.which("caddy") or "/usr/bin/caddy"
        config = directory / "Caddyfile"
        environment = {"HOME": str(directory)}
        command = [caddy, "run", "--adapter", "caddyfile", "--config", str(config)]
        super().__init__(command, directory, environment)
        environment |= {
            "SITE": f"https://{self.host}:{self.port}",
            "UPSTREAM": f"{server.host}:{server.port}",
        }
        text = CADDY_AROUND.format(
            http_port=self.http_port, directory=directory / "storage", caddyfile=ROOT / "deploy/Caddyfile"
        )
        config.write_text(text)
