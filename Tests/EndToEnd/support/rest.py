"""A small client of the REST API that shows everything that came back."""

from __future__ import annotations

import datetime
import http.client
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from support.tcp import Secure

LIMIT = 15.0
UTC = datetime.UTC


class Endpoint(Protocol):
    """A server, or a proxy before one."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


@dataclass(frozen=True)
class Answer:
    """What came back for one request. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which must say that it is JSON."""
        assert self.headers.get("content-type", "").split(";")[0] == "application/json", self
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The stable id of a refusal, after a look at its shape."""
        assert isinstance(self.json["message"], str) and self.json["message"], self
        assert isinstance(self.json["error"], str), self
        return str(self.json["error"])


class Rest:
    """Calls what listens at an address, with a connection of its own for each call."""

    def __init__(self, at: Endpoint, source: str = "", headers: Mapping[str, str] | None = None) -> None:
        """The source is the address of this machine to call from; the headers go with all calls."""
        self.at, self.source = at, source
        self.headers = dict(headers or {})

    def from_address(self, address: str) -> Rest:
        """The same server as seen by a client at this address behind a proxy."""
        return Rest(self.at, self.source, self.headers | {"X-Forwarded-For": address})

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request. A body that is not bytes is sent as JSON."""
        sent = self.headers | dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent = {"Content-Type": "application/json"} | sent
        source = (self.source, 0) if self.source else None
        connection = http.client.HTTPConnection(self.at.host, self.at.port, LIMIT, source)
        if isinstance(self.at, Secure):
            connection = http.client.HTTPSConnection(
                self.at.host, self.at.port, timeout=LIMIT, source_address=source, context=self.at.context
            )
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            content = response.read()
            return Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, content
            )
        finally:
            connection.close()

    def create(self, joinid: str, client1: str, **members: object) -> Answer:
        if "exp" not in members:
            members = {"expiresInSeconds": 300} | members
        return self.call("POST", "/api/rooms", {"joinid": joinid, "client1": client1} | members)

    def accept(self, joinid: str, client2: str, **members: object) -> Answer:
        return self.call("POST", "/api/rooms/accept", {"joinid": joinid, "client2": client2} | members)

    def check(self, joinid: str, client1: str, **members: object) -> Answer:
        return self.call("POST", "/api/rooms/check", {"joinid": joinid, "client1": client1} | members)

    def room(self, roomid: str) -> Answer:
        return self.call("GET", f"/api/rooms?roomid={roomid}")

    def purge(self, device: str) -> Answer:
        return self.call("POST", "/api/user/purge", {"deviceId": device})

    def pair(self, client1: str, client2: str) -> str:
        """A whole pairing; gives its room id."""
        code = new_code()
        assert self.create(code, client1).status == 201
        roomid = self.accept(code, client2).json["roomid"]
        assert self.check(code, client1).json == {"roomid": roomid}
        return str(roomid)


def new_code() -> str:
    """A join code that no other test uses."""
    return secrets.token_hex(8)


def new_device() -> str:
    return f"device-{secrets.token_hex(8)}"


def instant(text: str) -> datetime.datetime:
    """The instant that an ISO-8601 text with an offset names."""
    parsed = datetime.datetime.fromisoformat(text)
    assert parsed.tzinfo is not None, f"{text} does not say its offset"
    return parsed


def in_seconds(seconds: float) -> datetime.datetime:
    """The instant so far from now, in whole milliseconds."""
    now = datetime.datetime.now(UTC) + datetime.timedelta(seconds=seconds)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
