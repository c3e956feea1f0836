// @ts-check
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { FakeSocket, collect } from "./fakes.js";
import { Signaling } from "../../web/client/signaling.js";

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
  for (const message of [
    { type: "webrtc_offer", from: "p", roomId: "r", sdp: "o" }, { type: "webrtc_answer", sdp: "a" },
    { type: "ice_candidate", candidate: null }, { type: "key_exchange", publicKey: "k" },
    { type: "peer_left", message: "" }, { type: "peer_disconnected", message: "" },
  ]) FakeSocket.latest.say(message);
  assert.deepEqual(events, [
    [{ sdp: "o" }], [{ sdp: "a" }], [{ candidate: null }], [{ type: "key_exchange", publicKey: "k" }],
    [{ deliberate: true }, { deliberate: false }],
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
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const signaling = connected();
  FakeSocket.latest.end(1006);
  assert.equal(signaling.state, "waiting");
  signaling.send({ type: "webrtc_offer", sdp: "late" });
  context.mock.timers.tick(1_000);
  assert.equal(FakeSocket.made.length, 2);
  FakeSocket.latest.end(1006);
  context.mock.timers.tick(1_000);
  assert.equal(FakeSocket.made.length, 2);
  context.mock.timers.tick(1_000);
  assert.equal(FakeSocket.made.length, 3);
  FakeSocket.latest.greet();
  FakeSocket.latest.say({ type: "room_ready", roomId: "r", isInitiator: true });
  assert.deepEqual(FakeSocket.latest.sent, [
    { type: "join_room", roomId: "r", deviceId: "d" }, { type: "webrtc_offer", sdp: "late" },
  ]);
});

test("a silent connection is pinged, and given up when nothing comes back", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const signaling = connected();
  const socket = FakeSocket.latest;
  context.mock.timers.tick(25_000);
  assert.deepEqual(socket.sent.at(-1), { type: "ping" });
  socket.say({ type: "pong" });
  context.mock.timers.tick(25_000);
  assert.equal(signaling.state, "open");
  context.mock.timers.tick(10_000);
  assert.equal(signaling.state, "waiting");
  socket.say({ type: "peer_left" });  // too late: this socket is not listened to any more
  assert.equal(signaling.state, "waiting");
});

test("a connection that does not open is tried again", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const signaling = make();
  signaling.connect();
  context.mock.timers.tick(10_000);
  assert.equal(signaling.state, "waiting");
});

test("after a close code that says the client is wrong there is no further attempt", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const signaling = connected();
  const errors = collect(signaling, "error");
  FakeSocket.latest.end(1008);
  context.mock.timers.tick(100_000);
  assert.equal(signaling.state, "closed");
  assert.equal(FakeSocket.made.length, 1);
  assert.equal(errors[0].id, "closed");
});

test("a full room is an error, and not joined again", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const signaling = make();
  const errors = collect(signaling, "error");
  signaling.connect();
  signaling.join("r");
  FakeSocket.latest.greet();
  FakeSocket.latest.say({ type: "room_full", error: "full", roomId: "r" });
  assert.equal(errors[0].id, "room_full");
  FakeSocket.latest.end(1006);
  context.mock.timers.tick(1_000);
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
  FakeSocket.latest.say({ type: "room_joined", roomId: "r", isInitiator: true, iceServers, iceServersExpire: "2030-01-01T00:00:00.000Z" });
  assert.deepEqual(lists, [{ iceServers, expires: new Date("2030-01-01T00:00:00Z") }]);
});
