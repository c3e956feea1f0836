"""Every call of the REST API with every answer that the contract names."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.rest import UTC, Answer, Rest, in_seconds, instant, new_code, new_device
from support.switchboard import Server


@pytest.fixture(scope="module")
def rest(shared_server: Server) -> Rest:
    return Rest(shared_server)


# Create


def test_create_tells_the_expiry_that_it_was_asked_for_in_seconds(rest: Rest) -> None:
    before = in_seconds(90)
    answer = rest.create(new_code(), new_device(), expiresInSeconds=90)
    assert answer.status == 201
    assert set(answer.json) == {"ok", "exp"} and answer.json["ok"] is True
    assert before <= instant(answer.json["exp"]) <= in_seconds(90)


@pytest.mark.parametrize("seconds", [1, 86_400])
def test_create_takes_the_shortest_and_the_longest_life(rest: Rest, seconds: int) -> None:
    assert rest.create(new_code(), new_device(), expiresInSeconds=seconds).status == 201


def written(moment: datetime.datetime) -> dict[str, str]:
    """One instant in the ways in which clients write it."""
    plus = moment.astimezone(datetime.timezone(datetime.timedelta(hours=2)))
    minus = moment.astimezone(datetime.timezone(-datetime.timedelta(hours=5, minutes=30)))
    return {
        "Z": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "milliseconds": moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "zero offset": moment.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "east": plus.strftime("%Y-%m-%dT%H:%M:%S+02:00"),
        "west": minus.strftime("%Y-%m-%dT%H:%M:%S.000-05:30"),
    }


def test_create_takes_one_instant_in_every_spelling(rest: Rest) -> None:
    moment = in_seconds(3_600).replace(microsecond=0)
    for spelling, text in written(moment).items():
        answer = rest.create(new_code(), new_device(), exp=text)
        assert answer.status == 201, spelling
        assert instant(answer.json["exp"]) == moment, spelling


def test_an_expiry_that_only_looks_future_is_refused(rest: Rest) -> None:
    for spelling, text in written(in_seconds(-60)).items():
        answer = rest.create(new_code(), new_device(), exp=text)
        assert (answer.status, answer.error) == (400, "invalid_field"), spelling


def test_a_pending_dies_at_its_instant_however_it_was_written(rest: Rest) -> None:
    """Asks in a round until all are gone; none may be seen after its instant or be gone before it."""
    device, dies = new_device(), in_seconds(2.999).replace(microsecond=0)
    codes = {spelling: new_code() for spelling in written(dies)}
    for spelling, text in written(dies).items():
        assert rest.create(codes[spelling], device, exp=text).status == 201
    alive = dict(codes)
    limit = time.monotonic() + 10
    while alive and time.monotonic() < limit:
        for spelling, code in list(alive.items()):
            asked = datetime.datetime.now(UTC)
            status = rest.check(code, device).status
            answered = datetime.datetime.now(UTC)
            if status == 404:
                assert answered >= dies, f"{spelling} was gone early"
                del alive[spelling]
            else:
                assert status == 204 and asked < dies, f"{spelling} was seen late ({status})"
    assert not alive
    for code in codes.values():
        assert rest.accept(code, new_device()).error == "not_found_or_expired"
        assert rest.create(code, new_device()).status == 201, "an expired code is free for anybody"


def test_a_live_code_of_another_device_is_a_conflict(rest: Rest) -> None:
    code = new_code()
    assert rest.create(code, new_device()).status == 201
    answer = rest.create(code, new_device())
    assert (answer.status, answer.error) == (409, "conflict")


def test_asking_again_for_the_own_code_renews_it(rest: Rest) -> None:
    code, device = new_code(), new_device()
    first = rest.create(code, device, expiresInSeconds=60)
    second = rest.create(code, device, expiresInSeconds=600)
    assert (first.status, second.status) == (201, 201)
    assert instant(second.json["exp"]) - instant(first.json["exp"]) >= datetime.timedelta(seconds=530)
    assert rest.check(code, device).status == 204


# Accept and check


def test_a_pairing_goes_through_all_its_answers_once(rest: Rest) -> None:
    code, first, second = new_code(), new_device(), new_device()
    unknown = rest.check(code, first)
    assert (unknown.status, unknown.error) == (404, "not_found_or_expired")
    assert rest.create(code, first).status == 201
    waiting = rest.check(code, first)
    assert (waiting.status, waiting.body) == (204, b"")
    assert "content-length" not in waiting.headers and "transfer-encoding" not in waiting.headers

    accepted = rest.accept(code, second)
    assert accepted.status == 200 and set(accepted.json) == {"roomid"}
    roomid = accepted.json["roomid"]
    assert re.fullmatch("[0-9a-f]{48}", roomid)
    assert rest.accept(code, second).json == {"roomid": roomid}, "the same device may ask again"
    late = rest.accept(code, new_device())
    assert (late.status, late.error) == (409, "conflict")

    stranger = rest.check(code, new_device())
    assert (stranger.status, stranger.error) == (404, "not_found_or_expired")
    checked = rest.check(code, first)
    assert (checked.status, checked.json) == (200, {"roomid": roomid})
    again = rest.check(code, first)
    assert (again.status, again.error) == (404, "not_found_or_expired")
    gone = rest.accept(code, second)
    assert (gone.status, gone.error) == (404, "not_found_or_expired")
    assert rest.room(roomid).json == {"roomid": roomid, "client1": first, "client2": second}


def test_nobody_accepts_his_own_code(rest: Rest) -> None:
    code, device = new_code(), new_device()
    rest.create(code, device)
    answer = rest.accept(code, device)
    assert (answer.status, answer.error) == (409, "conflict")
    assert rest.check(code, device).status == 204


def test_an_unknown_code_cannot_be_accepted(rest: Rest) -> None:
    answer = rest.accept(new_code(), new_device())
    assert (answer.status, answer.error) == (404, "not_found_or_expired")


def test_room_ids_do_not_repeat(rest: Rest) -> None:
    assert len({rest.pair(new_device(), new_device()) for _ in range(20)}) == 20


# Rooms


def test_an_unknown_room_is_not_found(rest: Rest) -> None:
    answer = rest.room("0" * 48)
    assert (answer.status, answer.error) == (404, "not_found")


def test_a_room_must_be_named(rest: Rest) -> None:
    for method in ("GET", "DELETE"):
        answer = rest.call(method, "/api/rooms")
        assert (answer.status, answer.error) == (400, "missing_field"), method
        assert answer.json["field"] == "roomid"


@pytest.mark.parametrize("way", ["body", "query"])
def test_a_room_is_deleted_and_deleting_it_again_is_fine(rest: Rest, way: str) -> None:
    roomid = rest.pair(new_device(), new_device())
    for _ in range(2):
        if way == "body":
            answer = rest.call("DELETE", "/api/rooms", {"roomid": roomid})
        else:
            answer = rest.call("DELETE", f"/api/rooms?roomid={roomid}")
        assert (answer.status, answer.json) == (200, {"ok": True})
        assert rest.room(roomid).status == 404


# Purge


def test_purge_deletes_what_the_device_is_in_and_nothing_else(rest: Rest) -> None:
    device, other = new_device(), new_device()
    as_first, as_second = rest.pair(device, other), rest.pair(other, device)
    untouched = rest.pair(other, new_device())
    made, accepted = new_code(), new_code()
    rest.create(made, device)
    rest.create(accepted, other)
    in_pending = rest.accept(accepted, device).json["roomid"]
    answer = rest.purge(device)
    assert answer.status == 200
    assert answer.json == {
        "ok": True,
        "success": True,
        "roomsDeleted": 3,
        "pendingsDeleted": 2,
        "deviceIdCount": 1,
    }
    assert [rest.room(room).status for room in (as_first, as_second, in_pending)] == [404] * 3
    assert rest.room(untouched).status == 200
    assert rest.check(made, device).status == 404
    assert rest.purge(device).json["roomsDeleted"] == 0


def test_purge_takes_many_devices(rest: Rest) -> None:
    devices = [new_device() for _ in range(1_000)]
    rest.pair(devices[0], devices[999])
    rest.pair(devices[500], new_device())
    rest.create(new_code(), devices[1])
    answer = rest.call("POST", "/api/user/purge", {"deviceIds": devices})
    assert answer.json["roomsDeleted"] == 2
    assert answer.json["pendingsDeleted"] == 1
    assert answer.json["deviceIdCount"] == 1_000


# Ids and members


def test_the_longest_ids_and_any_script_are_taken(rest: Rest) -> None:
    for code, first, second in (("c" * 112, "a" * 256, "b" * 256), ("код", "приборА", "📱")):
        code += new_code()
        assert rest.create(code, first).status == 201
        roomid = rest.accept(code, second).json["roomid"]
        assert rest.room(roomid).json == {"roomid": roomid, "client1": first, "client2": second}


def test_unknown_members_are_taken_and_never_returned(rest: Rest) -> None:
    code, first, second = new_code(), new_device(), new_device()
    extra = {"client1_token": "t0ken-1", "client2_token": "t0ken-2", "platform": "ios", "x": [{"y": None}]}
    answers: list[Answer] = [
        rest.create(code, first, **extra),
        rest.accept(code, second, **extra),
        rest.check(code, first, **extra),
    ]
    answers.append(rest.room(answers[1].json["roomid"]))
    assert [answer.status for answer in answers] == [201, 200, 200, 200]
    assert not any(b"t0ken" in answer.body or b"ios" in answer.body for answer in answers)


# Many at once


def at_once(count: int, call: Callable[[int], Answer]) -> list[Answer]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def test_of_fifty_devices_that_accept_at_once_exactly_one_gets_the_room(rest: Rest) -> None:
    code, first = new_code(), new_device()
    devices = [new_device() for _ in range(50)]
    rest.create(code, first)
    answers = at_once(50, lambda number: rest.accept(code, devices[number]))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 49
    winner = next(number for number, answer in enumerate(answers) if answer.status == 200)
    roomid = answers[winner].json["roomid"]
    assert rest.room(roomid).json == {"roomid": roomid, "client1": first, "client2": devices[winner]}
    assert rest.purge(first).json["roomsDeleted"] == 1


def test_one_device_that_accepts_fifty_times_at_once_gets_one_room(rest: Rest) -> None:
    code, first, second = new_code(), new_device(), new_device()
    rest.create(code, first)
    rooms = {answer.json["roomid"] for answer in at_once(50, lambda _: rest.accept(code, second))}
    assert len(rooms) == 1
    assert rest.purge(second).json["roomsDeleted"] == 1


def test_of_fifty_devices_that_create_one_code_at_once_exactly_one_gets_it(rest: Rest) -> None:
    code = new_code()
    answers = at_once(50, lambda _: rest.create(code, new_device()))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 49


def test_a_room_is_handed_over_once_however_many_ask_at_once(rest: Rest) -> None:
    code, first = new_code(), new_device()
    rest.create(code, first)
    rest.accept(code, new_device())
    answers = at_once(50, lambda _: rest.check(code, first))
    assert sorted(answer.status for answer in answers) == [200] + [404] * 49
