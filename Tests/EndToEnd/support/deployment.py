"""A server with a relay as its clients meet it: the embedded relay, or coturn beside it in its place."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from support.callpage import FREE_GUESSES
from support.certificates import Certificate
from support.rest import Rest, new_device
from support.switchboard import Server
from support.turnservers import Coturn, Transport, TurnConf, write_conf

Relay = Literal["embedded", "coturn"]
HOST = "localhost"
"""How clients are told to reach the relay. Firefox takes no bare address for TLS."""
IceServer = dict[str, Any]
"""One of RTCConfiguration's iceServers."""


def relays(*wanted: Relay) -> list[Relay]:
    """These, or with TURN_SERVER=coturn in the environment coturn alone: is it the server, or the test?"""
    return ["coturn"] if os.environ.get("TURN_SERVER") == "coturn" else list(wanted)


@dataclass(frozen=True)
class Deployment:
    """Where to signal, and the turnserver.conf of whatever relays."""

    server: Server
    conf: TurnConf

    def pair_of_ice_servers(self) -> tuple[list[IceServer], list[IceServer]]:
        """What two devices that have just paired are told, each with credentials of its own."""
        rest, devices = Rest(self.server), (new_device(), new_device())
        roomid = rest.pair(*devices)
        first, second = (self._ice_servers(rest, roomid, device) for device in devices)
        return first, second

    def _ice_servers(self, rest: Rest, roomid: str, device: str) -> list[IceServer]:
        answer = rest.call("GET", f"/api/ice-servers?roomid={roomid}&client={device}")
        assert answer.status == 200, answer
        return list(answer.json["iceServers"])


def turn_urls(conf: TurnConf, host: str) -> list[str]:
    """A TURN server's URLs, one for each transport."""
    plain = f"turn:{host}:{conf.port}?transport="
    return [plain + "udp", plain + "tcp", f"turns:{host}:{conf.tls_port}?transport=tcp"]


def over(transport: Transport, servers: list[IceServer]) -> list[IceServer]:
    """The same servers, but only how TURN is reached over this transport."""
    scheme, suffix = {
        "udp": ("turn:", "transport=udp"),
        "tcp": ("turn:", "transport=tcp"),
        "tls": ("turns:", "transport=tcp"),
    }[transport]
    chosen = [
        server | {"urls": [url for url in server["urls"] if url.startswith(scheme) and url.endswith(suffix)]}
        for server in servers
    ]
    chosen = [server for server in chosen if server["urls"]]
    assert chosen, f"nothing over {transport} among {servers}"
    return chosen


@contextlib.contextmanager
def deployment(
    relay: Relay,
    directory: pathlib.Path,
    certificate: Certificate,
    *options: str,
    static_user: bool = False,
    **settings: Any,
) -> Iterator[Deployment]:
    """Runs it all on loopback; the options are lines of turnserver.conf, the settings the server's."""
    conf = write_conf(directory, certificate, *options, static_user=static_user)
    told = FREE_GUESSES | {"USE_RELAY": 1, "TURN_CONFIG": conf.path, "ICE_HOST": HOST}
    # All clients have one address; allocations that they leave behind are not waited for.
    limits = {"RELAY_ADDRESS_QUOTA": 0, "RELAY_ALLOCATIONS_PER_MINUTE": 0}
    settings = told | limits | {"RELAY_DRAIN_TIME": 0} | settings
    with contextlib.ExitStack() as running:
        if relay == "coturn":
            running.enter_context(Coturn(conf))
            settings |= {"TURN_URLS": ",".join(turn_urls(conf, HOST))}
        server = Server(directory, **settings).start()
        running.callback(server.stop)
        yield Deployment(server, conf)
        assert server.stop() == 0, server.log_text()
