// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fakeFetch, stopTheClock } from "./fakes.js";
import { restErrorIds, signalingErrorIds } from "../../web/client/errors.js";
import { Pairing } from "../../web/client/pairing.js";

const conflict = /** @type {[number, object]} */ ([409, { error: "conflict", message: "taken" }]);

test("a code is drawn, and drawn anew while somebody else has it", async () => {
  const { fetch, calls } = fakeFetch(conflict, [201, { ok: true, exp: "2030-01-01T00:00:00.000Z" }]);
  const invitation = await new Pairing("http://server", { fetch }).createCode({ client: "a" });
  assert.match(invitation.code, /^\d{8}$/);
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
  const clock = stopTheClock(context);
  const { fetch, calls } = fakeFetch(
    [204, null], [503, { error: "unavailable", message: "" }], new TypeError("offline"), [200, { roomid: "r" }],
  );
  let room;
  new Pairing("http://server", { fetch }).waitForPeer({ client: "a", code: "1" }).then((found) => (room = found));
  for (let step = 0; step < 40 && !room; step += 1) {
    await new Promise(setImmediate);
    clock.tick(1_000);
  }
  assert.deepEqual(room, { roomId: "r" });
  assert.equal(calls.length, 4);
  assert.deepEqual(calls[0].body, { joinid: "1", client1: "a", waitSeconds: 20 });
});

test("an answer that was held back is followed by the next question at once", async (context) => {
  const clock = stopTheClock(context);
  const answers = /** @type {((answer: Response) => void)[]} */ ([]);
  const fetch = /** @type {any} */ (() => new Promise((resolve) => answers.push(resolve)));
  const waiting = new Pairing("http://server", { fetch }).waitForPeer({ client: "a", code: "1" });
  clock.tick(20_000);
  answers[0](new Response(null, { status: 204 }));
  await new Promise(setImmediate);
  assert.equal(answers.length, 2);
  clock.tick(34_999);
  answers[1](new Response('{"roomid":"r"}'));
  assert.deepEqual(await waiting, { roomId: "r" });
});

test("an answer that was held back until somebody accepted is followed by the one with the room", async (context) => {
  stopTheClock(context);
  const bodies = /** @type {any[]} */ ([]);
  const fetch = /** @type {any} */ (async (/** @type {URL} */ _url, /** @type {any} */ { body }) => {
    bodies.push(JSON.parse(body));
    if (bodies.length === 1) return new Response(null, { status: 204, headers: { "Retry-After": "0" } });
    return new Response('{"roomid":"r"}');
  });
  assert.deepEqual(await new Pairing("http://server", { fetch }).waitForPeer({ client: "a", code: "1" }), { roomId: "r" });
  assert.deepEqual(bodies[1], { joinid: "1", client1: "a" });
});

test("a server that does not answer in time is given up", async (context) => {
  const clock = stopTheClock(context);
  const fetch = /** @type {any} */ (
    (/** @type {URL} */ _url, /** @type {any} */ { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
  );
  const accepting = new Pairing("http://server", { fetch }).accept({ client: "b", code: "1" });
  clock.tick(15_000);
  await assert.rejects(accepting, { id: "timeout", isTemporary: true });
});

test("waiting honours Retry-After", async (context) => {
  const clock = stopTheClock(context);
  const { fetch, calls } = fakeFetch([429, { error: "rate_limited", message: "", retryAfter: 30 }], [200, { roomid: "r" }]);
  const waiting = new Pairing("http://server", { fetch }).waitForPeer({ client: "a", code: "1" });
  await new Promise(setImmediate);
  clock.tick(29_999);
  await new Promise(setImmediate);
  assert.equal(calls.length, 1);
  clock.tick(1);
  assert.deepEqual(await waiting, { roomId: "r" });
});

test("a long wait leaves nothing behind at the caller's signal", async (context) => {
  const clock = stopTheClock(context);
  const { signal } = new AbortController();
  let listeners = 0;
  context.mock.method(signal, "addEventListener", () => (listeners += 1));
  context.mock.method(signal, "removeEventListener", () => (listeners -= 1));
  const { fetch } = fakeFetch(...Array.from({ length: 20 }, () => /** @type {[number, null]} */ ([204, null])), [200, { roomid: "r" }]);
  let room;
  new Pairing("http://server", { fetch }).waitForPeer({ client: "a", code: "1", signal }).then((found) => (room = found));
  for (let step = 0; step < 200 && !room; step += 1) {
    await new Promise(setImmediate);
    clock.tick(1_000);
    assert.ok(listeners <= 2, `${listeners} listeners`);
  }
  assert.deepEqual(room, { roomId: "r" });
});

for (const id of restErrorIds) {
  test(`the refusal ${id} arrives as what it is`, async () => {
    const refusal = { error: id, message: "why", field: "joinid", retryAfter: 7 };
    const { fetch } = fakeFetch([id === "rate_limited" ? 429 : 400, refusal]);
    const details = { name: "SwitchboardError", id, message: "why", field: "joinid", retryAfter: 7 };
    await assert.rejects(new Pairing("http://server", { fetch }).room("r"), details);
  });
}

test("the ids are those of the documents", () => {
  const read = (/** @type {string} */ name) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
  const [, list] = /    Error:\n[^]*?enum:\n((?: +- \w+\n)+)/.exec(read("openapi.yaml")) ?? [];
  assert.deepEqual([...restErrorIds], [...list.matchAll(/- (\w+)/g)].map(([, id]) => id).sort());
  const [, table] = /### Errors\n([^]*?)\n### /.exec(read("protocol.md")) ?? [];
  const codes = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, id]) => id).filter((id) => id !== "code");
  assert.deepEqual([...signalingErrorIds], [...codes, "room_full"].sort());
});

test("a proxy's answer is an error of the kind that it is", async () => {
  const answers = [[502, "unavailable"], [413, "bad_answer"]];
  for (const [status, id] of answers) {
    const fetch = async () => new Response("<html>", { status: Number(status) });
    await assert.rejects(new Pairing("http://server", { fetch }).room("r"), { id, status });
  }
  const fetch = async () => new Response("{}", { status: 200 });
  await assert.rejects(new Pairing("http://server", { fetch }).accept({ client: "b", code: "1" }), { id: "bad_answer" });
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
