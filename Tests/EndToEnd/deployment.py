"""A server with a relay as its clients meet it: the embedded relay, or coturn beside it in its place."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from certificates import Certificate
from switchboard import Server
from turnservers import Coturn, TurnConf, write_conf

Relay = Literal["embedded", "coturn"]


def relays(*wanted: Relay) -> list[Relay]:
    """These, or with TURN_SERVER=coturn in the environment coturn alone: is it the server or is it the test?"""
    return ["coturn"] if os.environ.get("TURN_SERVER") == "coturn" else list(wanted)


@dataclass(frozen=True)
class Deployment:
    """Where to signal, and the turnserver.conf of whatever relays."""

    server: Server
    conf: TurnConf


@contextlib.contextmanager
def deployment(
    relay: Relay,
    directory: pathlib.Path,
    certificate: Certificate,
    *options: str,
    static_user: bool = False,
    **settings: object,
) -> Iterator[Deployment]:
    """Runs it all; the options are further lines of turnserver.conf, the settings are those of the server."""
    conf = write_conf(directory, certificate, *options, static_user=static_user)
    with contextlib.ExitStack() as running:
        if relay == "coturn":
            running.enter_context(Coturn(conf))
        server = Server(directory, **settings)
        running.callback(server.stop)
        yield Deployment(server.start(), conf)
