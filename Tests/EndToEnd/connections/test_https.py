"""HTTPS and WSS on the server's own TLS listener: what comes through it, and what it cuts off."""

from __future__ import annotations

import json
import pathlib
import shutil
import signal
import ssl
import subprocess
import threading
from collections.abc import Callable

import pytest

from support import frames
from support.certificates import Certificate, make_certificate, openssl
from support.metrics import FOLD_LIMIT, by_label, metric
from support.rest import Rest, new_device
from support.switchboard import Server, binary
from support.tcp import LIMIT, Connection, Secure, SecureConnection, connect, read_response, request
from support.waiting import eventually
from support.wsclient import Client, RawWebSocket, new_room, pair, raw_pair

StartServer = Callable[..., Server]
FAILURES = "switchboard_tls_handshake_failures_total"


def secure(server: Server, certificate: Certificate, *protocols: str) -> Secure:
    return Secure(server.host, server.https_port, certificate.context(*protocols))


def handshake_bytes() -> bytes:
    """A ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


# What comes through


def test_the_api_works_by_https(https: Secure) -> None:
    rest = Rest(https)
    assert rest.call("GET", "/healthz").json == {"status": "ok"}
    roomid = rest.pair(new_device(), new_device())
    assert rest.room(roomid).status == 200


def test_requests_follow_each_other_on_a_connection(https: Secure) -> None:
    with connect(https) as connection:
        for _ in range(3):
            connection.send(request("GET", "/healthz"))
            response = read_response(connection)
            assert response is not None and response.status == 200
        connection.send(request("GET", "/healthz") * 3)
        rest = b""
        while rest.count(b'{"status":"ok"}') < 3:
            rest += connection.receive()


def test_an_ordinary_client_trusts_it(https: Secure, certificate: Certificate) -> None:
    page = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", str(certificate.authority)]
        + ["--write-out", "%{http_code} %{http_version} %{num_connects}\n"]
        + [f"https://localhost:{https.port}/healthz"] * 2,
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert page.returncode == 0, page.stderr
    assert page.stdout.splitlines() == ['{"status":"ok"}200 1.1 1', '{"status":"ok"}200 1.1 0']


def test_two_devices_signal_by_wss_and_one_by_wss_with_one_by_ws(https: Secure, https_server: Server) -> None:
    first, second = pair(https)
    with first, second:
        first.send("webrtc_offer", sdp="v=0")
        assert second.next("webrtc_offer")["from"] == first.id
    room = new_room()
    with Client(https) as first, Client(https_server) as second:
        first.join(room)
        second.join(room)
        first.next("room_ready")
        second.next("room_ready")
        second.send("ice_candidate", candidate=None)
        assert first.next("ice_candidate")["from"] == second.id
        first.close()


@pytest.mark.parametrize("size", [1, 125, 126, 16_000, 16_384, 16_385, 45_000])
def test_messages_of_every_size_arrive(https: Secure, size: int) -> None:
    first, second = pair(https)
    with first, second:
        for _ in range(5):
            first.send("webrtc_offer", sdp="x" * size)
            assert second.next("webrtc_offer")["sdp"] == "x" * size


def test_a_stream_cut_into_single_octets_is_read(https: Secure) -> None:
    """The records themselves are cut, not only what is in them."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = https.context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with Connection(https.host, https.port) as connection:

        def step(action: Callable[[], bytes | int | None]) -> bytes | int | None:
            while True:
                try:
                    return action()
                except ssl.SSLWantReadError:
                    connection.send_in_pieces(outgoing.read())
                    incoming.write(connection.receive())

        step(client.do_handshake)
        client.write(request("GET", "/healthz"))
        connection.send_in_pieces(outgoing.read())
        answer = b""
        while b'"ok"' not in answer:
            piece = step(lambda: client.read(1000))
            assert isinstance(piece, bytes) and piece
            answer += piece
        assert answer.startswith(b"HTTP/1.1 200 OK")


# Versions and protocols


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(https: Secure, certificate: Certificate, version: ssl.TLSVersion) -> None:
    context = certificate.context()
    context.minimum_version = context.maximum_version = version
    with Client(Secure(https.host, https.port, context)) as client:
        client.join(new_room())


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_older_versions_are_refused_and_counted(
    https_server: Server, https: Secure, certificate: Certificate
) -> None:
    def refused() -> float:
        return by_label(https_server, FAILURES, "reason").get("unsupported", 0)

    before = refused()
    context = certificate.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="(?i)protocol"):
        connect(Secure(https.host, https.port, context))
    # The alert is sent before it is counted.
    eventually(lambda: refused() == before + 1, 10, "it is counted")


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [((), None), (("http/1.1",), "http/1.1"), (("h2", "http/1.1"), "http/1.1"), (("h2",), None), (("stun.turn",), None)],
    ids=str,
)  # fmt: skip
def test_http_is_chosen_by_alpn_where_it_is_offered(
    https_server: Server, certificate: Certificate, offered: tuple[str, ...], chosen: str | None
) -> None:
    with connect(secure(https_server, certificate, *offered)) as connection:
        assert isinstance(connection, SecureConnection)
        assert connection.socket.selected_alpn_protocol() == chosen
        connection.send(request("GET", "/healthz"))
        response = read_response(connection)
        assert response is not None and response.status == 200


def test_renegotiation_is_refused(https: Secure, certificate: Certificate) -> None:
    client = subprocess.Popen(
        ["openssl", "s_client", "-tls1_2", "-connect", f"{https.host}:{https.port}"]
        + ["-CAfile", str(certificate.authority)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert client.stdin is not None
    try:
        output, _ = client.communicate(b"R\n", timeout=LIMIT)
    finally:
        client.kill()
    assert b"RENEGOTIATING" in output and b"no renegotiation" in output, output[-2000:]


def test_a_client_that_does_not_trust_the_certificate_is_counted(https_server: Server, https: Secure) -> None:
    before = by_label(https_server, FAILURES, "reason").get("certificate_refused", 0)
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(Secure(https.host, https.port, ssl.create_default_context()))
    eventually(
        lambda: by_label(https_server, FAILURES, "reason").get("certificate_refused", 0) == before + 1,
        FOLD_LIMIT, "the refusal is counted",
    )  # fmt: skip


# What is no TLS


def test_plain_http_on_the_tls_port_is_told_so(https_server: Server, https: Secure) -> None:
    before = by_label(https_server, FAILURES, "reason").get("plain_http", 0)
    with Connection(https.host, https.port) as connection:
        connection.send(request("GET", "/"))
        response = read_response(connection)
        assert response is not None
        response.assert_refusal(400, error="bad_request")
        assert "https" in str(response.json["message"])
        assert connection.receive_to_end() == b"" and not connection.was_reset
    assert by_label(https_server, FAILURES, "reason").get("plain_http", 0) == before + 1


@pytest.mark.parametrize("junk", [b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12), b"\x16" + bytes(500), b"\xff" * 70_000])
def test_other_bytes_end_the_connection(https_server: Server, https: Secure, junk: bytes) -> None:
    before = by_label(https_server, FAILURES, "reason").get("malformed", 0)
    with Connection(https.host, https.port) as connection:
        connection.send(junk)
        connection.receive_to_end()
    eventually(
        lambda: by_label(https_server, FAILURES, "reason").get("malformed", 0) == before + 1,
        FOLD_LIMIT, "it is counted",
    )  # fmt: skip


def test_stun_without_a_relay_is_bad_input(https: Secure) -> None:
    with connect(https) as connection:
        connection.send(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12))
        connection.receive_to_end()


def test_tls_on_the_plain_port_is_bad_input(https_server: Server) -> None:
    with Connection(https_server.host, https_server.port) as connection:
        connection.send(handshake_bytes())
        assert connection.receive_to_end().startswith(b"HTTP/1.1 400 ")


# Who is too slow


@pytest.mark.parametrize("sent", ["nothing", "half a ClientHello", "a ClientHello", "a handshake", "half a request"])
def test_silent_clients_are_cut_off(start_server: StartServer, certificate: Certificate, sent: str) -> None:
    server = start_server(
        TLS_PORT=0, TLS_CERT=certificate.cert, TLS_KEY=certificate.key, HANDSHAKE_TIMEOUT=1
    )
    hello = handshake_bytes()
    if sent in ("a handshake", "half a request"):
        connection = connect(secure(server, certificate))
    else:
        connection = Connection(server.host, server.https_port)
    with connection:
        match sent:
            case "half a ClientHello":
                connection.send(hello[: len(hello) // 2])
            case "a ClientHello":
                connection.send(hello)
            case "half a request":
                connection.send(b"GET / HTTP/1.1\r\nHost: local")
        connection.receive_to_end()
        assert not connection.was_reset
    assert by_label(server, "switchboard_connections_ended_total", "reason") == {"handshake_timeout": 1}
    expected = {} if sent in ("a handshake", "half a request") else {"timeout": 1}
    assert by_label(server, FAILURES, "reason") == expected
    eventually(lambda: metric(server, "switchboard_tls_connections") == 0, FOLD_LIMIT, "none is open")


def test_a_client_that_goes_away_in_the_handshake_is_counted(start_server: StartServer, certificate: Certificate) -> None:
    server = start_server(TLS_PORT=0, TLS_CERT=certificate.cert, TLS_KEY=certificate.key)
    with Connection(server.host, server.https_port) as connection:
        connection.send(handshake_bytes()[:100])
        connection.wait_until_read()
        connection.half_close()
        connection.receive_to_end()
    assert by_label(server, FAILURES, "reason") == {"ended": 1}


def test_a_peer_that_reads_nothing_is_closed_and_holds_nobody_up(
    start_server: StartServer, certificate: Certificate
) -> None:
    server = start_server(
        TLS_PORT=0, TLS_CERT=certificate.cert, TLS_KEY=certificate.key, WRITE_TIMEOUT=1,
        MESSAGE_RATE=10_000, MESSAGE_BURST=10_000,
    )  # fmt: skip
    at = secure(server, certificate)
    sender, reader = raw_pair(at, receive_buffer=4_096)
    with sender, reader:
        message = frames.text(json.dumps({"type": "webrtc_offer", "sdp": "x" * 45_000}))
        for _ in range(200):
            try:
                sender.connection.send(message, 0.5)
            except TimeoutError:
                break
        eventually(
            lambda: by_label(server, "switchboard_websocket_sessions_ended_total", "reason").get("slow") == 1,
            20, "the slow peer is closed",
        )  # fmt: skip


def test_a_slow_reader_gets_everything_in_order(https: Secure) -> None:
    count = 170
    first, second = pair(https)
    with first, second:

        def send() -> None:
            for number in range(count):
                first.send("webrtc_offer", sdp=f"{number} " + "y" * 45_000)

        sending = threading.Thread(target=send, daemon=True)
        sending.start()
        for number in range(count):
            assert str(second.next("webrtc_offer", 30)["sdp"]).startswith(f"{number} ")
        sending.join(30)
        for client in (first, second):
            client.assert_nothing_came()


# Ends


def test_the_server_says_goodbye_and_closes(https: Secure) -> None:
    with connect(https) as connection:
        connection.send(request("GET", "/healthz", headers={"Connection": "close"}))
        assert b'{"status":"ok"}' in connection.receive_to_end()
        assert isinstance(connection, SecureConnection) and connection.said_goodbye


def test_a_client_that_says_goodbye_is_answered_in_kind(https: Secure) -> None:
    with connect(https) as connection:
        assert isinstance(connection, SecureConnection)
        connection.send(request("GET", "/healthz"))
        assert read_response(connection) is not None
        raw = connection.socket.unwrap()
        raw.settimeout(LIMIT)
        assert raw.recv(1) == b""
        raw.close()


def test_a_client_that_ends_its_direction_still_gets_its_answer(https: Secure) -> None:
    with connect(https) as connection:
        connection.send(request("GET", "/healthz"))
        connection.half_close()
        assert b'{"status":"ok"}' in connection.receive_to_end()


def test_a_peer_is_told_at_once_when_a_client_vanishes(https: Secure) -> None:
    first, second = pair(https)
    with second:
        first.connection.reset()
        second.next("peer_disconnected")


def test_a_shutdown_closes_wss_in_good_order(start_server: StartServer, certificate: Certificate) -> None:
    server = start_server(TLS_PORT=0, TLS_CERT=certificate.cert, TLS_KEY=certificate.key, DRAIN_SPREAD=0.1)
    at = secure(server, certificate)
    with RawWebSocket(at) as socket_, connect(at) as idle:
        idle.send(request("GET", "/healthz"))
        assert read_response(idle) is not None
        server.terminate()
        socket_.expect_close(1001)
        idle.receive_to_end()
        assert isinstance(idle, SecureConnection) and idle.said_goodbye
    assert server.process is not None and server.process.wait(20) == 0


# Certificates


def common_name(at: Secure) -> bytes:
    with connect(Secure(at.host, at.port, unverified())) as connection:
        assert isinstance(connection, SecureConnection)
        return connection.socket.getpeercert(binary_form=True) or b""


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_a_certificate_is_changed_without_dropping_a_connection(
    start_server: StartServer, tmp_path: pathlib.Path
) -> None:
    first = make_certificate(tmp_path)
    server = start_server(TLS_PORT=0, TLS_CERT=first.cert, TLS_KEY=first.key)
    at = secure(server, first)
    before = common_name(at)
    one, two = pair(at)
    with one, two:
        (tmp_path / "new").mkdir()
        second = make_certificate(tmp_path / "new")
        shutil.move(second.key, first.key)
        shutil.move(second.cert, first.cert)
        eventually(lambda: common_name(at) != before, 20, "new connections get the new certificate", 0.2)
        one.send("webrtc_offer", sdp="still here")
        assert two.next("webrtc_offer")["sdp"] == "still here"
        # What cannot be read leaves the last good one in place.
        good = common_name(at)
        first.cert.write_text("no certificate at all")
        server.wait_for_log("TLS certificate not reloaded, the old one stays in use", 20)
        assert common_name(at) == good
        one.assert_nothing_came()


@pytest.mark.parametrize("broken", ["certificate missing", "key missing", "key of another", "certificate alone", "port twice", "redirect"])
def test_what_cannot_work_stops_the_start_with_a_clear_word(
    tmp_path: pathlib.Path, certificate: Certificate, broken: str
) -> None:
    cert, key = str(certificate.cert), str(certificate.key)
    settings = {"TLS_CERT": cert, "TLS_KEY": key, "TLS_PORT": "0", "PORT": "0"}
    match broken:
        case "certificate missing":
            settings["TLS_CERT"] = "/nowhere/cert.pem"
            expected = ["/nowhere/cert.pem", "No such file"]
        case "key missing":
            settings["TLS_KEY"] = "/nowhere/key.pem"
            expected = ["/nowhere/key.pem", "No such file"]
        case "key of another":
            settings["TLS_KEY"] = str(tmp_path / "other.pem")
            openssl("genpkey", "-algorithm", "RSA", "-out", settings["TLS_KEY"])
            expected = ["does not belong to the certificate"]
        case "certificate alone":
            del settings["TLS_KEY"]
            expected = ["TLS_CERT", "TLS_KEY"]
        case "port twice":
            settings |= {"PORT": "4711", "TLS_PORT": "4711"}
            expected = ["TLS_PORT", "PORT"]
        case _:
            settings = {"REDIRECT_HTTP": "1", "PORT": "0"}
            expected = ["REDIRECT_HTTP", "TLS_CERT"]
    finished = subprocess.run(
        [str(binary())], cwd=tmp_path, env={"PATH": "/usr/bin", "USE_RELAY": "0", "HOST": "127.0.0.1"} | settings,
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert finished.returncode == 2, finished.stderr
    assert all(word in finished.stderr for word in expected), finished.stderr


def test_sighup_has_the_certificate_read_at_once(start_server: StartServer, certificate: Certificate) -> None:
    server = start_server(TLS_PORT=0, TLS_CERT=certificate.cert, TLS_KEY=certificate.key)
    assert server.process is not None
    with Client(secure(server, certificate)) as client:
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("TLS certificate reloaded", 4)
        client.assert_nothing_came()
