"""The client module in real browsers and the relay: it says that the path is relayed, and renews its credentials."""

from __future__ import annotations

import pytest

from support.callpage import CALL_LIMIT
from support.certificates import Certificate
from support.clientpage import Pages, connected
from support.deployment import Deployment, deployment
from support.turnservers import TRANSPORTS, Transport
from support.waiting import eventually

CREDENTIAL_LIFETIME = 10


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_path_report_knows_the_relay(
    both: Pages, pages: str, relaying: Deployment, transport: Transport
) -> None:
    with connected(both, pages, relaying.server, transport):
        for page in both:
            path = page.do("path")
            assert (path["kind"], path["protocol"]) == ("relay", transport), path
            assert path["relayed"] in ("both", "here"), path


def test_ice_servers_are_renewed_before_they_expire(
    both: Pages, pages: str, tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> None:
    directory = tmp_path_factory.mktemp("renewing")
    settings = {"ICE_CREDENTIAL_LIFETIME": CREDENTIAL_LIFETIME}
    with deployment("embedded", directory, certificate, **settings) as relaying:
        with connected(both, pages, relaying.server):
            for page in both:
                eventually(lambda: len(page.look("expiries")) >= 3, CALL_LIMIT, "renewed twice", 0.1)
                expiries = page.look("expiries")
                assert expiries == sorted(set(expiries))
                # The name of a credential begins with its end.
                assert str(page.do("username")).startswith(f"{page.look('expiries')[-1]:.0f}:")
