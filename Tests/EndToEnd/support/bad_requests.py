"""Malformed HTTP requests and REST bodies, each with the answer that is documented for it."""

from __future__ import annotations

import dataclasses
import json

from support.tcp import request

CREATE, ACCEPT, CHECK = "/api/rooms", "/api/rooms/accept", "/api/rooms/check"
PURGE = "/api/user/purge"


@dataclasses.dataclass(frozen=True)
class BadRequest:
    """Octets that are wrong, and what comes back."""

    id: str
    wire: bytes
    status: int | None
    """None: the connection is closed without an answer, because no request was ever complete."""
    error: str = ""
    """The stable id in the JSON body of a refusal."""
    field: str | None = None
    """The member or query item that the refusal names."""
    allow: str | None = None
    """Exactly what the `Allow` field says."""
    may_be_lost: bool = False
    """TCP decides whether the answer arrives: the client still sends while the server closes."""
    final: bool = False
    """Nobody can know where the next request starts, so nothing may be answered after the refusal."""
    end: bool = False
    """The client ends its direction right behind the octets."""


ERRORS = {
    None: "",
    200: "",
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    421: "bad_request",
    431: "headers_too_large",
}
"""What a refusal is called, where its status says it all."""


def raw(id: str, head: str | bytes, status: int | None, body: bytes = b"", **more: bool) -> BadRequest:
    """A request whose head is wrong. `final` unless told otherwise: what follows is not to be trusted."""
    octets = head.encode("latin-1") if isinstance(head, str) else head
    return BadRequest(id, octets + body, status, ERRORS[status], **({"final": True} | more))


def fields(*lines: str, start: str = "POST /api/rooms HTTP/1.1", host: bool = True) -> str:
    return "\r\n".join([start, *(["Host: localhost"] if host else []), *lines, "", ""])


def chunked(body: bytes) -> bytes:
    return fields("Content-Type: application/json", "Transfer-Encoding: chunked").encode() + body


SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
VALID_BODY = b'{"joinid":"never","client1":"made","expiresInSeconds":60}'
LENGTH = f"Content-Length: {len(VALID_BODY)}"

REQUEST_LINES = [
    raw("no spaces", "GET\r\n\r\n", 400),
    raw("no version", "GET /\r\n\r\n", 400),
    raw("no target", "GET HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    raw("two spaces before the target", fields(start="GET  / HTTP/1.1"), 200, final=False),
    raw("space in the target", fields(start="GET /a b HTTP/1.1"), 400),
    raw("four words", fields(start="GET / HTTP/1.1 x"), 400),
    raw("leading space", fields(start=" GET / HTTP/1.1"), 400),
    raw("tab for space", fields(start="GET\t/\tHTTP/1.1"), 400),
    raw("lower-case version", fields(start="GET / http/1.1"), 400),
    raw("another protocol", fields(start="GET / FTP/1.1"), 400),
    raw("version 3.0", fields(start="GET / HTTP/3.0"), 400),
    raw("version 9.9", fields(start="GET / HTTP/9.9"), 400),
    raw("version 1.10", fields(start="GET / HTTP/1.10"), 400),
    raw("version 1.x", fields(start="GET / HTTP/1.x"), 400),
    raw("version without a dot", fields(start="GET / HTTP/11"), 400),
    raw("nul in the method", fields(start="G\0T / HTTP/1.1"), 400),
    raw("nul in the target", fields(start="GET /\0 HTTP/1.1"), 400),
    raw("control character in the target", fields(start="GET /\x01 HTTP/1.1"), 400),
    raw("delete in the target", fields(start="GET /\x7f HTTP/1.1"), 400),
    raw("carriage return alone", "GET / HTTP/1.1\rHost: localhost\r\r", None, end=True),
    raw("method of symbols", fields(start="G{}T / HTTP/1.1"), 400),
    raw("empty method", fields(start=" / HTTP/1.1"), 400),
    raw("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    raw("TLS hello", bytes.fromhex("16030100c8010000c40303") + bytes(189), 400, end=True),
    raw("SSH banner", b"SSH-2.0-OpenSSH_9.2\r\n", 400),
    raw("SOCKS hello", b"\x05\x01\x00", 400, end=True),
    raw("redis command", b"*1\r\n$4\r\nPING\r\n", 400),
    raw("SMTP greeting", b"EHLO example.org\r\n", None, end=True),
    raw("zeros", bytes(64), 400, end=True),
    raw("all ones", b"\xff" * 64, 400, end=True),
    raw("websocket scheme", fields(start="GET ws://localhost/ HTTP/1.1"), 400),
    raw("another scheme", fields(start="GET ftp://localhost/ HTTP/1.1"), 400),
    raw("URL without a host", fields(start="GET http:///healthz HTTP/1.1"), 400),
    raw("URL with a user", fields(start="GET http://user@localhost/healthz HTTP/1.1"), 400),
    raw("URL with a bad port", fields(start="GET http://localhost:http/healthz HTTP/1.1"), 400),
    raw("URL of no address", fields(start="GET http://[::1/healthz HTTP/1.1"), 400),
    raw("URL with a fragment", fields(start="GET http://localhost/healthz#a HTTP/1.1"), 400),
    raw("URL without a Host field", fields(start="GET http://localhost/healthz HTTP/1.1", host=False), 400),
    raw("https URL without TLS", fields(start="GET https://localhost/healthz HTTP/1.1"), 421),
    raw("websocket URL behind two spaces", fields(start="GET  ws://localhost/ HTTP/1.1"), 400, final=False),
    raw("path with a fragment", fields(start="GET /healthz#a HTTP/1.1"), 400),
    raw("path without a slash", fields(start="GET healthz HTTP/1.1"), 400),
    raw("asterisk with GET", fields(start="GET * HTTP/1.1"), 400),
    raw("target over the header limit", fields(start=f"GET /{'a' * 20000} HTTP/1.1"), 431),
    raw("method over the header limit", fields(start=f"{'G' * 20000} / HTTP/1.1"), 400),
    raw("cut in the method", "GE", None, end=True),
    raw("cut in the request line", "GET / HTT", None, end=True),
    raw("cut after the request line", "GET / HTTP/1.1\r\n", None, end=True),
    raw("cut in a field", "GET / HTTP/1.1\r\nHost: loc", None, end=True),
    raw(
        "cut before the empty line", "GET / HTTP/1.1\r\nHost: localhost\r\n", None, end=True
    ),
]

FIELDS = [
    raw("no host", fields(start="GET / HTTP/1.1", host=False), 400),
    raw("two hosts", fields("Host: other", start="GET / HTTP/1.1"), 400),
    raw("two hosts behind two spaces", fields("Host: other", start="GET  / HTTP/1.1"), 400),
    raw("two hosts in HTTP/1.0", fields("Host: other", start="GET / HTTP/1.0"), 400),
    raw("no colon", fields("Nonsense", start="GET / HTTP/1.1"), 400),
    raw("empty name", fields(": x", start="GET / HTTP/1.1"), 400),
    raw("space in a name", fields("Two Words: x", start="GET / HTTP/1.1"), 400),
    raw("space before the colon", fields("Name : x", start="GET / HTTP/1.1"), 400),
    raw("folded field", fields("Name: one", " two", start="GET / HTTP/1.1"), 400),
    raw("folded first field", "GET / HTTP/1.1\r\n Host: localhost\r\n\r\n", 400),
    raw("nul in a name", fields("Na\0me: x", start="GET / HTTP/1.1"), 400),
    raw("nul in a value", fields("Name: a\0b", start="GET / HTTP/1.1"), 400),
    raw("control character in a value", fields("Name: a\x01b", start="GET / HTTP/1.1"), 400),
    raw("carriage return in a value", fields("Name: a\rb", start="GET / HTTP/1.1"), 400),
    raw("non-ASCII name", fields("N\xe4me: x", start="GET / HTTP/1.1"), 400),
    raw("parenthesis in a name", fields("Na(me: x", start="GET / HTTP/1.1"), 400),
    raw("one field over the limit", fields("Name: " + "x" * 20000, start="GET / HTTP/1.1"), 431),
    raw("one name over the limit", fields("N" * 20000 + ": x", start="GET / HTTP/1.1"), 431),
    raw(
        "many fields over the limit",
        fields(*(f"N{n}: {n:020}" for n in range(1000)), start="GET / HTTP/1.1"),
        431,
    ),
    raw("many short fields over the limit", fields(*["a: b"] * 5000, start="GET / HTTP/1.1"), 431),
    raw("fields without end", fields("Name: " + "x" * 40000, start="GET / HTTP/1.1")[:-4], 431),
]

LENGTHS = [
    raw("content length of words", fields("Content-Length: ten"), 400, body=SMUGGLED),
    raw("content length with a sign", fields("Content-Length: +5"), 400, body=SMUGGLED),
    raw("negative content length", fields("Content-Length: -1"), 400, body=SMUGGLED),
    raw("content length in hex", fields("Content-Length: 0x10"), 400, body=SMUGGLED),
    raw("content length with a fraction", fields("Content-Length: 1.5"), 400, body=SMUGGLED),
    raw("content length with a space inside", fields("Content-Length: 1 1"), 400, body=SMUGGLED),
    raw("empty content length", fields("Content-Length:"), 400, body=SMUGGLED),
    raw(
        "content length over 64 bits", fields("Content-Length: 99999999999999999999"), 400, body=SMUGGLED
    ),
    raw("content length of 2^64", fields("Content-Length: 18446744073709551616"), 400, body=SMUGGLED),
    raw("content length of 2^63", fields("Content-Length: 9223372036854775808"), 413, body=SMUGGLED),
    raw("two different content lengths", fields(LENGTH, "Content-Length: 5"), 400, body=VALID_BODY),
    raw("a list of different content lengths", fields("Content-Length: 5, 6"), 400, body=VALID_BODY),
    raw(
        "chunks in HTTP/1.0",
        fields("Transfer-Encoding: chunked", start="POST /api/rooms HTTP/1.0"),
        400,
        body=b"0\r\n\r\n" + SMUGGLED,
    ),
    raw("length and chunks", fields(LENGTH, "Transfer-Encoding: chunked"), 400, body=b"0\r\n\r\n" + SMUGGLED),
    raw("chunks and length", fields("Transfer-Encoding: chunked", LENGTH), 400, body=b"0\r\n\r\n" + SMUGGLED),
    raw("unknown coding", fields("Transfer-Encoding: gzip"), 400, body=SMUGGLED),
    raw(
        "chunked is not the last coding", fields("Transfer-Encoding: chunked, gzip"), 400, body=SMUGGLED
    ),
    raw("chunked twice", fields("Transfer-Encoding: chunked, chunked"), 400, body=SMUGGLED),
    raw("almost chunked", fields("Transfer-Encoding: xchunked"), 400, body=SMUGGLED),
    raw("chunk size of words", chunked(b"zz\r\n" + VALID_BODY + b"\r\n0\r\n\r\n"), 400),
    raw("negative chunk size", chunked(b"-1\r\n\r\n0\r\n\r\n"), 400),
    raw("empty chunk size", chunked(b"\r\n" + VALID_BODY), 400),
    raw("chunk size over 64 bits", chunked(b"fffffffffffffffff\r\n" + VALID_BODY), 400),
    raw("chunk size with a prefix", chunked(b"0x5\r\nhello\r\n0\r\n\r\n"), 400),
    raw("chunk longer than its size", chunked(b"5\r\nhello world\r\n0\r\n\r\n"), 400),
    raw("chunk without an end of line", chunked(b"5\r\nhelloXX0\r\n\r\n"), 400),
    raw("chunk over the body limit", chunked(b"4e20\r\n" + b" " * 20000 + b"\r\n0\r\n\r\n"), 413),
    raw("chunk of 4 GiB", chunked(b"ffffffff\r\n" + b" " * 1100000), 413, may_be_lost=True),
    raw("chunks over the body limit", chunked((b"400\r\n" + b" " * 1024 + b"\r\n") * 20 + b"0\r\n\r\n"), 413),
    raw("body over the limit", fields("Content-Length: 16385") + " " * 16385, 413),
    raw("body over the limit by its header alone", fields("Content-Length: 16385"), 413),
    raw("body of a terabyte by its header alone", fields("Content-Length: 1099511627776"), 413),
    raw("purge body over its limit", fields("Content-Length: 65537", start=f"POST {PURGE} HTTP/1.1"), 413),
    raw(
        "expecting to continue with too much",
        fields("Content-Length: 99999", "Expect: 100-continue"),
        413,
    ),
    raw("cut in the body", fields("Content-Length: 100") + "{", 400, end=True),
    raw("cut in a chunk", chunked(b"ff\r\n{"), 400, end=True),
    raw("cut in a chunk size", chunked(b"f"), 400, end=True),
]


def call(
    id: str,
    method: str,
    target: str,
    status: int,
    error: str = "",
    field: str | None = None,
    *,
    body: bytes | None = None,
    allow: str | None = None,
) -> BadRequest:
    """A request that is correct HTTP and wrong in what it asks for."""
    return BadRequest(id, request(method, target, body), status, error or ERRORS[status], field, allow)


PAGE, CALL, ROOMS = "GET, HEAD, OPTIONS", "POST, OPTIONS", "GET, HEAD, POST, DELETE, OPTIONS"
MISSING, INVALID, NO_JSON, UNKNOWN = "missing_field", "invalid_field", "invalid_json", "not_found_or_expired"

ROUTES = [
    call("unknown path", "GET", "/nope", 404),
    call("unknown path below the API", "GET", "/api/nope", 404),
    call("the API itself", "GET", "/api", 404),
    call("unknown path below rooms", "POST", "/api/rooms/nope", 404, body=VALID_BODY),
    call("upper-case path", "POST", "/API/ROOMS", 404, body=VALID_BODY),
    call("up and out", "GET", "/../../etc/passwd", 404),
    call("up and out, escaped", "GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
    call("up and out with escaped slashes", "GET", "/..%2f..%2fetc%2fpasswd", 404),
    call("backslashes", "GET", "/..\\..\\windows", 404),
    call("nul escaped", "GET", "/%00", 404),
    call("half an escape", "GET", "/%e", 404),
    call("no hex in an escape", "GET", "/%zz", 404),
    call("escapes that are no UTF-8", "GET", "/%ff%fe", 404),
    call("other host's path", "GET", "//example.org/api/rooms", 404),
    call("long path", "GET", "/" + "a/" * 4000, 404),
    call("dotfile", "GET", "/.env", 404),
    call("database", "GET", "/data/chat.db", 404),
    call("method TRACE", "TRACE", "/", 405, allow=PAGE),
    call("method CONNECT", "CONNECT", "localhost:80", 404),
    # The parser takes the methods of IANA's registry only; any other is no HTTP to it.
    call("method of no standard", "BREW", "/", 400),
    call("lower-case method", "get", "/", 400),
    call("POST to the start page", "POST", "/", 405, allow=PAGE, body=b"{}"),
    call("DELETE of the start page", "DELETE", "/", 405, allow=PAGE),
    call("PUT to rooms", "PUT", CREATE, 405, allow=ROOMS, body=VALID_BODY),
    call("PATCH of rooms", "PATCH", CREATE, 405, allow=ROOMS, body=VALID_BODY),
    call("GET of accept", "GET", ACCEPT, 405, allow=CALL),
    call("PUT to accept", "PUT", ACCEPT, 405, allow=CALL, body=VALID_BODY),
    call("GET of check", "GET", CHECK, 405, allow=CALL),
    call("DELETE of check", "DELETE", CHECK, 405, allow=CALL),
    call("GET of purge", "GET", PURGE, 405, allow=CALL),
    call("DELETE of purge", "DELETE", PURGE, 405, allow=CALL),
    call("POST to health", "POST", "/healthz", 405, allow=PAGE, body=b"{}"),
    call("POST to metrics", "POST", "/metrics", 405, allow=PAGE, body=b"{}"),
    call("POST to the debug page", "POST", "/rooms", 405, allow=PAGE, body=b"{}"),
    call("room without an id", "GET", "/api/rooms", 400, MISSING, "roomid"),
    call("room with another parameter", "GET", "/api/rooms?room=x", 400, MISSING, "roomid"),
    call("room with an empty id", "GET", "/api/rooms?roomid=", 400, MISSING, "roomid"),
    call("room with an id too long", "GET", "/api/rooms?roomid=" + "x" * 1000, 404),
    call("room that is not there", "GET", "/api/rooms?roomid=" + "0" * 48, 404),
    call("room with half an escape", "GET", "/api/rooms?roomid=%e", 404),
    call("room with a quote", "GET", "/api/rooms?roomid='%20OR%201=1--", 404),
    call("delete without an id", "DELETE", "/api/rooms", 400, MISSING, "roomid"),
]

BROKEN_JSON = {
    "nothing": b"",
    "white space": b" \r\n\t",
    "open brace": b"{",
    "closing brace": b"}",
    "half a member": b'{"joinid"',
    "no value": b'{"joinid":}',
    "comma at the end": b'{"joinid":"a",}',
    "single quotes": b"{'joinid':'a'}",
    "bare words": b"{joinid:a}",
    "two values": VALID_BODY + VALID_BODY,
    "text behind": VALID_BODY + b" x",
    "raw newline in a string": b'{"joinid":"a\nb","client1":"c","expiresInSeconds":60}',
    "bad escape": b'{"joinid":"\\x41","client1":"c","expiresInSeconds":60}',
    "cut escape": b'{"joinid":"\\u00","client1":"c","expiresInSeconds":60}',
    "no UTF-8": b'{"joinid":"\xff","client1":"c","expiresInSeconds":60}',
    "overlong UTF-8": b'{"joinid":"\xc0\xaf","client1":"c","expiresInSeconds":60}',
    "nul": b"\x00",
    "form": b"joinid=a&client1=b",
    "xml": b"<joinid>a</joinid>",
    "not a number": b'{"joinid":"a","client1":"c","expiresInSeconds":NaN}',
    "leading zero": b'{"joinid":"a","client1":"c","expiresInSeconds":060}',
    "comment": b'{"joinid":"a",/* x */"client1":"c","expiresInSeconds":60}',
    "33 levels": b'{"a":' + b"[" * 32 + b"]" * 32 + b',"joinid":"a","client1":"c","expiresInSeconds":60}',
    "thousands of brackets": b"[" * 8000,
    "thousands of objects": b'{"a":' * 3000,
}


def create(id: str, error: str, field: str, **changes: object) -> BadRequest:
    """A create call with some members changed; ... leaves one out."""
    members = {"joinid": "bad-input", "client1": "device", "expiresInSeconds": 60} | changes
    body = json.dumps({name: value for name, value in members.items() if value is not ...}).encode()
    return call(f"create: {id}", "POST", CREATE, 400, error, field, body=body)


def create_with_exp(id: str, exp: object) -> BadRequest:
    return create(id, INVALID, "exp", expiresInSeconds=..., exp=exp)


CREATES = [
    create("no joinid", MISSING, "joinid", joinid=...),
    create("no client1", MISSING, "client1", client1=...),
    create("no expiry", MISSING, "exp", expiresInSeconds=...),
    create("null joinid", MISSING, "joinid", joinid=None),
    create("joinid is a number", INVALID, "joinid", joinid=123456),
    create("joinid is a list", INVALID, "joinid", joinid=["123456"]),
    create("joinid is an object", INVALID, "joinid", joinid={}),
    create("joinid is true", INVALID, "joinid", joinid=True),
    create("empty joinid", INVALID, "joinid", joinid=""),
    create("joinid of 129 characters", INVALID, "joinid", joinid="x" * 129),
    create("joinid with a control character", INVALID, "joinid", joinid="a\u0085b"),
    create("client1 is a number", INVALID, "client1", client1=1),
    create("client1 is an object", INVALID, "client1", client1={"id": "x"}),
    create("empty client1", INVALID, "client1", client1=""),
    create("client1 of 257 characters", INVALID, "client1", client1="x" * 257),
    create("no time", INVALID, "expiresInSeconds", expiresInSeconds=0),
    create("negative time", INVALID, "expiresInSeconds", expiresInSeconds=-60),
    create("more than a day", INVALID, "expiresInSeconds", expiresInSeconds=86401),
    create("time as text", INVALID, "expiresInSeconds", expiresInSeconds="60"),
    create("time as a list", INVALID, "expiresInSeconds", expiresInSeconds=[60]),
    create("time without bounds", INVALID, "expiresInSeconds", expiresInSeconds=10**30),
    create_with_exp("exp in the past", "2001-01-01T00:00:00Z"),
    create_with_exp("exp is no date", "tomorrow"),
    create_with_exp("empty exp", ""),
    create_with_exp("exp is a number", 2000000000),
    create_with_exp("exp in month 13", "2099-13-01T00:00:00Z"),
    create_with_exp("exp on 30 February", "2099-02-30T00:00:00Z"),
    create_with_exp("exp at 25 hours", "2099-01-01T25:00:00Z"),
    create_with_exp("exp with text behind", "2099-01-01T00:00:00Z; DROP TABLE rooms"),
    create("seconds beside a malformed exp", INVALID, "exp", exp="tomorrow"),
]


def post(id: str, path: str, error: str, field: str | None, body: bytes) -> BadRequest:
    return call(id, "POST", path, 404 if error == UNKNOWN else 400, error, field, body=body)


CALLS = [
    post("accept: nothing", ACCEPT, MISSING, "joinid", b"{}"),
    post("accept: no client2", ACCEPT, MISSING, "client2", b'{"joinid":"a"}'),
    post("accept: no joinid", ACCEPT, MISSING, "joinid", b'{"client2":"a"}'),
    post("accept: joinid is a number", ACCEPT, INVALID, "joinid", b'{"joinid":1,"client2":"a"}'),
    post("accept: client2 is a list", ACCEPT, INVALID, "client2", b'{"joinid":"a","client2":[]}'),
    post("accept: empty client2", ACCEPT, INVALID, "client2", b'{"joinid":"a","client2":""}'),
    post("accept: list", ACCEPT, NO_JSON, None, b'["joinid","client2"]'),
    post("accept: unknown", ACCEPT, UNKNOWN, None, b'{"joinid":"?","client2":"a"}'),
    post("check: nothing", CHECK, MISSING, "joinid", b"{}"),
    post("check: no client1", CHECK, MISSING, "client1", b'{"joinid":"a"}'),
    post("check: client1 is null", CHECK, MISSING, "client1", b'{"joinid":"a","client1":null}'),
    post("check: client1 is true", CHECK, INVALID, "client1", b'{"joinid":"a","client1":true}'),
    post("check: unknown", CHECK, UNKNOWN, None, b'{"joinid":"?","client1":"a"}'),
    call("delete: nothing", "DELETE", CREATE, 400, MISSING, "roomid", body=b"{}"),
    call("delete: roomid is a number", "DELETE", CREATE, 400, INVALID, "roomid", body=b'{"roomid":1}'),
    call("delete: empty roomid", "DELETE", CREATE, 400, INVALID, "roomid", body=b'{"roomid":""}'),
    call("delete: broken", "DELETE", CREATE, 400, NO_JSON, body=b'{"roomid":'),
    post("purge: nothing", PURGE, MISSING, "deviceId", b"{}"),
    post("purge: deviceId is a number", PURGE, INVALID, "deviceId", b'{"deviceId":1}'),
    post("purge: empty deviceId", PURGE, INVALID, "deviceId", b'{"deviceId":""}'),
    post("purge: deviceIds is text", PURGE, INVALID, "deviceIds", b'{"deviceIds":"a"}'),
    post("purge: no deviceIds", PURGE, INVALID, "deviceIds", b'{"deviceIds":[]}'),
    post("purge: deviceIds of numbers", PURGE, INVALID, "deviceIds", b'{"deviceIds":[1,2]}'),
    post("purge: deviceIds of nulls", PURGE, INVALID, "deviceIds", b'{"deviceIds":[null]}'),
    post("purge: broken", PURGE, NO_JSON, None, b'{"deviceIds":["a"'),
    post("a list for an object", CREATE, NO_JSON, None, b"[]"),
    post("text for an object", CREATE, NO_JSON, None, b'"joinid"'),
    post("a number for an object", CREATE, NO_JSON, None, b"1"),
    post("null for an object", CREATE, NO_JSON, None, b"null"),
]

BODIES = [post(f"create: {name}", CREATE, NO_JSON, None, body) for name, body in BROKEN_JSON.items()]

BAD_REQUESTS = [*REQUEST_LINES, *FIELDS, *LENGTHS, *ROUTES, *BODIES, *CREATES, *CALLS]
