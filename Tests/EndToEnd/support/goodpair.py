"""Two well-behaved clients that keep exchanging messages while something else happens on the same server."""

from __future__ import annotations

import threading
import time

from support.switchboard import Server
from support.wsclient import Client, pair


class GoodPair:
    """Runs in a thread of its own. `finish` fails the test if a single message was lost, wrong or late."""

    def __init__(self, server: Server, *, pause: float = 0.02) -> None:
        self.exchanged = 0
        self.slowest = 0.0
        self._pause = pause
        self._failure: BaseException | None = None
        self._stop = threading.Event()
        self._clients = pair(server)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._pause):
                self._exchange(*self._clients)
                self._clients = (self._clients[1], self._clients[0])
        except BaseException as failure:  # Raised again in `finish`.
            self._failure = failure

    def _exchange(self, sender: Client, receiver: Client) -> None:
        start = time.monotonic()
        sender.send("webrtc_offer", sdp=f"offer {self.exchanged}")
        forwarded = receiver.next("webrtc_offer")
        assert (forwarded["sdp"], forwarded["from"]) == (f"offer {self.exchanged}", sender.id)
        sender.assert_nothing_came()
        self.slowest = max(self.slowest, time.monotonic() - start)
        self.exchanged += 1

    def finish(self) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()
        for client in self._clients:
            client.drop()
        if self._failure is not None:
            raise self._failure
        assert self.exchanged > 0
