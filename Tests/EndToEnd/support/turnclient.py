"""A TURN client for tests: it does what it is told, and shows everything that came back."""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Self

from support import stun
from support.stun import Algorithm, Attribute, Attributes, Endpoint, Key, Kind, Message, Method
from support.transports import LIMIT, Transport

FIRST_WAIT = 0.5
"""Seconds until a request over UDP is repeated the first time; then twice as long each time."""


@dataclasses.dataclass
class Credentials:
    """What a client knows of itself, and what the server told it to use."""

    name: str
    password: str
    realm: str = ""
    nonce: bytes = b""
    algorithms: bytes | None = None
    """The server's PASSWORD-ALGORITHMS, octet by octet."""
    sha256: bool = False
    """Sign with MESSAGE-INTEGRITY-SHA256 alone, and derive the key by SHA-256, if the server offers it."""
    userhash: bool = False
    """Send USERHASH instead of USERNAME."""

    def take(self, challenge: Message) -> None:
        """Remembers what a 401 or 438 says."""
        self.realm = challenge[Attribute.REALM].decode()
        self.nonce = challenge[Attribute.NONCE]
        self.algorithms = challenge.get(Attribute.PASSWORD_ALGORITHMS)

    @property
    def key(self) -> Key:
        uses_sha256 = self.sha256 and self.algorithms is not None
        return Key(self.name, self.realm, self.password, Algorithm.SHA256 if uses_sha256 else Algorithm.MD5)

    @property
    def sign_with(self) -> tuple[int, ...]:
        uses_sha256 = self.sha256 and self.algorithms is not None
        return (Attribute.MESSAGE_INTEGRITY_SHA256,) if uses_sha256 else (Attribute.MESSAGE_INTEGRITY,)

    @property
    def attributes(self) -> list[tuple[int, bytes]]:
        """What stands before the integrity."""
        who = (
            (Attribute.USERHASH, self.key.userhash)
            if self.userhash
            else (Attribute.USERNAME, self.name.encode())
        )
        found = [who, (Attribute.REALM, self.realm.encode()), (Attribute.NONCE, self.nonce)]
        if self.sha256 and self.algorithms is not None:
            found.append((Attribute.PASSWORD_ALGORITHMS, self.algorithms))
            found.append((Attribute.PASSWORD_ALGORITHM, stun.password_algorithms(Algorithm.SHA256)))
        return [(int(type), value) for type, value in found]


@dataclasses.dataclass(frozen=True)
class Data:
    """A payload that a peer sent, as the client got it."""

    payload: bytes
    peer: Endpoint | None
    channel: int | None
    indication: Message | None = None


class Client:
    """One five-tuple. Requests wait for their answer; what else arrives meanwhile waits in `inbox`."""

    def __init__(
        self,
        transport: Transport,
        name: str = "",
        password: str = "",
        sha256: bool = False,
        userhash: bool = False,
        fingerprint: bool = False,
    ) -> None:
        self.transport = transport
        self.credentials = Credentials(name, password, sha256=sha256, userhash=userhash)
        self.fingerprint = fingerprint
        self.inbox: deque[Data | Message] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.transport.close()

    # Messages

    def exchange(self, wire: bytes, limit: float = LIMIT) -> Message:
        """Sends a request and gives its answer; over UDP the same octets are repeated until there is one."""
        answer = self.try_exchange(wire, limit)
        assert answer is not None, f"no answer within {limit} s to {stun.decode(wire)}"
        return answer

    def try_exchange(self, wire: bytes, limit: float) -> Message | None:
        deadline = time.monotonic() + limit
        wait = limit if self.transport.is_stream else FIRST_WAIT
        while (now := time.monotonic()) < deadline:
            self.transport.send(wire)
            if (answer := self.answer_to(wire[8:20], min(wait, deadline - now))) is not None:
                return answer
            wait *= 2
        return None

    def answer_to(self, transaction: bytes, limit: float) -> Message | None:
        """The response to a request that was sent already."""
        deadline = time.monotonic() + limit
        while True:
            frame = self.transport.receive(max(deadline - time.monotonic(), 0))
            if frame is None:
                return None
            if frame.channel is not None:
                self.inbox.append(Data(frame.octets, None, frame.channel))
                continue
            message = stun.decode(frame.octets)
            if message.kind in (Kind.SUCCESS, Kind.ERROR):
                if message.transaction == transaction:
                    return message
                continue  # The answer to a repetition of an earlier request.
            self.inbox.append(self._taken(message))

    @staticmethod
    def _taken(message: Message) -> Data | Message:
        if message.method == Method.DATA and Attribute.DATA in message:
            peer = message.address(Attribute.XOR_PEER_ADDRESS)
            return Data(message[Attribute.DATA], peer, None, message)
        return message

    def receive(self, limit: float = LIMIT) -> Data | Message | None:
        """What the server sends next that is no answer; None when nothing comes in time."""
        deadline = time.monotonic() + limit
        while not self.inbox:
            frame = self.transport.receive(max(deadline - time.monotonic(), 0))
            if frame is None:
                return None
            if frame.channel is not None:
                return Data(frame.octets, None, frame.channel)
            message = stun.decode(frame.octets)
            if message.kind == Kind.INDICATION:
                return self._taken(message)
        return self.inbox.popleft()

    def receive_data(self, limit: float = LIMIT) -> Data:
        received = self.receive(limit)
        assert isinstance(received, Data), f"expected data within {limit} s, got {received}"
        return received

    def settle(self) -> None:
        """Returns when the server has handled all that was sent before, in the order of this five-tuple."""
        answer = self.exchange(stun.encode(Method.BINDING))
        assert answer.succeeded, answer

    def expect_nothing(self) -> None:
        """Nothing but the answer to a Binding request may be on its way to this client."""
        self.settle()
        assert not self.inbox, list(self.inbox)

    # Requests

    def bind(self) -> Endpoint:
        """The address that the server sees."""
        answer = self.exchange(stun.encode(Method.BINDING))
        assert answer.succeeded, answer
        return answer.address(Attribute.XOR_MAPPED_ADDRESS)

    def signed(self, method: int, attributes: Attributes, transaction: bytes | None = None) -> bytes:
        """A request under this client's credentials, as octets."""
        return stun.encode(
            method,
            Kind.REQUEST,
            [*attributes, *self.credentials.attributes],
            transaction=transaction,
            key=self.credentials.key,
            sign_with=self.credentials.sign_with,
            add_fingerprint=self.fingerprint,
        )

    def challenge(self, method: int = Method.ALLOCATE, attributes: Attributes = ()) -> Message:
        """Asks without credentials, remembers what the 401 says, and gives it."""
        answer = self.exchange(stun.encode(method, attributes=attributes or self.plain_allocate))
        assert answer.error == 401, answer
        self.credentials.take(answer)
        return answer

    plain_allocate: Attributes = ((Attribute.REQUESTED_TRANSPORT, stun.requested_transport()),)

    def request(self, method: int, attributes: Attributes = ()) -> Message:
        """A signed request and its answer, after a challenge if there was none yet, again after a 438."""
        if not self.credentials.nonce:
            self.challenge()
        answer = self.exchange(self.signed(method, attributes))
        if answer.error == 438:
            self.credentials.take(answer)
            answer = self.exchange(self.signed(method, attributes))
        if answer.succeeded:
            assert answer.is_signed_by(self.credentials.key), f"unsigned or wrongly signed: {answer}"
        return answer

    def try_allocate(
        self,
        *attributes: tuple[int, stun.Value],
        lifetime: int | None = None,
        family: int | None = None,
        protocol: int = stun.UDP,
    ) -> Message:
        """An Allocate request as told, whatever its answer."""
        wanted: list[tuple[int, stun.Value]] = [
            (Attribute.REQUESTED_TRANSPORT, stun.requested_transport(protocol)),
            *attributes,
        ]
        if lifetime is not None:
            wanted.append((Attribute.LIFETIME, stun.number(lifetime)))
        if family is not None:
            wanted.append((Attribute.REQUESTED_ADDRESS_FAMILY, stun.address_family(family)))
        return self.request(Method.ALLOCATE, wanted)

    def allocate(self, *attributes: tuple[int, stun.Value], **wanted: int | None) -> Endpoint:
        """An Allocate request that must succeed; gives the relayed address."""
        answer = self.try_allocate(*attributes, **wanted)  # type: ignore[arg-type]
        assert answer.succeeded, answer
        return answer.address(Attribute.XOR_RELAYED_ADDRESS)

    def refresh(self, lifetime: int | None = None, *attributes: tuple[int, stun.Value]) -> Message:
        asked = [] if lifetime is None else [(int(Attribute.LIFETIME), stun.number(lifetime))]
        return self.request(Method.REFRESH, [*asked, *attributes])

    def permit(self, *peers: Endpoint) -> Message:
        return self.request(Method.CREATE_PERMISSION, [(Attribute.XOR_PEER_ADDRESS, peer) for peer in peers])

    def bind_channel(self, channel: int, peer: Endpoint) -> Message:
        return self.request(
            Method.CHANNEL_BIND,
            [
                (Attribute.CHANNEL_NUMBER, stun.channel_number(channel)),
                (Attribute.XOR_PEER_ADDRESS, peer),
            ],
        )

    # Payloads

    def send(self, payload: bytes, peer: Endpoint, *attributes: tuple[int, stun.Value]) -> None:
        """A Send indication."""
        self.transport.send(
            stun.encode(
                Method.SEND,
                Kind.INDICATION,
                [(Attribute.XOR_PEER_ADDRESS, peer), (Attribute.DATA, payload), *attributes],
            )
        )

    def send_on(self, channel: int, payload: bytes, padded: bool | None = None) -> None:
        """ChannelData, padded as the transport wants it unless told otherwise."""
        is_padded = self.transport.is_stream if padded is None else padded
        self.transport.send(stun.channel_data(channel, payload, is_padded))


def signed_allocate(
    client: Client,
    replaced: Mapping[int, bytes] | None = None,
    without: Iterable[int] = (),
    key: Key | bytes | None = None,
) -> bytes:
    """An Allocate of a client whose credentials differ in some way from what they should be."""
    attributes = dict(client.credentials.attributes) | dict(replaced or {})
    for type in without:
        del attributes[type]
    return stun.encode(
        Method.ALLOCATE,
        attributes=[*client.plain_allocate, *attributes.items()],
        key=client.credentials.key if key is None else key,
        sign_with=client.credentials.sign_with,
    )
