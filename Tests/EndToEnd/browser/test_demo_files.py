"""Files over the demo page: intact, both ways at once, cancelled, and kept when the call ends."""

from __future__ import annotations

import hashlib
import pathlib
import random

from support.demopage import Pair
from support.switchboard import Server

FILE_BYTES = 20_000_000
WATCH_BUFFER = """
  const send = RTCDataChannel.prototype.send;
  window.mostBuffered = 0;
  RTCDataChannel.prototype.send = function (data) {
    send.call(this, data);
    window.mostBuffered = Math.max(window.mostBuffered, this.bufferedAmount);
  };"""

ONE_BYTE_PARTS = """
  const send = RTCDataChannel.prototype.send;
  RTCDataChannel.prototype.send = function (data) {
    if (typeof data === 'string') return send.call(this, data);
    for (let place = 0; place < data.byteLength; place += 1) send.call(this, data.slice(place, place + 1));
  };"""

# As of browsers that say nothing of channels whose connection was closed at this end.
SILENT_CLOSE = """
  Object.defineProperty(RTCDataChannel.prototype, 'onclose', {get: () => null, set() {}});"""


def test_a_large_file_arrives_intact_in_both_directions_at_once(call: Pair, tmp_path: pathlib.Path) -> None:
    for page in call:
        page.run(WATCH_BUFFER)
    sent = {}
    for number, page in enumerate(call, start=1):
        file = tmp_path / f"film-{number}.bin"
        file.write_bytes(random.Random(number).randbytes(FILE_BYTES))
        sent[page] = file
        page.send_file(file)
    bars = "return document.querySelectorAll('#files progress').length"
    call[0].wait_until(lambda: call[0].run(bars) == 2, "a bar for each direction")
    call[0].inspect("call-files-travel")
    for page, other in (call, call[::-1]):
        digest = hashlib.sha256(sent[page].read_bytes()).hexdigest()
        assert other.save(sent[page].name, FILE_BYTES) == digest
        page.wait_for_text("files", "Delivered")
        assert page.run("return window.mostBuffered") < 2_000_000, "the sender waits for the channel"
    call[0].inspect("call-files-arrived")


def test_a_file_in_tiny_parts_and_under_a_false_name_arrives_intact_and_is_named(
    call: Pair, tmp_path: pathlib.Path
) -> None:
    one, other = call
    one.run(ONE_BYTE_PARTS)
    content = random.Random(1).randbytes(3_000)
    file = tmp_path / "song\u202e3pm.\u200e\u2028exe"
    file.write_bytes(content)
    one.send_file(file)
    assert other.save("song3pm.exe", len(content)) == hashlib.sha256(content).hexdigest()
    one.wait_for_text("files", "Delivered")


def test_a_transfer_can_be_cancelled_by_either_side(call: Pair, tmp_path: pathlib.Path) -> None:
    one, other = call
    file = tmp_path / "long.bin"
    file.write_bytes(bytes(200_000_000))
    cancel = "document.querySelector(`#files [aria-label='Cancel: long.bin']`)?.click()"
    for canceller in call:
        one.send_file(file)
        canceller.wait_until(
            lambda: canceller.shows("files") and "Cancel" in canceller.text("files"), "it travels"
        )
        canceller.run(cancel)
        for page in call:
            page.wait_until(
                lambda: page.run("return document.querySelectorAll('#files progress').length") == 0,
                "it stops",
            )
    small = tmp_path / "small.txt"
    small.write_text("still in step")
    one.send_file(small)
    assert other.save("small.txt", 13) == hashlib.sha256(b"still in step").hexdigest()


def test_who_hangs_up_can_save_what_came_and_the_other_is_told(call: Pair, tmp_path: pathlib.Path) -> None:
    one, other = call
    file = tmp_path / "notes.txt"
    file.write_text("worth keeping")
    one.send_file(file)
    other.wait_for_text("files", "Received")
    other.click("hang-up")
    other.wait_until_shown("ended")
    assert other.focused() == "ended-title"
    other.inspect("ended")
    assert other.save("notes.txt", 13) == hashlib.sha256(b"worth keeping").hexdigest()
    one.wait_for_status("The other person has left")
    one.inspect("call-other-left")
    one.click("veil-action")
    one.wait_until_shown("start")


def test_a_file_that_cannot_be_read_to_its_end_is_given_up_at_both_ends(
    call: Pair, tmp_path: pathlib.Path
) -> None:
    one, other = call
    file = tmp_path / "draft.bin"
    file.write_bytes(bytes(200_000_000))
    one.send_file(file)
    other.wait_for_text("files", "Receiving")
    file.unlink()
    one.wait_for_text("files", "It cannot be read: it was changed or removed")
    other.wait_for_text("files", "Cancelled by the other person")
    small = tmp_path / "small.txt"
    small.write_text("still in step")
    one.send_file(small)
    assert other.save("small.txt", 13) == hashlib.sha256(b"still in step").hexdigest()


def test_what_travels_is_broken_off_when_the_other_leaves_though_no_channel_says_so(
    pair: Pair, shared_server: Server, tmp_path: pathlib.Path
) -> None:
    one, other = pair
    one.visit(shared_server)
    one.run(SILENT_CLOSE)
    other.visit(shared_server)
    one.join(other.create_code())
    for page in pair:
        page.wait_until_connected()
    file = tmp_path / "long.bin"
    file.write_bytes(bytes(200_000_000))
    one.send_file(file)
    other.wait_for_text("files", "Receiving")
    other.click("hang-up")
    one.wait_for_status("The other person has left")
    one.wait_for_text("files", "Broken off")
    for id in ("file-input", "chat-send"):
        assert not one.element(id).is_enabled(), id
