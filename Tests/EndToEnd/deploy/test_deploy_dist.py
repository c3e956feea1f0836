"""The tarball of `make dist` in an empty root directory: the program needs nothing of the system but its kernel and /proc.

`make check-dist` runs this; without SWITCHBOARD_DIST, which names the tarball, there is nothing to test.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
from collections.abc import Iterator

import pytest

from support.relay import Relay
from support.rest import Rest
from support.wsclient import pair

TARBALL = os.environ.get("SWITCHBOARD_DIST", "")
pytestmark = pytest.mark.skipif(not TARBALL, reason="SWITCHBOARD_DIST names no tarball")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Unpacked as docs/deployment.md says, into a directory that has nothing else."""
    root = tmp_path_factory.mktemp("root")
    (root / "usr/local").mkdir(parents=True)
    unpack = ["tar", "-C", str(root / "usr/local"), "--strip-components=1", "--no-same-owner", "-xzf", TARBALL]
    subprocess.run(unpack, check=True, timeout=60)
    return root


class InRoot(Relay):
    """A relay and server whose root directory is the unpacked tarball."""

    def __init__(self, root: pathlib.Path, **settings: object) -> None:
        super().__init__(root, SQLITE_DB_PATH="/data/chat.db", **settings)
        for name in ("RELAY_CERT", "RELAY_KEY"):
            self.settings[name] = "/" + pathlib.Path(self.settings[name]).name
        # Swift's runtime wants to know where its executable is, by /proc/self/exe.
        (root / "proc").mkdir(exist_ok=True)
        enter = 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"'
        self.launcher = ["unshare", "--map-root-user", "--mount", "sh", "-c", enter, str(root)]


@pytest.fixture(scope="module", autouse=True)
def program() -> Iterator[None]:
    """What the launcher is told to run, as a path in the new root."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWITCHBOARD_BIN", "/usr/local/bin/switchboard")
        yield


@pytest.fixture(scope="module")
def server(root: pathlib.Path) -> Iterator[InRoot]:
    server = InRoot(root)
    server.start()
    yield server
    assert server.stop() == 0, server.log_text()


def test_the_executable_asks_for_no_library(root: pathlib.Path) -> None:
    program = root / "usr/local/bin/switchboard"
    said = subprocess.run(["ldd", str(program)], capture_output=True, text=True, timeout=20)
    assert "not a dynamic executable" in said.stdout + said.stderr
    assert not list((root / "usr").rglob("*.so*"))


def test_devices_pair_and_signal(server: InRoot) -> None:
    roomid = Rest(server).pair("device-a", "device-b")
    first, second = pair(server, roomid)
    with first, second:
        first.send("webrtc_offer", sdp="v=0")
        assert second.next("webrtc_offer")["sdp"] == "v=0"


def test_the_pages_are_in_it(server: InRoot) -> None:
    assert Rest(server).call("GET", "/demo/").status == 200


@pytest.mark.parametrize("transport", ["udp4", "tcp4", "tls4"])
def test_it_relays(server: InRoot, transport: str) -> None:
    with server.client(transport) as first, server.client() as second:
        there, here = first.allocate(), second.allocate()
        first.permit(here)
        second.permit(there)
        first.send(b"through the relay", here)
        assert second.receive_data().payload == b"through the relay"


def test_names_are_looked_up_without_the_libraries_of_the_system(root: pathlib.Path) -> None:
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/hosts").write_text("127.0.0.1 relay.example.org\n")
    server = InRoot(root, RELAY_EXTERNAL_IPS="relay.example.org", RELAY_IPS="127.0.0.1")
    server.start()
    assert server.stop() == 0, server.log_text()
