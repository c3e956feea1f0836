"""Asks the Linux kernel how much of a connection's data still waits to be read (sock_diag(7)).

With it a test can cut a stream into pieces that the server really reads one by one, without sleeping.
"""

from __future__ import annotations

import errno
import socket
import struct

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST = 1
NLMSG_ERROR = 2
HEADER = "=IHHII"
TCP_LISTEN = 10

Address = tuple[str, int]


class SocketQueues:
    """The queues of sockets of this machine, over one netlink socket."""

    def __init__(self) -> None:
        self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_SOCK_DIAG)

    def unread(self, local: Address, remote: Address) -> int:
        """Octets that `remote`'s process has not read, in its receive queue or on the way; 0 if it closed."""
        return self._queues(remote, local)[0] + self._queues(local, remote)[1]

    def _queues(self, local: Address, remote: Address) -> tuple[int, int]:
        """The receive and the send queue of one socket (struct inet_diag_req_v2 and inet_diag_msg)."""
        ports = struct.pack("!HH", local[1], remote[1])
        hosts = b"".join(socket.inet_aton(host) + bytes(12) for host, _ in (local, remote))
        any_interface, no_cookie = struct.pack("=I", 0), b"\xff" * 8
        query = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFFFFFF)
        query += ports + hosts + any_interface + no_cookie
        length = struct.calcsize(HEADER) + len(query)
        self._netlink.send(struct.pack(HEADER, length, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0) + query)
        answer = self._netlink.recv(8192)
        _, kind, *_ = struct.unpack_from(HEADER, answer)
        if kind == NLMSG_ERROR:
            code = -struct.unpack_from("=i", answer, struct.calcsize(HEADER))[0]
            assert code == errno.ENOENT, errno.errorcode.get(code, code)
            return 0, 0
        _, state = struct.unpack_from("=BB", answer, struct.calcsize(HEADER))
        if state == TCP_LISTEN:
            return 0, 0
        receiving, sending = struct.unpack_from("=II", answer, struct.calcsize(HEADER) + 56)
        return receiving, sending
