"""TLS: protocols, versions, ends, and certificates that change under a running relay."""

from __future__ import annotations

import pathlib
import ssl
from collections.abc import Callable

import pytest

from support.relay import (
    Connect,
    Relay,
    certificate_in,
    client_context,
    make_certificate,
)
from support.stun import Method, encode
from support.transports import Stream
from support.turnclient import Client
from support.waiting import eventually

StartRelay = Callable[..., Relay]


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [((), None), (("stun.turn",), "stun.turn"), (("h2", "stun.turn"), "stun.turn"), (("stun.turn", "http/1.1"), "stun.turn")],
    ids=str,
)  # fmt: skip
def test_stun_turn_is_chosen_by_alpn_where_it_is_offered(
    shared_relay: Relay, offered: tuple[str, ...], chosen: str | None
) -> None:
    with Stream(shared_relay.at(tls=True), client_context(*offered)) as stream:
        assert stream.tls.selected_alpn_protocol() == chosen
        Client(stream).bind()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(shared_relay: Relay, version: ssl.TLSVersion) -> None:
    context = client_context()
    context.minimum_version = context.maximum_version = version
    with Stream(shared_relay.at(tls=True), context) as stream:
        Client(stream).bind()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_older_versions_of_tls_are_not(shared_relay: Relay) -> None:
    context = client_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Stream(shared_relay.at(tls=True), context)


def test_a_session_may_be_closed_by_either_side_in_good_order(connect: Connect) -> None:
    client = connect("tls4")
    client.allocate()
    assert isinstance(client.transport, Stream)
    raw = client.transport.tls.unwrap()
    raw.settimeout(10)
    assert raw.recv(1) == b""


def test_plain_octets_on_the_tls_port_and_tls_on_the_plain_port_end(shared_relay: Relay) -> None:
    with Stream(shared_relay.at(tls=True)) as plain:
        plain.send(encode(Method.BINDING) * 10)
        plain.socket.settimeout(10)
        try:
            while plain.socket.recv(1000):
                pass
        except ConnectionResetError:
            pass
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Stream(shared_relay.at(), client_context())


def test_a_new_certificate_is_taken_without_a_restart(
    start_relay: StartRelay, tmp_path: pathlib.Path
) -> None:
    relay = start_relay()
    first = certificate_of(relay)
    kept = relay.client("tls4")
    kept.allocate()
    certificate, key = certificate_in(tmp_path)
    new_certificate, new_key = tmp_path / "new.crt", tmp_path / "new.key"
    make_certificate(new_certificate, new_key, "renewed.example.com")
    new_key.rename(key)
    new_certificate.rename(certificate)
    eventually(lambda: certificate_of(relay) != first, 20, "new connections get the new certificate", 0.2)
    assert kept.refresh().succeeded
    # What cannot be read leaves the last good one in place.
    good = certificate_of(relay)
    certificate.write_text("no certificate at all")
    eventually(lambda: has_complained(relay), 20, "the log tells that a certificate is unreadable", 0.2)
    assert certificate_of(relay) == good


def has_complained(relay: Relay) -> bool:
    return any(
        "certificate" in str(event) for event in relay.events if event["level"] in ("warning", "error")
    )


def certificate_of(relay: Relay) -> bytes:
    with Stream(relay.at(tls=True), client_context()) as stream:
        return stream.tls.getpeercert(binary_form=True) or b""
