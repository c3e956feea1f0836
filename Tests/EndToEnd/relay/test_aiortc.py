"""aiortc, a WebRTC implementation of its own, calls through the relay: data channel and video."""

from __future__ import annotations

import asyncio

import pytest

from support.aiortcpeers import LIMIT, call
from support.certificates import Certificate
from support.deployment import Deployment, over
from support.turnservers import TRANSPORTS, Transport


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_two_peers_are_in_a_call(
    relaying: Deployment, certificate: Certificate, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    first, second = relaying.pair_of_ice_servers()
    asyncio.run(asyncio.wait_for(call(over(transport, first), over(transport, second)), LIMIT))
