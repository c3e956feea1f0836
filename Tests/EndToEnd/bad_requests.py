"""Malformed HTTP requests and REST bodies, each with the answer that is documented for it."""

from __future__ import annotations

import dataclasses
import json

from tcp import request

CREATE, ACCEPT, CHECK = "/api/rooms", "/api/rooms/accept", "/api/rooms/check"
PURGE = "/api/user/purge"


@dataclasses.dataclass(frozen=True)
class BadRequest:
    """Octets that are wrong, and what may come back."""

    id: str
    wire: bytes
    statuses: tuple[int, ...]
    errors: tuple[str, ...] = ()
    """Stable ids that the JSON body may have; empty: any."""
    allow: str | None = None
    """A method that the `Allow` field must name."""
    silent: bool = False
    """The connection may be closed without an answer, because what came is hardly HTTP."""
    final: bool = False
    """Nobody can know where the next request starts, so nothing may be answered after the refusal."""
    end: bool = False
    """The client ends its direction right behind the octets."""
    head: bool = False
    """The answer has no body."""


def raw(id: str, head: str | bytes, *statuses: int, body: bytes = b"", **more: bool) -> BadRequest:
    """A request whose head is wrong. `final` unless told otherwise: what follows is not to be trusted."""
    octets = head.encode("latin-1") if isinstance(head, str) else head
    return BadRequest(id, octets + body, statuses, **({"final": True} | more))  # type: ignore[arg-type]


def fields(*lines: str, start: str = "POST /api/rooms HTTP/1.1", host: bool = True) -> str:
    return "\r\n".join([start, *(["Host: localhost"] if host else []), *lines, "", ""])


def chunked(body: bytes) -> bytes:
    return fields("Content-Type: application/json", "Transfer-Encoding: chunked").encode() + body


SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
VALID_BODY = b'{"joinid":"never","client1":"made","expiresInSeconds":60}'
LENGTH = f"Content-Length: {len(VALID_BODY)}"

REQUEST_LINES = [
    raw("no spaces", "GET\r\n\r\n", 400, silent=True),
    raw("no version", "GET /\r\n\r\n", 400, 505, silent=True),
    raw("no target", "GET HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    raw("two spaces before the target", fields(start="GET  / HTTP/1.1"), 400, 200, final=False),
    raw("space in the target", fields(start="GET /a b HTTP/1.1"), 400),
    raw("four words", fields(start="GET / HTTP/1.1 x"), 400),
    raw("leading space", fields(start=" GET / HTTP/1.1"), 400),
    raw("tab for space", fields(start="GET\t/\tHTTP/1.1"), 400),
    raw("lower-case version", fields(start="GET / http/1.1"), 400, 505),
    raw("another protocol", fields(start="GET / FTP/1.1"), 400, 505),
    raw("version 3.0", fields(start="GET / HTTP/3.0"), 400, 505),
    raw("version 9.9", fields(start="GET / HTTP/9.9"), 400, 505),
    raw("version 1.10", fields(start="GET / HTTP/1.10"), 400, 505),
    raw("version 1.x", fields(start="GET / HTTP/1.x"), 400, 505),
    raw("version without a dot", fields(start="GET / HTTP/11"), 400, 505),
    raw("nul in the method", fields(start="G\0T / HTTP/1.1"), 400),
    raw("nul in the target", fields(start="GET /\0 HTTP/1.1"), 400),
    raw("control character in the target", fields(start="GET /\x01 HTTP/1.1"), 400),
    raw("delete in the target", fields(start="GET /\x7f HTTP/1.1"), 400),
    raw("carriage return alone", "GET / HTTP/1.1\rHost: localhost\r\r", 400, silent=True, end=True),
    raw("method of symbols", fields(start="G{}T / HTTP/1.1"), 400),
    raw("empty method", fields(start=" / HTTP/1.1"), 400),
    raw("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, 505, silent=True),
    raw("TLS hello", bytes.fromhex("16030100c8010000c40303") + bytes(189), 400, silent=True, end=True),
    raw("SSH banner", b"SSH-2.0-OpenSSH_9.2\r\n", 400, silent=True),
    raw("SOCKS hello", b"\x05\x01\x00", 400, silent=True, end=True),
    raw("redis command", b"*1\r\n$4\r\nPING\r\n", 400, silent=True),
    raw("SMTP greeting", b"EHLO example.org\r\n", 400, silent=True, end=True),
    raw("zeros", bytes(64), 400, silent=True, end=True),
    raw("all ones", b"\xff" * 64, 400, silent=True, end=True),
    raw("target over the header limit", fields(start=f"GET /{'a' * 20000} HTTP/1.1"), 431, 414, 400),
    raw("method over the header limit", fields(start=f"{'G' * 20000} / HTTP/1.1"), 431, 400, 501),
    raw("cut in the method", "GE", 400, 408, silent=True, end=True),
    raw("cut in the request line", "GET / HTT", 400, 408, silent=True, end=True),
    raw("cut after the request line", "GET / HTTP/1.1\r\n", 400, 408, silent=True, end=True),
    raw("cut in a field", "GET / HTTP/1.1\r\nHost: loc", 400, 408, silent=True, end=True),
    raw(
        "cut before the empty line", "GET / HTTP/1.1\r\nHost: localhost\r\n", 400, 408, silent=True, end=True
    ),
]

FIELDS = [
    raw("no host", fields(start="GET / HTTP/1.1", host=False), 400),
    raw("two hosts", fields("Host: other", start="GET / HTTP/1.1"), 400),
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
    raw("one name over the limit", fields("N" * 20000 + ": x", start="GET / HTTP/1.1"), 431, 400),
    raw(
        "many fields over the limit",
        fields(*(f"N{n}: {n:020}" for n in range(1000)), start="GET / HTTP/1.1"),
        431,
    ),
    raw("many short fields over the limit", fields(*["a: b"] * 5000, start="GET / HTTP/1.1"), 431),
    raw("fields without end", fields("Name: " + "x" * 40000, start="GET / HTTP/1.1")[:-4], 431, 400),
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
        "content length over 64 bits", fields("Content-Length: 99999999999999999999"), 400, 413, body=SMUGGLED
    ),
    raw("content length of 2^64", fields("Content-Length: 18446744073709551616"), 400, 413, body=SMUGGLED),
    raw("content length of 2^63", fields("Content-Length: 9223372036854775808"), 400, 413, body=SMUGGLED),
    raw("two different content lengths", fields(LENGTH, "Content-Length: 5"), 400, body=VALID_BODY),
    raw("a list of different content lengths", fields("Content-Length: 5, 6"), 400, body=VALID_BODY),
    raw("length and chunks", fields(LENGTH, "Transfer-Encoding: chunked"), 400, body=b"0\r\n\r\n" + SMUGGLED),
    raw("chunks and length", fields("Transfer-Encoding: chunked", LENGTH), 400, body=b"0\r\n\r\n" + SMUGGLED),
    raw("unknown coding", fields("Transfer-Encoding: gzip"), 400, 501, body=SMUGGLED),
    raw(
        "chunked is not the last coding", fields("Transfer-Encoding: chunked, gzip"), 400, 501, body=SMUGGLED
    ),
    raw("chunked twice", fields("Transfer-Encoding: chunked, chunked"), 400, 501, body=SMUGGLED),
    raw("almost chunked", fields("Transfer-Encoding: xchunked"), 400, 501, body=SMUGGLED),
    raw("chunk size of words", chunked(b"zz\r\n" + VALID_BODY + b"\r\n0\r\n\r\n"), 400),
    raw("negative chunk size", chunked(b"-1\r\n\r\n0\r\n\r\n"), 400),
    raw("empty chunk size", chunked(b"\r\n" + VALID_BODY), 400),
    raw("chunk size over 64 bits", chunked(b"fffffffffffffffff\r\n" + VALID_BODY), 400, 413),
    raw("chunk size with a prefix", chunked(b"0x5\r\nhello\r\n0\r\n\r\n"), 400),
    raw("chunk longer than its size", chunked(b"5\r\nhello world\r\n0\r\n\r\n"), 400),
    raw("chunk without an end of line", chunked(b"5\r\nhelloXX0\r\n\r\n"), 400),
    raw("chunk over the body limit", chunked(b"4e20\r\n" + b" " * 20000 + b"\r\n0\r\n\r\n"), 413),
    raw("chunk of 4 GiB", chunked(b"ffffffff\r\n" + b" " * 1100000), 413, silent=True),
    raw("chunks over the body limit", chunked((b"400\r\n" + b" " * 1024 + b"\r\n") * 20 + b"0\r\n\r\n"), 413),
    raw("body over the limit", fields("Content-Length: 16385") + " " * 16385, 413),
    raw("body over the limit by its header alone", fields("Content-Length: 16385"), 413),
    raw("body of a terabyte by its header alone", fields("Content-Length: 1099511627776"), 413),
    raw("purge body over its limit", fields("Content-Length: 65537", start=f"POST {PURGE} HTTP/1.1"), 413),
    raw(
        "large body for a path without one",
        fields("Content-Length: 99999999", start="GET / HTTP/1.1"),
        413,
        400,
        200,
    ),
    raw(
        "expecting to continue with too much",
        fields("Content-Length: 99999", "Expect: 100-continue"),
        413,
        417,
    ),
    raw("cut in the body", fields("Content-Length: 100") + "{", 400, 408, silent=True, end=True),
    raw("cut in a chunk", chunked(b"ff\r\n{"), 400, 408, silent=True, end=True),
    raw("cut in a chunk size", chunked(b"f"), 400, 408, silent=True, end=True),
]


def call(
    id: str,
    method: str,
    target: str,
    *statuses: int,
    errors: str = "",
    body: bytes | None = None,
    allow: str | None = None,
) -> BadRequest:
    """A request that is correct HTTP and wrong in what it asks for."""
    wire = request(method, target, body)
    return BadRequest(id, wire, statuses, tuple(errors.split()), allow=allow, head=method == "HEAD")


ROUTES = [
    call("unknown path", "GET", "/nope", 404, errors="not_found"),
    call("unknown path below the API", "GET", "/api/nope", 404, errors="not_found"),
    call("the API itself", "GET", "/api", 404, errors="not_found"),
    call("unknown path below rooms", "POST", "/api/rooms/nope", 404, errors="not_found", body=VALID_BODY),
    call("upper-case path", "POST", "/API/ROOMS", 404, errors="not_found", body=VALID_BODY),
    call("up and out", "GET", "/../../etc/passwd", 404, 400),
    call("up and out, escaped", "GET", "/%2e%2e/%2e%2e/etc/passwd", 404, 400),
    call("up and out with escaped slashes", "GET", "/..%2f..%2fetc%2fpasswd", 404, 400),
    call("backslashes", "GET", "/..\\..\\windows", 404, 400),
    call("nul escaped", "GET", "/%00", 404, 400),
    call("half an escape", "GET", "/%e", 404, 400),
    call("no hex in an escape", "GET", "/%zz", 404, 400),
    call("escapes that are no UTF-8", "GET", "/%ff%fe", 404, 400),
    call("other host's path", "GET", "//example.org/api/rooms", 404, 400),
    call("long path", "GET", "/" + "a/" * 4000, 404, 414, 400),
    call("dotfile", "GET", "/.env", 404),
    call("database", "GET", "/data/chat.db", 404),
    call("method TRACE", "TRACE", "/", 405, 501, 400),
    call("method CONNECT", "CONNECT", "localhost:80", 405, 501, 400, 404),
    call("method of no standard", "BREW", "/", 405, 501, 400),
    call("lower-case method", "get", "/", 405, 501, 400),
    call("POST to the start page", "POST", "/", 405, allow="GET", body=b"{}"),
    call("DELETE of the start page", "DELETE", "/", 405, allow="GET"),
    call("PUT to rooms", "PUT", "/api/rooms", 405, allow="POST", body=VALID_BODY),
    call("PATCH of rooms", "PATCH", "/api/rooms", 405, allow="DELETE", body=VALID_BODY),
    call("GET of accept", "GET", ACCEPT, 405, allow="POST"),
    call("PUT to accept", "PUT", ACCEPT, 405, allow="POST", body=VALID_BODY),
    call("GET of check", "GET", CHECK, 405, allow="POST"),
    call("DELETE of check", "DELETE", CHECK, 405, allow="POST"),
    call("GET of purge", "GET", PURGE, 405, allow="POST"),
    call("DELETE of purge", "DELETE", PURGE, 405, allow="POST"),
    call("POST to health", "POST", "/healthz", 405, allow="GET", body=b"{}"),
    call("POST to metrics", "POST", "/metrics", 405, allow="GET", body=b"{}"),
    call("POST to the debug page", "POST", "/rooms", 405, allow="GET", body=b"{}"),
    call("room without an id", "GET", "/api/rooms", 400, errors="missing_field"),
    call("room with another parameter", "GET", "/api/rooms?room=x", 400, errors="missing_field"),
    call("room with an empty id", "GET", "/api/rooms?roomid=", 400, errors="missing_field invalid_field"),
    call(
        "room with an id too long",
        "GET",
        "/api/rooms?roomid=" + "x" * 1000,
        400,
        404,
        errors="invalid_field not_found",
    ),
    call("room that is not there", "GET", "/api/rooms?roomid=" + "0" * 48, 404, errors="not_found"),
    call("room with half an escape", "GET", "/api/rooms?roomid=%e", 400, 404),
    call("room with a quote", "GET", "/api/rooms?roomid='%20OR%201=1--", 404, 400),
    call("delete without an id", "DELETE", "/api/rooms", 400, errors="missing_field invalid_json"),
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
    "thousands of brackets": b"[" * 8000,
    "thousands of objects": b'{"a":' * 3000,
}

LONG = "x" * 400


def create(id: str, errors: str, **changes: object) -> BadRequest:
    """A create call with some members changed; ... leaves one out."""
    members = {"joinid": "bad-input", "client1": "device", "expiresInSeconds": 60} | changes
    body = json.dumps({name: value for name, value in members.items() if value is not ...}).encode()
    return call(f"create: {id}", "POST", CREATE, 400, errors=errors, body=body)


MISSING, INVALID, EITHER = "missing_field", "invalid_field", "missing_field invalid_field"

CREATES = [
    create("no joinid", MISSING, joinid=...),
    create("no client1", MISSING, client1=...),
    create("no expiry", MISSING, expiresInSeconds=...),
    create("null joinid", EITHER, joinid=None),
    create("joinid is a number", INVALID, joinid=123456),
    create("joinid is a list", INVALID, joinid=["123456"]),
    create("joinid is an object", INVALID, joinid={}),
    create("joinid is true", INVALID, joinid=True),
    create("empty joinid", EITHER, joinid=""),
    create("joinid too long", INVALID, joinid=LONG),
    create("client1 is a number", INVALID, client1=1),
    create("client1 is an object", INVALID, client1={"id": "x"}),
    create("empty client1", EITHER, client1=""),
    create("client1 too long", INVALID, client1=LONG),
    create("no time", INVALID, expiresInSeconds=0),
    create("negative time", INVALID, expiresInSeconds=-60),
    create("more than a day", INVALID, expiresInSeconds=86401),
    create("time as text", INVALID, expiresInSeconds="60"),
    create("time as a list", INVALID, expiresInSeconds=[60]),
    create("time without bounds", INVALID, expiresInSeconds=10**30),
    create("exp in the past", INVALID, expiresInSeconds=..., exp="2001-01-01T00:00:00Z"),
    create("exp is no date", INVALID, expiresInSeconds=..., exp="tomorrow"),
    create("empty exp", EITHER, expiresInSeconds=..., exp=""),
    create("exp is a number", INVALID, expiresInSeconds=..., exp=2000000000),
    create("exp in month 13", INVALID, expiresInSeconds=..., exp="2099-13-01T00:00:00Z"),
    create("exp on 30 February", INVALID, expiresInSeconds=..., exp="2099-02-30T00:00:00Z"),
    create("exp at 25 hours", INVALID, expiresInSeconds=..., exp="2099-01-01T25:00:00Z"),
    create(
        "exp with text behind", INVALID, expiresInSeconds=..., exp="2099-01-01T00:00:00Z; DROP TABLE rooms"
    ),
]

CALLS = [
    call("accept: nothing", "POST", ACCEPT, 400, errors=MISSING, body=b"{}"),
    call("accept: no client2", "POST", ACCEPT, 400, errors=MISSING, body=b'{"joinid":"a"}'),
    call("accept: no joinid", "POST", ACCEPT, 400, errors=MISSING, body=b'{"client2":"a"}'),
    call(
        "accept: joinid is a number", "POST", ACCEPT, 400, errors=INVALID, body=b'{"joinid":1,"client2":"a"}'
    ),
    call(
        "accept: client2 is a list", "POST", ACCEPT, 400, errors=INVALID, body=b'{"joinid":"a","client2":[]}'
    ),
    call("accept: empty client2", "POST", ACCEPT, 400, errors=EITHER, body=b'{"joinid":"a","client2":""}'),
    call("accept: list", "POST", ACCEPT, 400, body=b'["joinid","client2"]'),
    call(
        "accept: unknown",
        "POST",
        ACCEPT,
        404,
        errors="not_found_or_expired",
        body=b'{"joinid":"?","client2":"a"}',
    ),
    call("check: nothing", "POST", CHECK, 400, errors=MISSING, body=b"{}"),
    call("check: no client1", "POST", CHECK, 400, errors=MISSING, body=b'{"joinid":"a"}'),
    call("check: client1 is null", "POST", CHECK, 400, errors=EITHER, body=b'{"joinid":"a","client1":null}'),
    call("check: client1 is true", "POST", CHECK, 400, errors=INVALID, body=b'{"joinid":"a","client1":true}'),
    call(
        "check: unknown",
        "POST",
        CHECK,
        404,
        errors="not_found_or_expired",
        body=b'{"joinid":"?","client1":"a"}',
    ),
    call("delete: nothing", "DELETE", CREATE, 400, errors=MISSING, body=b"{}"),
    call("delete: roomid is a number", "DELETE", CREATE, 400, errors=INVALID, body=b'{"roomid":1}'),
    call("delete: broken", "DELETE", CREATE, 400, errors="invalid_json", body=b'{"roomid":'),
    call("purge: nothing", "POST", PURGE, 400, errors=MISSING, body=b"{}"),
    call("purge: deviceId is a number", "POST", PURGE, 400, errors=INVALID, body=b'{"deviceId":1}'),
    call("purge: empty deviceId", "POST", PURGE, 400, errors=EITHER, body=b'{"deviceId":""}'),
    call("purge: deviceIds is text", "POST", PURGE, 400, errors=INVALID, body=b'{"deviceIds":"a"}'),
    call("purge: deviceIds of numbers", "POST", PURGE, 400, errors=INVALID, body=b'{"deviceIds":[1,2]}'),
    call("purge: deviceIds of nulls", "POST", PURGE, 400, errors=INVALID, body=b'{"deviceIds":[null]}'),
    call("purge: broken", "POST", PURGE, 400, errors="invalid_json", body=b'{"deviceIds":["a"'),
    call("a list for an object", "POST", CREATE, 400, body=b"[]"),
    call("text for an object", "POST", CREATE, 400, body=b'"joinid"'),
    call("a number for an object", "POST", CREATE, 400, body=b"1"),
    call("null for an object", "POST", CREATE, 400, body=b"null"),
]

BODIES = [
    call(f"create: {name}", "POST", CREATE, 400, errors="invalid_json", body=body)
    for name, body in BROKEN_JSON.items()
]

BAD_REQUESTS = [*REQUEST_LINES, *FIELDS, *LENGTHS, *ROUTES, *BODIES, *CREATES, *CALLS]
