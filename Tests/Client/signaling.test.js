// @ts-check
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { FakeSocket, collect, fakeBrowser, stopTheClock } from "./fakes.js";
import { Signaling } from "../../web/client/signaling.js";
import { Backoff } from "../../web/client/timing.js";

/** @type {Signaling[]} */ let opened = [];

// A connection that is left open would be looked after for ever.
afterEach(() => {
  opened.forEach((signaling) => signaling.close());
  opened = [];
  FakeSocket.reset();
});

/** A connection that has joined a room with a peer in it. */
function connected() {
  const signaling = make();
  signaling.connect();
  signaling.join("r");
  FakeSocket.latest.greet();
  FakeSocket.latest.say({ type: "room_joined", roomId: "r", userCount: 2, isInitiator: false, ready: true });
  FakeSocket.latest.say({ type: "room_ready", roomId: "r", userCount: 2, isInitiator: false });
  return signaling;
}

function make() {
  const options = { device: "d", WebSocket: /** @type {any} */ (FakeSocket), random: () => 1 };
  const signaling = new Signaling("https://server", options);
  opened.push(signaling);
  return signaling;
}

test("a room joined before there is a connection is joined when there is one", () => {
  const signaling = make();
  const states = collect(signaling, "state");
  signaling.connect();
  signaling.join("r");
  assert.equal(FakeSocket.latest.url, "wss://server/");
  assert.deepEqual(FakeSocket.latest.sent, []);
  FakeSocket.latest.greet();
  assert.deepEqual(FakeSocket.latest.sent, [{ type: "join_room", roomId: "r", deviceId: "d" }]);
  assert.deepEqual(states, ["connecting", "open"]);
});

test("what the peer sends becomes an event", () => {
  const signaling = connected();
  const events = ["offer", "answer", "candidate", "message", "peerleft"].map((type) => collect(signaling, type));
  const from = { from: "p", roomId: "r" };
  for (const message of [
    { type: "webrtc_offer", ...from, sdp: "o" }, { type: "webrtc_answer", ...from, sdp: "a" },
    { type: "ice_candidate", ...from, candidate: null }, { type: "key_exchange", ...from, publicKey: "k" },
    { type: "peer_left", message: "" },
  ]) FakeSocket.latest.say(message);
  assert.deepEqual(events, [
    [{ sdp: "o" }], [{ sdp: "a" }], [{ candidate: null }], [{ type: "key_exchange", ...from, publicKey: "k" }],
    [{ deliberate: true }],
  ]);
});

test("messages wait for the peer, in order and bounded", () => {
  const signaling = make();
  signaling.connect();
  signaling.join("r");
  for (let number = 0; number < 300; number += 1) signaling.send({ type: "ice_candidate", number });
  FakeSocket.latest.greet();
  FakeSocket.latest.say({ type: "room_ready", roomId: "r", isInitiator: true });
  const numbers = FakeSocket.latest.sent.slice(1).map(({ number }) => number);
  assert.equal(numbers.length, 256);
  assert.equal(numbers[0], 44);
  assert.equal(numbers.at(-1), 299);
});

test("a lost connection is replaced after a growing wait, and the room is joined again", (context) => {
  const clock = stopTheClock(context);
  const signaling = connected();
  FakeSocket.latest.end(1006);
  assert.equal(signaling.state, "waiting");
  signaling.send({ type: "webrtc_offer", sdp: "late" });
  clock.tick(1_000);
  assert.equal(FakeSocket.made.length, 2);
  FakeSocket.latest.end(1006);
  clock.tick(1_000);
  assert.equal(FakeSocket.made.length, 2);
  clock.tick(1_000);
  assert.equal(FakeSocket.made.length, 3);
  FakeSocket.latest.greet();
  FakeSocket.latest.say({ type: "room_ready", roomId: "r", isInitiator: true });
  assert.deepEqual(FakeSocket.latest.sent, [
    { type: "join_room", roomId: "r", deviceId: "d" }, { type: "webrtc_offer", sdp: "late" },
  ]);
});

test("a silent connection is pinged, and given up when nothing comes back", (context) => {
  const clock = stopTheClock(context);
  const signaling = connected();
  const socket = FakeSocket.latest;
  clock.tick(25_000);
  assert.deepEqual(socket.sent.at(-1), { type: "ping" });
  socket.say({ type: "pong" });
  clock.tick(25_000);
  assert.equal(signaling.state, "open");
  clock.tick(10_000);
  assert.equal(signaling.state, "waiting");
  socket.say({ type: "peer_left" });  // too late: this socket is not listened to any more
  assert.equal(signaling.state, "waiting");
});

test("a connection that does not open is tried again", (context) => {
  const clock = stopTheClock(context);
  const signaling = make();
  signaling.connect();
  clock.tick(10_000);
  assert.equal(signaling.state, "waiting");
});

test("after a close code that says the client is wrong there is no further attempt", (context) => {
  const clock = stopTheClock(context);
  const signaling = connected();
  const errors = collect(signaling, "error");
  FakeSocket.latest.end(1008);
  clock.tick(100_000);
  assert.equal(signaling.state, "closed");
  assert.equal(FakeSocket.made.length, 1);
  assert.equal(errors[0].id, "closed");
});

test("what is sent while the connection is closing waits for the next one", (context) => {
  const clock = stopTheClock(context);
  const signaling = connected();
  FakeSocket.latest.readyState = 2;
  signaling.send({ type: "key_exchange", publicKey: "late" });
  FakeSocket.latest.end(1006);
  clock.tick(1_000);
  FakeSocket.latest.greet();
  FakeSocket.latest.say({ type: "room_joined", roomId: "r", isInitiator: true, ready: true });
  FakeSocket.latest.say({ type: "room_ready", roomId: "r", isInitiator: true });
  assert.deepEqual(FakeSocket.latest.sent.at(-1), { type: "key_exchange", publicKey: "late" });
});

test("what is meant for now is not kept", () => {
  const signaling = make();
  signaling.connect();
  signaling.join("r");
  FakeSocket.latest.greet();
  assert.equal(signaling.sendNow({ type: "webrtc_offer", sdp: "o" }), false);
  FakeSocket.latest.say({ type: "room_ready", roomId: "r", isInitiator: true });
  assert.equal(FakeSocket.latest.sent.length, 1);
  assert.equal(signaling.sendNow({ type: "webrtc_offer", sdp: "o" }), true);
  assert.equal(FakeSocket.latest.sent.length, 2);
});

test("a message that the server would not take is not sent", () => {
  const signaling = connected();
  const count = FakeSocket.latest.sent.length;
  const long = { type: "key_exchange", text: "ü".repeat(65_530) };
  const tooLarge = [long, { type: "webrtc_offer", sdp: "ü".repeat(57_345) }, { type: "ice_candidate", candidate: { candidate: "x".repeat(4_096) } }];
  for (const message of tooLarge) {
    assert.throws(() => signaling.send(message), { id: "too_large" });
    assert.throws(() => signaling.sendNow(message), { id: "too_large" });
    assert.equal(signaling.obstacle(message)?.id, "too_large");
  }
  assert.equal(signaling.obstacle({ type: "webrtc_offer", sdp: "x" }), null);
  assert.throws(() => signaling.join("r".repeat(200_000)), { id: "too_large" });
  assert.equal(signaling.roomId, "r");
  assert.throws(() => make().send({ type: "key_exchange" }), { id: "not_in_room" });
  assert.equal(FakeSocket.latest.sent.length, count);
});

test("a message that was too long for the server costs the connection once, and is not sent again", (context) => {
  const clock = stopTheClock(context);
  const signaling = connected();
  const [errors, states] = [collect(signaling, "error"), collect(signaling, "state")];
  const long = { type: "key_exchange", text: "x".repeat(80_000) };
  signaling.send(long);
  FakeSocket.latest.end(1009);
  signaling.send({ type: "key_exchange", text: "short" });
  assert.throws(() => signaling.send(long), { id: "too_large" });
  clock.tick(1_000);
  FakeSocket.latest.greet();
  FakeSocket.latest.say({ type: "room_joined", roomId: "r", isInitiator: true, ready: true });
  FakeSocket.latest.say({ type: "room_ready", roomId: "r", isInitiator: true });
  assert.deepEqual(FakeSocket.latest.sent, [
    { type: "join_room", roomId: "r", deviceId: "d" }, { type: "key_exchange", text: "short" },
  ]);
  assert.deepEqual(errors.map(({ id }) => id), ["too_large"]);
  assert.deepEqual(states, ["waiting", "connecting", "open"]);
  assert.equal(signaling.isReady, true);
});

test("of what waits, a message that is now known to be too long is told and left out", (context) => {
  const clock = stopTheClock(context);
  const signaling = connected();
  signaling.send({ type: "key_exchange", text: "x".repeat(80_000) });
  FakeSocket.latest.readyState = 2;
  for (const text of ["y".repeat(80_000), "short"]) signaling.send({ type: "key_exchange", text });
  FakeSocket.latest.end(1009);
  const errors = collect(signaling, "error");
  clock.tick(1_000);
  FakeSocket.latest.greet();
  FakeSocket.latest.say({ type: "room_ready", roomId: "r", isInitiator: true });
  assert.deepEqual(FakeSocket.latest.sent.slice(1), [{ type: "key_exchange", text: "short" }]);
  assert.deepEqual(errors.map(({ id }) => id), ["too_large"]);
});

test("a description that the server refuses is measured from then on", () => {
  const signaling = connected();
  const errors = collect(signaling, "error");
  const offer = { type: "webrtc_offer", sdp: "x".repeat(60_000) };
  assert.equal(signaling.sendNow(offer), true);
  FakeSocket.latest.say({ type: "error", code: "too_large", error: "sdp" });
  assert.deepEqual(errors.map(({ id }) => id), ["too_large"]);
  assert.throws(() => signaling.sendNow(offer), { id: "too_large" });
  assert.equal(signaling.sendNow({ type: "webrtc_offer", sdp: "x".repeat(49_152) }), true);
  assert.equal(signaling.state, "open");
});

test("a server with other limits can be told of", () => {
  const signaling = new Signaling("http://server", { limits: { message: 1_000 }, WebSocket: /** @type {any} */ (FakeSocket) });
  assert.equal(signaling.obstacle({ type: "key_exchange", text: "x".repeat(1_000) })?.id, "too_large");
});

test("the waiting messages are bounded by their size as well", () => {
  const signaling = make();
  signaling.connect();
  signaling.join("r");
  for (let number = 0; number < 40; number += 1) signaling.send({ type: "key_exchange", number, text: "x".repeat(60_000) });
  FakeSocket.latest.greet();
  FakeSocket.latest.say({ type: "room_ready", roomId: "r", isInitiator: true });
  const numbers = FakeSocket.latest.sent.slice(1).map(({ number }) => number);
  assert.equal(numbers.length, 17);
  assert.equal(numbers.at(-1), 39);
});

test("a short-lived connection does not make the waits short again", (context) => {
  const clock = stopTheClock(context);
  const signaling = connected();
  for (const wait of [1_000, 2_000, 4_000]) {
    FakeSocket.latest.end(1006);
    const count = FakeSocket.made.length;
    clock.tick(wait - 1);
    assert.equal(FakeSocket.made.length, count);
    clock.tick(1);
    assert.equal(FakeSocket.made.length, count + 1);
    FakeSocket.latest.greet();
  }
  clock.tick(10_000);
  FakeSocket.latest.end(1006);
  clock.tick(1_000);
  assert.equal(signaling.state, "connecting");
});

test("the waits differ from client to client", () => {
  const waits = [0, 0.5, 1].map((chance) => new Backoff({ first: 1_000, longest: 30_000, random: () => chance }).next());
  assert.deepEqual(waits, [500, 750, 1_000]);
  const long = new Backoff({ first: 1_000, longest: 30_000, random: () => 1 });
  assert.deepEqual(Array.from({ length: 7 }, () => long.next()), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test("a join that nobody answers is sent again", (context) => {
  const clock = stopTheClock(context);
  const signaling = make();
  signaling.connect();
  signaling.join("r");
  FakeSocket.latest.greet();
  FakeSocket.latest.say({ type: "error", code: "rate_limited", error: "" });
  clock.tick(20_000);
  assert.equal(FakeSocket.latest.sent.length, 2);
  FakeSocket.latest.say({ type: "room_joined", roomId: "r", isInitiator: true, ready: false });
  clock.tick(20_000);
  assert.deepEqual(FakeSocket.latest.sent.map(({ type }) => type), ["join_room", "join_room"]);
});

test("who comes back and finds no seat asks again before it gives up", (context) => {
  const clock = stopTheClock(context);
  const signaling = connected();
  const [errors, departures] = [collect(signaling, "error"), collect(signaling, "left")];
  FakeSocket.latest.end(1006);
  clock.tick(1_000);
  FakeSocket.latest.greet();
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    assert.equal(FakeSocket.latest.sent.filter(({ type }) => type === "join_room").length, attempt);
    assert.equal(signaling.roomId, "r");
    FakeSocket.latest.say({ type: "room_full", error: "full", roomId: "r" });
    clock.tick(10_000);
  }
  assert.deepEqual(errors.map(({ id }) => id), ["room_full"]);
  assert.deepEqual(departures, [{ roomId: "r", deliberate: false }]);
  assert.equal(signaling.roomId, null);
});

test("who asks for fresh ICE servers keeps its seat when the server refuses, and asks again", (context) => {
  const clock = stopTheClock(context);
  const signaling = connected();
  const events = ["left", "error"].map((type) => collect(signaling, type));
  const joins = () => FakeSocket.latest.sent.filter(({ type }) => type === "join_room").length;
  signaling.join("r");
  for (let attempt = 2; attempt <= 5; attempt += 1) {
    assert.equal(joins(), attempt);
    FakeSocket.latest.say({ type: "error", code: "invalid_room_id", error: "the database cannot say" });
    clock.tick(20_000);
  }
  assert.deepEqual(events, [[], []]);
  assert.deepEqual([signaling.roomId, signaling.isReady], ["r", true]);
  FakeSocket.latest.say({ type: "room_joined", roomId: "r", isInitiator: false, ready: true });
  clock.tick(20_000);
  assert.equal(joins(), 6);
});

test("a refusal that comes before the farewell is about the room before", () => {
  const signaling = connected();
  const events = ["left", "error"].map((type) => collect(signaling, type));
  signaling.join("r");
  signaling.join("s");
  FakeSocket.latest.say({ type: "error", code: "invalid_room_id", error: "of r" });
  assert.deepEqual([signaling.roomId, events], ["s", [[{ roomId: "r", deliberate: true }], []]]);
  FakeSocket.latest.say({ type: "left_room", roomId: "r" });
  FakeSocket.latest.say({ type: "error", code: "invalid_room_id", error: "of s" });
  assert.deepEqual(events[0][1], { roomId: "s", deliberate: false });
  assert.deepEqual([signaling.roomId, events[1].map(({ id }) => id)], [null, ["invalid_room_id"]]);
  FakeSocket.latest.say({ type: "error", code: "invalid_room_id", error: "of s, asked for twice" });
  assert.equal(events[1].length, 1);
});

test("of a room that is left and entered again nothing is heard before the farewell", () => {
  const signaling = connected();
  const events = ["joined", "ready", "offer", "message"].map((type) => collect(signaling, type));
  signaling.leave();
  signaling.join("r");
  const old = [
    { type: "room_joined", roomId: "r", isInitiator: false, ready: true }, { type: "room_ready", roomId: "r", isInitiator: true },
    { type: "webrtc_offer", roomId: "r", sdp: "o" }, { type: "key_exchange", roomId: "r" },
  ];
  for (const message of old) FakeSocket.latest.say(message);
  assert.deepEqual(events, [[], [], [], []]);
  FakeSocket.latest.say({ type: "left_room", roomId: "r" });
  FakeSocket.latest.say({ type: "room_joined", roomId: "r", isInitiator: true, ready: false });
  assert.deepEqual(events[0], [{ roomId: "r", isInitiator: true, ready: false }]);
});

test("a farewell that is never confirmed keeps nobody out", (context) => {
  const clock = stopTheClock(context);
  for (const isLost of [false, true]) {
    const signaling = connected();
    const joined = collect(signaling, "joined");
    signaling.join("s");
    if (isLost) {
      FakeSocket.latest.end(1006);
      clock.tick(1_000);
      FakeSocket.latest.greet();
    } else {
      clock.tick(20_000);
    }
    FakeSocket.latest.say({ type: "room_joined", roomId: "s", isInitiator: true, ready: false });
    assert.equal(joined.length, 1);
  }
});

test("another room is joined from outside, and nothing of the old one is heard any more", () => {
  const signaling = connected();
  const events = ["left", "peerleft", "offer", "ready"].map((type) => collect(signaling, type));
  signaling.join("s");
  assert.equal(signaling.isReady, false);
  assert.deepEqual(FakeSocket.latest.sent.slice(-2), [
    { type: "leave_room" }, { type: "join_room", roomId: "s", deviceId: "d" },
  ]);
  FakeSocket.latest.say({ type: "webrtc_offer", roomId: "r", sdp: "o" });
  FakeSocket.latest.say({ type: "peer_left", message: "" });
  FakeSocket.latest.say({ type: "left_room", roomId: "r" });
  FakeSocket.latest.say({ type: "room_joined", roomId: "s", isInitiator: false, ready: true });
  FakeSocket.latest.say({ type: "room_ready", roomId: "s", isInitiator: false });
  assert.deepEqual(events, [[{ roomId: "r", deliberate: true }], [], [], [{ isInitiator: false }]]);
});

test("what is no message of a server's is passed over", () => {
  const signaling = connected();
  const messages = collect(signaling, "message");
  for (const data of ["", "{", "null", "[]", "7", '{"type":7}', new ArrayBuffer(4)]) {
    FakeSocket.latest.onmessage?.({ data });
  }
  assert.equal(signaling.state, "open");
  assert.deepEqual(messages, []);
});

test("the server's address may have a path, and loses what is no part of it", () => {
  for (const [address, expected] of [
    ["https://host", "wss://host/"], ["http://host:8080/calls?a#b", "ws://host:8080/calls/"],
  ]) {
    const signaling = new Signaling(address, { WebSocket: /** @type {any} */ (FakeSocket) });
    opened.push(signaling);
    signaling.connect();
    assert.equal(FakeSocket.latest.url, expected);
  }
});

test("a full room is an error, and not joined again", (context) => {
  const clock = stopTheClock(context);
  const signaling = make();
  const errors = collect(signaling, "error");
  signaling.connect();
  signaling.join("r");
  FakeSocket.latest.greet();
  FakeSocket.latest.say({ type: "room_full", error: "full", roomId: "r" });
  assert.equal(errors[0].id, "room_full");
  FakeSocket.latest.end(1006);
  clock.tick(1_000);
  FakeSocket.latest.greet();
  assert.deepEqual(FakeSocket.latest.sent, []);
});

test("leaving says so and forgets the room; closing ends it all", () => {
  const signaling = connected();
  signaling.leave();
  assert.deepEqual(FakeSocket.latest.sent.at(-1), { type: "leave_room" });
  assert.equal(signaling.roomId, null);
  signaling.close();
  assert.equal(signaling.state, "closed");
  assert.equal(FakeSocket.latest.readyState, 3);
});

test("ICE servers come with the room", () => {
  const signaling = make();
  const lists = collect(signaling, "iceservers");
  signaling.connect();
  signaling.join("r");
  FakeSocket.latest.greet();
  const iceServers = [{ urls: ["turn:t"], username: "u", credential: "c" }];
  FakeSocket.latest.say({ type: "room_joined", roomId: "r", isInitiator: true, iceServers, iceServersExpire: 1893456000 });
  assert.deepEqual(lists, [{ iceServers, expires: new Date("2030-01-01T00:00:00Z") }]);
  assert.deepEqual(signaling.iceServers, lists[0]);
});

test("a connection that is to be tried again is tried at once when the network is back, looked at or not", (context) => {
  const { window, page } = fakeBrowser(context);
  stopTheClock(context);
  connected();
  page.visibilityState = "hidden";
  const count = FakeSocket.made.length;
  FakeSocket.latest.end(1006);
  page.dispatchEvent(new Event("visibilitychange"));
  assert.equal(FakeSocket.made.length, count, "nobody looks");
  window.dispatchEvent(new Event("online"));
  assert.equal(FakeSocket.made.length, count + 1);
  FakeSocket.latest.end(1006);
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  assert.equal(FakeSocket.made.length, count + 2);
});

test("a connection of the network before is given up after 3 s, one that answers stays", (context) => {
  const { network } = fakeBrowser(context);
  const clock = stopTheClock(context);
  const signaling = connected();
  network.type = "cellular";
  network.dispatchEvent(new Event("change"));
  assert.deepEqual(FakeSocket.latest.sent.at(-1), { type: "ping" });
  FakeSocket.latest.say({ type: "pong" });
  clock.tick(3_000);
  assert.equal(signaling.state, "open");
  network.type = "wifi";
  network.dispatchEvent(new Event("change"));
  clock.tick(2_999);
  assert.equal(signaling.state, "open");
  clock.tick(1);
  assert.equal(signaling.state, "waiting");
});

test("a connection that is opened again listens once", (context) => {
  const { network } = fakeBrowser(context);
  stopTheClock(context);
  const signaling = connected();
  signaling.close();
  signaling.connect();
  FakeSocket.latest.greet();
  network.type = "cellular";
  network.dispatchEvent(new Event("change"));
  assert.deepEqual(FakeSocket.latest.sent, [{ type: "ping" }]);
});

test("a connection that is closed listens to nothing any more", (context) => {
  const { window, network, page } = fakeBrowser(context);
  stopTheClock(context);
  const signaling = connected();
  signaling.close();
  const [count, { sent }] = [FakeSocket.made.length, FakeSocket.latest];
  const before = sent.length;
  network.type = "cellular";
  network.dispatchEvent(new Event("change"));
  window.dispatchEvent(new Event("online"));
  page.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual([FakeSocket.made.length, sent.length], [count, before]);
});
