"""The ways from a proxy to the relay: the ports of the web server and of the relay, plain and by TLS."""

from __future__ import annotations

from collections.abc import Callable

from support.relay import Relay, client_context
from support.stun import Endpoint
from support.transports import Stream

PROXY = "127.0.0.9"

WAYS: dict[str, tuple[bool, Callable[[Relay], int]]] = {
    "web": (False, lambda relay: relay.port),
    "web tls": (True, lambda relay: relay.https_port),
    "relay": (False, lambda relay: relay.relay_port),
    "relay tls": (True, lambda relay: relay.tls_port),
}


def by(relay: Relay, way: str, preface: bytes, source: str = PROXY) -> Stream:
    secure, port = WAYS[way]
    context = client_context() if secure else None
    return Stream(Endpoint("127.0.0.1", port(relay)), context, source, preface=preface)
