// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeFetch } from "./fakes.js";
import { Pairing } from "../../web/client/pairing.js";

const conflict = /** @type {[number, object]} */ ([409, { error: "conflict", message: "taken" }]);

test("a code is drawn, and drawn anew while somebody else has it", async () => {
  const { fetch, calls } = fakeFetch(conflict, [201, { ok: true, exp: "2030-01-01T00:00:00.000Z" }]);
  const invitation = await new Pairing("http://server", { fetch }).createCode({ client: "a" });
  assert.match(invitation.code, /^\d{6}$/);
  assert.equal(invitation.expires.toISOString(), "2030-01-01T00:00:00.000Z");
  assert.notEqual(calls[0].body.joinid, calls[1].body.joinid);
  assert.deepEqual({ ...calls[1].body, joinid: "" }, { joinid: "", client1: "a", expiresInSeconds: 600 });
});

test("a code of the caller's own is not replaced", async () => {
  const { fetch } = fakeFetch(conflict);
  const creation = new Pairing("http://server", { fetch }).createCode({ client: "a", code: "1" });
  await assert.rejects(creation, { name: "SwitchboardError", id: "conflict", status: 409, message: "taken" });
});

test("waiting asks again until somebody accepts, through failures of the server", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { fetch, calls } = fakeFetch(
    [204, null], [503, { error: "unavailable", message: "" }], new TypeError("offline"), [200, { roomid: "r" }],
  );
  let room;
  new Pairing("http://server", { fetch }).waitForPeer({ client: "a", code: "1" }).then((found) => (room = found));
  for (let step = 0; step < 40 && !room; step += 1) {
    await new Promise(setImmediate);
    context.mock.timers.tick(1_000);
  }
  assert.deepEqual(room, { roomId: "r" });
  assert.equal(calls.length, 4);
});

test("waiting honours Retry-After", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { fetch, calls } = fakeFetch([429, { error: "rate_limited", message: "", retryAfter: 30 }], [200, { roomid: "r" }]);
  const waiting = new Pairing("http://server", { fetch }).waitForPeer({ client: "a", code: "1" });
  await new Promise(setImmediate);
  context.mock.timers.tick(29_000);
  await new Promise(setImmediate);
  assert.equal(calls.length, 1);
  context.mock.timers.tick(1_000);
  assert.deepEqual(await waiting, { roomId: "r" });
});

test("waiting ends when the invitation does, and when the caller says so", async () => {
  const { fetch } = fakeFetch([404, { error: "not_found_or_expired", message: "gone" }], [204, null]);
  const pairing = new Pairing("http://server", { fetch });
  await assert.rejects(pairing.waitForPeer({ client: "a", code: "1" }), { id: "not_found_or_expired" });
  const controller = new AbortController();
  const waiting = pairing.waitForPeer({ client: "a", code: "1", signal: controller.signal });
  await new Promise(setImmediate);
  controller.abort(new Error("enough"));
  await assert.rejects(waiting, { message: "enough" });
});

test("an answer that is no JSON and no answer at all are errors of their own", async () => {
  const fetch = async () => new Response("<html>", { status: 200 });
  await assert.rejects(new Pairing("http://server", { fetch }).room("r"), { id: "bad_answer" });
  const { fetch: offline } = fakeFetch(new TypeError("offline"));
  await assert.rejects(new Pairing("http://server", { fetch: offline }).room("r"), { id: "network", isTemporary: true });
});

test("each call goes where the protocol says", async () => {
  const { fetch, calls } = fakeFetch(
    [200, { roomid: "r" }], [200, { roomid: "r", client1: "a", client2: "b" }], [200, { ok: true }],
    [200, { ok: true, roomsDeleted: 1, pendingsDeleted: 2 }], [200, { iceServers: [{ urls: ["stun:s"] }], iceServersExpire: 1893456000 }],
  );
  const pairing = new Pairing("http://server", { fetch });
  assert.deepEqual(await pairing.accept({ client: "b", code: "1" }), { roomId: "r" });
  assert.deepEqual(await pairing.room("r&r"), { roomId: "r", client1: "a", client2: "b" });
  await pairing.deleteRoom("r");
  assert.deepEqual(await pairing.forget("a", "b"), { rooms: 1, invitations: 2 });
  const list = await pairing.iceServers({ roomId: "r", client: "a" });
  assert.deepEqual(list, { iceServers: [{ urls: ["stun:s"] }], expires: new Date("2030-01-01T00:00:00Z") });
  assert.deepEqual(calls.map(({ method, url }) => `${method} ${url}`), [
    "POST /api/rooms/accept", "GET /api/rooms?roomid=r%26r", "DELETE /api/rooms", "POST /api/user/purge",
    "GET /api/ice-servers?roomid=r&client=a",
  ]);
});
