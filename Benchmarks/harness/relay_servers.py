"""Starts the relays to compare: coturn, this server, the floor. Each with the same user, ports, cores and threads."""

from __future__ import annotations

import contextlib
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .processes import START_LIMIT, BenchmarkError, start_pinned
from .relay_loads import COTURN, FLOOR

USER, PASSWORD, REALM = "user", "pass", "bench"
COTURN_PLACES = ("/usr/bin", "/usr/sbin", "/usr/local/bin")

# A generator is one user at one address that asks for everything at once. Speed settings stay at their defaults.
RAISED_RELAY_LIMITS = {
    "RELAY_USER_QUOTA": "100000",
    "RELAY_ADDRESS_QUOTA": "100000",
    "RELAY_TOTAL_QUOTA": "100000",
    "RELAY_ALLOCATIONS_PER_MINUTE": "0",
    "RELAY_ANSWER_RATE": "1000000",
    "RELAY_ANSWER_BURST": "1000000",
    "RELAY_MAX_STREAMS": "100000",
    "RELAY_MAX_STREAMS_PER_ADDRESS": "100000",
    "RELAY_ALLOW_LOOPBACK_PEERS": "true",
}


@dataclass(frozen=True)
class RunningRelay:
    """A relay that answers."""

    pid: int
    port: int
    tls_port: int

    def port_for(self, transport: str) -> int:
        return self.tls_port if transport == "tls" else self.port


@dataclass(frozen=True)
class RelayPrograms:
    """The executables."""

    server: pathlib.Path
    floor: pathlib.Path
    coturn: pathlib.Path


def find_coturn() -> pathlib.Path:
    found = shutil.which("turnserver", path=os.pathsep.join([os.environ.get("PATH", ""), *COTURN_PLACES]))
    if not found:
        raise BenchmarkError("coturn is missing: scripts/install-deps bench")
    return pathlib.Path(found)


def coturn_version(program: pathlib.Path) -> str:
    answer = subprocess.run([program, "--version"], capture_output=True, text=True)
    return (answer.stdout.split() or ["unknown"])[-1]


def make_certificate(directory: pathlib.Path) -> None:
    """A self-signed certificate, cert.pem and key.pem."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "2", "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    if result.returncode:
        raise BenchmarkError(f"no certificate: {result.stderr.strip()}")


def free_port() -> int:
    """A port that is free for UDP and TCP, below those that the system and the relays draw themselves."""
    for _ in range(100):
        port = 20_000 + secrets.randbelow(10_000)
        with contextlib.suppress(OSError), socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
            return port
    raise BenchmarkError("no free port")


def coturn_command(program: pathlib.Path, port: int, tls_port: int, threads: int) -> list[str]:
    return [
        str(program), "-n", "--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--listening-port", str(port),
        "--tls-listening-port", str(tls_port), "--relay-threads", str(threads), "--lt-cred-mech",
        "--user", f"{USER}:{PASSWORD}", "--realm", REALM, "--allow-loopback-peers", "--no-cli", "--no-dtls",
        "--cert", "cert.pem", "--pkey", "key.pem", "--userdb", "turndb", "--pidfile", "turnserver.pid",
        "--log-file", "/dev/null", "--no-stdout-log",
    ]


def server_environment(port: int, tls_port: int, loops: int) -> dict[str, str]:
    return RAISED_RELAY_LIMITS | {
        "HOST": "127.0.0.1",
        "PORT": "0",
        "RELAY_LISTEN_IPS": "127.0.0.1",
        "RELAY_IPS": "127.0.0.1",
        "RELAY_PORT": str(port),
        "RELAY_TLS_PORT": str(tls_port),
        "RELAY_CERT": "cert.pem",
        "RELAY_KEY": "key.pem",
        "RELAY_USERS": f"{USER}:{PASSWORD}",
        "RELAY_REALM": REALM,
        "RELAY_LOOPS": str(loops),
    }


@contextlib.contextmanager
def running_relay(
    name: str, programs: RelayPrograms, loops: int, cores: Sequence[int], directory: pathlib.Path,
    floor_arguments: Sequence[str],
) -> Iterator[RunningRelay]:
    """Starts a fresh relay with so many loops on the cores, and kills it at the end."""
    port, tls_port = free_port(), free_port()
    environment = {"PATH": os.environ["PATH"]}
    if name == COTURN:
        command = coturn_command(programs.coturn, port, tls_port, loops)
    elif name == FLOOR:
        command = [str(programs.floor), "--port", str(port), "--loops", str(loops), *floor_arguments]
    else:
        command = [str(programs.server), "serve"]
        environment |= server_environment(port, tls_port, loops)
    log = directory / "relay.log"
    with log.open("wb") as output:
        process = start_pinned(command, cores, cwd=directory, env=environment, stdout=output, stderr=output)
    try:
        wait_for_answer(process, port, log)
        yield RunningRelay(process.pid, port, tls_port)
    finally:
        process.kill()
        process.wait()


def wait_for_answer(process: subprocess.Popen, port: int, log: pathlib.Path) -> None:
    """Sends Allocate requests without credentials until one is answered: by then the relay relays."""
    transaction = secrets.token_bytes(12)
    request = bytes.fromhex("000300082112a442") + transaction + bytes.fromhex("0019000411000000")
    deadline = time.monotonic() + START_LIMIT
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(0.05)
        client.connect(("127.0.0.1", port))
        while time.monotonic() < deadline:
            if process.poll() is not None:
                text = log.read_text(errors="replace")
                raise BenchmarkError(f"the relay exited with {process.returncode}:\n{text}")
            with contextlib.suppress(TimeoutError, ConnectionRefusedError):
                client.send(request)
                if client.recv(2048)[8:20] == transaction:
                    return
            time.sleep(0.02)
    raise BenchmarkError(f"the relay did not answer within {START_LIMIT:.0f} s:\n{log.read_text(errors='replace')}")
