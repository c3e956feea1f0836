"""The demo page where browsers may not use UDP: the call is relayed, and the page says so."""

from __future__ import annotations

import json
import pathlib

from support.certificates import Certificate
from support.demopage import DemoPage, meet
from support.deployment import deployment

NO_UDP = {"webrtc": {"ip_handling_policy": "disable_non_proxied_udp"}}


def without_udp(profile: pathlib.Path, certificate: Certificate) -> DemoPage:
    (profile / "Default").mkdir(parents=True)
    (profile / "Default/Preferences").write_text(json.dumps(NO_UDP))
    return DemoPage(profile, [f"--ignore-certificate-errors-spki-list={certificate.key_pin}"])


def test_a_call_that_is_relayed_is_said_to_be(tmp_path: pathlib.Path, certificate: Certificate) -> None:
    pages = [without_udp(tmp_path / name, certificate) for name in ("one", "other")]
    try:
        with deployment("embedded", tmp_path, certificate) as deployed:
            meet(pages[0], pages[1], deployed.server)
            for page in pages:
                page.wait_for_picture()
                page.wait_for_text("path", "Relayed")
                assert "TCP" in page.text("path") or "TLS" in page.text("path"), page.text("path")
            pages[0].inspect("call-relayed")
    finally:
        for page in pages:
            page.quit()
