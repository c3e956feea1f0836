// @ts-check
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { FakeConnection, FakeSignaling, room, settled } from "./fakepeer.js";
import { collect, fakeBrowser, stopTheClock } from "./fakes.js";
import { substance, withSettledRole } from "../../web/client/description.js";
import { Peer } from "../../web/client/peer.js";
import { Restarts } from "../../web/client/repairs.js";

/** @type {Peer[]} */ let made = [];

afterEach(() => {
  made.forEach((peer) => peer.close());
  made = [];
  FakeConnection.made = [];
});

/**
 * A peer that opens a channel on each of its connections.
 * @param {FakeSignaling} signaling
 * @param {Partial<import("../../web/client/peer.js").PeerOptions>} [options]
 */
function peer(signaling, options) {
  const setUp = (/** @type {any} */ connection) => connection.createDataChannel();
  const made_ = new Peer(/** @type {any} */ (signaling), {
    setUp, RTCPeerConnection: /** @type {any} */ (FakeConnection), ...options,
  });
  made.push(made_);
  return made_;
}

/** @param {Peer} peer */
const fake = (peer) => /** @type {FakeConnection} */ (/** @type {unknown} */ (peer.connection));

/**
 * Lets time pass, and what it starts come to its end.
 * @param {ReturnType<typeof stopTheClock>} clock
 * @param {number} milliseconds
 */
async function pass(clock, milliseconds) {
  clock.tick(milliseconds);
  await settled();
}

/** Two that are connected, the first as the initiator. */
async function connected() {
  const { here, there, meet } = room();
  const peers = [peer(here), peer(there)];
  const errors = peers.map((one) => collect(one, "error"));
  meet();
  await settled();
  peers.forEach((one) => fake(one).become("connected"));
  return { here, there, meet, one: peers[0], other: peers[1], errors };
}

test("the initiator makes the offer, the other answers and then makes one for what is left", async () => {
  const { here, there, one, other, errors } = await connected();
  assert.deepEqual(here.types, ["webrtc_offer", "webrtc_answer"]);
  assert.deepEqual(there.types, ["webrtc_answer", "webrtc_offer"]);
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
  assert.deepEqual([one.state, other.state], ["connected", "connected"]);
  assert.deepEqual(errors, [[], []]);
});

test("an initiator that has nothing to offer makes an offer all the same", async () => {
  const { here, there, meet } = room();
  const [one, other] = [peer(here, { setUp() {} }), peer(there)];
  meet();
  await settled();
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
  assert.equal(here.types[0], "webrtc_offer");
});

test("of two offers at once the initiator's counts, and the other's is made again", async () => {
  const { one, other, errors } = await connected();
  fake(one).createDataChannel();
  fake(other).createDataChannel();
  await settled();
  assert.equal(fake(other).rollbacks, 1);
  assert.equal(fake(one).rollbacks, 0);
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
  assert.deepEqual(errors, [[], []]);
});

test("of two restarts at once the initiator's serves both", async (context) => {
  const clock = stopTheClock(context);
  const { here, there, one, other, errors } = await connected();
  const [before, sent] = [fake(one).localDescription?.sdp, there.types.length];
  one.restart();
  other.restart();
  await pass(clock, 100);
  assert.equal(here.types.at(-1), "webrtc_offer");
  assert.notEqual(fake(one).localDescription?.sdp, before);
  // Reasons on both sides seldom come at the same moment.
  other.restart();
  await pass(clock, 499);
  other.restart();
  await pass(clock, 4_000);
  assert.deepEqual(there.types.slice(sent), ["webrtc_answer"]);
  assert.equal(fake(other).rollbacks, 0);
  assert.deepEqual(errors, [[], []]);
});

test("reasons for a restart that come together are one, a later one is another", async (context) => {
  const clock = stopTheClock(context);
  const { here, one } = await connected();
  const sent = here.types.length;
  one.restart();
  await pass(clock, 50);
  one.restart();
  await pass(clock, 99);
  assert.equal(here.types.length, sent);
  await pass(clock, 1);
  one.restart();
  await pass(clock, 499);
  one.restart();
  await pass(clock, 1);
  assert.deepEqual(here.types.slice(sent), ["webrtc_offer"]);
  one.restart();
  await pass(clock, 4_000);
  assert.deepEqual(here.types.slice(sent), ["webrtc_offer", "webrtc_offer"]);
});

for (const [name, wait] of /** @type {const} */ ([["initiator", 5_000], ["polite side", 7_000]])) {
  test(`a restart that leaves the ${name} on its old path is repeated, but not for ever`, async (context) => {
    const clock = stopTheClock(context);
    const { here, there, one, other } = await connected();
    const [end, signaling] = name === "initiator" ? [one, here] : [other, there];
    const offers = () => signaling.types.filter((type) => type === "webrtc_offer").length;
    const before = offers();
    end.restart();
    await pass(clock, 500);
    assert.equal(offers(), before + 1);
    fake(end).oldFragment = "old";
    await pass(clock, wait - 1);
    assert.equal(offers(), before + 1);
    await pass(clock, 1);
    assert.equal(offers(), before + 2);
    for (let step = 0; step < 300; step += 1) await pass(clock, 1_000);
    assert.equal(offers(), before + 4);
    fake(end).oldFragment = null;
    end.restart();
    for (let step = 0; step < 60; step += 1) await pass(clock, 1_000);
    assert.equal(offers(), before + 5);
    fake(end).oldFragment = "old";
    end.restart();
    await pass(clock, 500);
    await pass(clock, wait);
    assert.equal(offers(), before + 7, "a path that was found makes up for those that were not");
  });
}

test("a reason that comes half a second after the offer is another one, however late the answer was", async (context) => {
  const clock = stopTheClock(context);
  const { here, one, other } = await connected();
  const sent = here.types.length;
  one.restart();
  /** @type {() => void} */ let goOn = () => {};
  fake(other).pause = new Promise((resolve) => (goOn = resolve));
  await pass(clock, 100);
  await pass(clock, 450);
  goOn();
  await pass(clock, 50);
  one.restart();
  await pass(clock, 100);
  assert.deepEqual(here.types.slice(sent), ["webrtc_offer", "webrtc_offer"]);
});

test("restarts are counted from the last one, and forgotten at the end", async (context) => {
  const clock = stopTheClock(context);
  let [count, checks, isStale] = [0, 0, false];
  const restarts = new Restarts(() => (count += 1), async () => ((checks += 1), isStale));
  restarts.begin();
  await pass(clock, 400);
  restarts.begin();
  await pass(clock, 400);
  restarts.askFor(0);
  await pass(clock, 0);
  assert.equal(count, 0);
  restarts.agree(0);
  await pass(clock, 4_999);
  restarts.agree(0);
  await pass(clock, 4_999);
  assert.equal(checks, 0);
  isStale = true;
  await pass(clock, 1);
  assert.deepEqual([count, checks], [1, 1]);
  restarts.agree(0);
  await pass(clock, 9_999);
  assert.equal(checks, 1, "the next check leaves more time");
  restarts.begin();
  restarts.end();
  assert.equal(clock.waiting, 0);
  restarts.askFor(0);
  await pass(clock, 0);
  assert.equal(count, 2);
  restarts.agree(0);
  await pass(clock, 5_000);
  assert.deepEqual([count, checks], [3, 2]);
});

test("a path that is broken after a restart is left to the repairs", async (context) => {
  const clock = stopTheClock(context);
  const { here, one } = await connected();
  one.restart();
  await pass(clock, 100);
  fake(one).oldFragment = "old";
  await pass(clock, 4_000);
  const sent = here.types.length;
  fake(one).become("disconnected");
  await pass(clock, 2_999);
  assert.equal(here.types.length, sent);
});

test("a connection without any path after a restart is given another one", async (context) => {
  const clock = stopTheClock(context);
  const { here, one } = await connected();
  one.restart();
  await pass(clock, 100);
  fake(one).getStats = async () => new Map();
  const sent = here.types.length;
  await pass(clock, 5_000);
  assert.deepEqual(here.types.slice(sent), ["webrtc_offer"]);
});

test("a restart of the polite side alone begins half a second later", async (context) => {
  const clock = stopTheClock(context);
  const { there, other } = await connected();
  const sent = there.types.length;
  other.restart();
  clock.tick(499);
  await settled();
  assert.equal(there.types.length, sent);
  clock.tick(1);
  await settled();
  assert.deepEqual(there.types.slice(sent), ["webrtc_offer"]);
});

test("candidates of an offer that was passed over are no errors", async () => {
  const { here, one, other, errors } = await connected();
  here.isDeaf = true;
  fake(one).createDataChannel();
  await settled();
  fake(other).restartIce();
  await settled();
  fake(other).find("of the offer that is passed over");
  here.emit("candidate", { candidate: { candidate: "of one that does not say so", sdpMid: "0" } });
  await settled();
  assert.deepEqual(fake(one).candidates, []);
  assert.deepEqual(errors, [[], []]);
});

test("candidates that come before their description wait for it, in order and bounded", async () => {
  const signaling = new FakeSignaling();
  const one = peer(signaling);
  signaling.meet(false);
  const candidate = (/** @type {number} */ number, usernameFragment = "g") =>
    signaling.emit("candidate", { candidate: { candidate: `${number}`, usernameFragment } });
  for (let number = 0; number < 300; number += 1) candidate(number);
  candidate(300, "of another");
  signaling.emit("candidate", { candidate: null });
  await settled();
  assert.deepEqual(fake(one).candidates, []);
  signaling.emit("offer", { sdp: "v=0\r\no=- 7 1 IN IP4 0\r\na=ice-ufrag:g\r\n" });
  candidate(301);
  await settled();
  const expected = Array.from({ length: 255 }, (_, index) => `${index + 45}`);
  assert.deepEqual(fake(one).candidates, [...expected, "301"]);
});

test("a candidate of the next generation waits for its offer", async () => {
  const { there, one, other, errors } = await connected();
  fake(one).find("now");
  there.emit("candidate", { candidate: { candidate: "early", usernameFragment: "next" } });
  await settled();
  assert.deepEqual(fake(other).candidates, ["now"]);
  const { sdp } = /** @type {any} */ (fake(one).localDescription);
  there.emit("offer", { sdp: sdp.replace(/ice-ufrag:\w+/, "ice-ufrag:next") });
  await settled();
  assert.deepEqual(fake(other).candidates, ["now", "early"]);
  assert.deepEqual(errors, [[], []]);
});

test("a candidate of a line that nobody has offered waits for its offer", async () => {
  const { there, one, other, errors } = await connected();
  const { sdp } = /** @type {any} */ (fake(one).localDescription);
  const [, usernameFragment] = /ice-ufrag:(\w+)/.exec(sdp) ?? [];
  there.emit("offer", { sdp: `${sdp}a=mid:0\r\n` });
  there.emit("candidate", { candidate: { candidate: "of an offer that was taken back", sdpMid: "1", usernameFragment } });
  await settled();
  assert.deepEqual(fake(other).candidates, []);
  there.emit("offer", { sdp: `${sdp}a=mid:0\r\na=mid:1\r\n` });
  await settled();
  assert.deepEqual(fake(other).candidates, ["of an offer that was taken back"]);
  assert.deepEqual(errors, [[], []]);
});

test("a path that is interrupted gets time to mend itself, then a new one is looked for", async (context) => {
  const clock = stopTheClock(context);
  const { here, one } = await connected();
  const [states, offers] = [collect(one, "state"), () => here.types.filter((type) => type === "webrtc_offer").length];
  const before = offers();
  fake(one).become("disconnected");
  clock.tick(2_999);
  fake(one).become("connected");
  clock.tick(60_000);
  await settled();
  assert.equal(offers(), before);
  fake(one).become("disconnected");
  clock.tick(3_000);
  await settled();
  assert.equal(offers(), before + 1);
  fake(one).become("connected");
  assert.deepEqual(states, ["interrupted", "connected", "interrupted", "connected"]);
  await pass(clock, 60_000);
  assert.equal(clock.waiting, 0);
});

test("a path that has failed is looked for at once, and again and again", async (context) => {
  const clock = stopTheClock(context);
  const { here, one } = await connected();
  const states = collect(one, "state");
  const before = here.types.length;
  fake(one).become("failed");
  clock.tick(0);
  await settled();
  assert.equal(here.types.length, before + 1);
  for (let step = 0; step < 30; step += 1) {
    clock.tick(1_000);
    await settled();
  }
  assert.deepEqual(states, ["interrupted", "failed"]);
  assert.ok(here.types.length > before + 3);
  fake(one).become("connected");
  assert.equal(one.state, "connected");
});

test("the polite side is slower to look for a path, so that only one does", async (context) => {
  const clock = stopTheClock(context);
  const { here, there, one, other } = await connected();
  const before = there.types.length;
  [one, other].forEach((end) => fake(end).become("disconnected"));
  clock.tick(3_000);
  await settled();
  [one, other].forEach((end) => fake(end).become("connected"));
  clock.tick(10_000);
  await settled();
  assert.equal(here.types.at(-1), "webrtc_offer");
  assert.deepEqual(there.types.slice(before), ["webrtc_answer"]);
});

test("an offer without an answer is sent again as it is", async (context) => {
  const clock = stopTheClock(context);
  const { here, there, meet } = room();
  const [one, other] = [peer(here), peer(there)];
  here.isDeaf = true;
  meet();
  await settled();
  here.isDeaf = false;
  clock.tick(10_000);
  await settled();
  assert.deepEqual(here.sent[1], here.sent[0]);
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
});

test("after the server was away the same two look for a path, and keep their connection", async () => {
  const { here, there, meet, one, other, errors } = await connected();
  const connections = [one.connection, other.connection];
  // An offer of each gets lost with the server.
  here.isDeaf = there.isDeaf = true;
  fake(one).createDataChannel();
  fake(other).createDataChannel();
  await settled();
  [here, there].forEach((end) => end.miss(false));
  here.isDeaf = there.isDeaf = false;
  const before = fake(one).localDescription?.sdp;
  meet();
  await settled();
  assert.deepEqual([one.connection, other.connection], connections);
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
  assert.notEqual(/ufrag:.*/.exec(fake(one).localDescription?.sdp ?? "")?.[0], /ufrag:.*/.exec(before ?? "")?.[0]);
  assert.deepEqual(errors, [[], []]);
});

test("the same with the roles exchanged", async () => {
  const { here, there, one, other, errors } = await connected();
  const connections = [one.connection, other.connection];
  [here, there].forEach((end) => end.miss(false));
  there.meet(true);
  here.meet(false);
  await settled();
  assert.deepEqual([one.connection, other.connection], connections);
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
  assert.equal(there.types.filter((type) => type === "webrtc_offer").length, 2);
  assert.deepEqual(errors, [[], []]);
});

test("who comes back as somebody new is met with a new connection, every time", async () => {
  const { here, there, one, other, errors } = await connected();
  let latest = other;
  for (const _ of ["once", "twice"]) {
    const old = fake(one);
    latest.close();
    here.miss(false);
    assert.equal(one.connection, /** @type {any} */ (old), "a path may outlive the signaling");
    latest = peer(there);
    there.meet(false);
    here.meet(true);
    await settled();
    assert.equal(old.signalingState, "closed");
    assert.ok(fake(one).isAgreed && fake(latest).isAgreed);
    assert.equal(one.state, "connecting");
    fake(one).become("connected");
  }
  assert.deepEqual(errors, [[], []]);
});

for (const isBegun of [false, true]) {
  test(`an offer from before the two met anew is not answered, its handling ${isBegun ? "begun" : "queued"}`, async () => {
    const { there, one, other } = await connected();
    const { sdp } = /** @type {any} */ (fake(one).localDescription);
    const before = there.types.length;
    /** @type {() => void} */ let goOn = () => {};
    if (isBegun) fake(other).pause = new Promise((resolve) => (goOn = resolve));
    there.emit("offer", { sdp });
    if (isBegun) await settled();
    there.miss(false);
    there.meet(false);
    goOn();
    await settled();
    assert.equal(there.types.length, before);
  });
}

test("who leaves in the middle of the negotiation can come back", async () => {
  const { here, there, meet } = room();
  const peers = [peer(here), peer(there)];
  meet();
  await null;
  const [one, other] = peers.map(fake);
  one.pause = other.pause = new Promise(() => {});
  await settled();
  [here, there].forEach((end) => end.miss(true));
  assert.deepEqual(peers.map(({ state }) => state), ["waiting", "waiting"]);
  meet();
  await settled();
  assert.ok(peers.every((end) => fake(end).isAgreed));
});

test("who leaves takes the connection with it; who is lost has half a minute to come back", async (context) => {
  const clock = stopTheClock(context);
  const { here, there, one, other } = await connected();
  here.miss(true);
  assert.deepEqual([one.state, one.connection], ["waiting", null]);
  there.miss(false);
  assert.equal(other.state, "connected");
  fake(other).become("disconnected");
  assert.equal(other.state, "interrupted");
  clock.tick(29_999);
  assert.equal(other.state, "interrupted");
  clock.tick(1);
  assert.deepEqual([other.state, other.connection], ["waiting", null]);
  assert.equal(clock.waiting, 0);
});

test("who was missed while the server was away is not waited for by a path that has failed", async (context) => {
  const clock = stopTheClock(context);
  const { here, one } = await connected();
  fake(one).become("failed");
  clock.tick(30_000);
  assert.equal(one.state, "failed");
  here.emit("joined", { roomId: "r", isInitiator: true, ready: true });
  assert.equal(one.state, "failed");
  here.emit("joined", { roomId: "r", isInitiator: true, ready: false });
  assert.deepEqual([one.state, one.connection], ["waiting", null]);
  here.meet(true);
  await settled();
  fake(one).become("connected");
  here.emit("joined", { roomId: "r", isInitiator: true, ready: false });
  assert.equal(one.state, "connected");
});

test("a room that lets nobody back in ends no call that goes on", async () => {
  const { here, one } = await connected();
  here.emit("left", { roomId: "r", deliberate: false });
  assert.equal(one.state, "connected");
  here.emit("left", { roomId: "r", deliberate: true });
  assert.deepEqual([one.state, one.connection], ["waiting", null]);
});

test("another network is a reason to look for a new path, another estimate of its speed is none", async (context) => {
  const { network, window } = fakeBrowser(context);
  const clock = stopTheClock(context);
  const { here, there } = await connected();
  const offers = () => [here, there].flatMap(({ types }) => types.filter((type) => type === "webrtc_offer")).length;
  const count = offers();
  network.dispatchEvent(new Event("change"));
  await pass(clock, 1_000);
  assert.equal(offers(), count);
  network.type = "cellular";
  network.dispatchEvent(new Event("change"));
  for (const step of [100, 900]) await pass(clock, step);
  assert.equal(offers(), count + 1);
  window.dispatchEvent(new Event("online"));
  for (const step of [100, 900]) await pass(clock, step);
  assert.equal(offers(), count + 2);
});

test("ICE servers are used, and renewed before they expire", async (context) => {
  const clock = stopTheClock(context);
  const signaling = new FakeSignaling();
  const list = (/** @type {string} */ url, /** @type {number} */ seconds) =>
    ({ iceServers: [{ urls: [url] }], expires: new Date(Date.now() + seconds * 1_000) });
  const one = peer(signaling, { configuration: { iceTransportPolicy: "relay" } });
  signaling.emit("iceservers", list("turn:a", 1_000));
  signaling.meet(true);
  await settled();
  assert.deepEqual(fake(one).configuration, { iceTransportPolicy: "relay", iceServers: [{ urls: ["turn:a"] }] });
  clock.tick(799_000);
  assert.equal(signaling.joins, 0);
  clock.tick(1_000);
  assert.equal(signaling.joins, 1);
  signaling.emit("iceservers", list("turn:b", 1_000));
  assert.deepEqual(fake(one).configuration.iceServers, [{ urls: ["turn:b"] }]);
  // A clock that is wrong by a day must not make it ask without end, or not at all.
  signaling.emit("iceservers", list("turn:c", -86_400));
  clock.tick(10 * 60_000);
  assert.equal(signaling.joins, 1);
  signaling.emit("iceservers", list("turn:d", 86_400));
  clock.tick(40 * 60_000);
  assert.equal(signaling.joins, 2);
});

test("a peer that is made late takes up what is there", async () => {
  const signaling = new FakeSignaling();
  signaling.iceServers = { iceServers: [{ urls: ["stun:s"] }], expires: null };
  signaling.isReady = signaling.isInitiator = true;
  const one = peer(signaling);
  await settled();
  assert.deepEqual(signaling.types, ["webrtc_offer"]);
  assert.deepEqual(fake(one).configuration.iceServers, [{ urls: ["stun:s"] }]);
});

test("what STUN and TURN servers refuse can be looked at", async () => {
  const { one } = await connected();
  for (let code = 400; code < 500; code += 1) {
    fake(one).onicecandidateerror({ url: "turn:t", errorCode: code, errorText: "no" });
  }
  assert.equal(one.candidateErrors.length, 64);
  assert.deepEqual(one.candidateErrors.at(-1), { url: "turn:t", code: 499, text: "no" });
});

test("a relay's address is noted until the next look for a path, or the next connection", async () => {
  const { here, one } = await connected();
  const [host, relay] = ["host", "relay"].map((type) => `candidate:1 1 udp 1 192.0.2.1 9 typ ${type} raddr 0.0.0.0 rport 0`);
  fake(one).gather("gathering");
  fake(one).find(host);
  assert.equal(one.hasRelay, false);
  fake(one).find(relay);
  fake(one).find(host);
  fake(one).gather("complete");
  assert.equal(one.hasRelay, true);
  fake(one).gather("gathering");
  assert.equal(one.hasRelay, false);
  fake(one).find(relay);
  here.miss(true);
  here.meet(true);
  await settled();
  assert.equal(one.hasRelay, false);
});

test("a track comes with all that the browser says of it", async () => {
  const { one } = await connected();
  const tracks = collect(one, "track");
  const event = { track: "t", streams: ["s"], receiver: "r", transceiver: "v" };
  fake(one).ontrack({ ...event, type: "track" });
  assert.deepEqual(tracks, [event]);
});

test("an error of the browser's is told, and the next message is handled", async () => {
  const { there, one, other, errors } = await connected();
  const { sdp } = /** @type {any} */ (fake(one).localDescription);
  const wrong = new Error("no SDP");
  fake(other).setRemoteDescription = async () => {
    Reflect.deleteProperty(fake(other), "setRemoteDescription");
    throw wrong;
  };
  const before = there.types.length;
  there.emit("offer", { sdp });
  there.emit("offer", { sdp });
  await settled();
  assert.deepEqual(errors, [[], [wrong]]);
  assert.deepEqual(there.types.slice(before), ["webrtc_answer"]);
});

test("what fails after the other has left is no news", async () => {
  const { here, one, errors } = await connected();
  /** @type {() => void} */ let fail = () => {};
  fake(one).setRemoteDescription = () => new Promise((_, reject) => (fail = () => reject(new Error("closed"))));
  here.emit("offer", { sdp: /** @type {any} */ (fake(one).remoteDescription).sdp });
  await settled();
  here.miss(true);
  fail();
  await settled();
  assert.deepEqual(errors, [[], []]);
});

test("an offer that is too long is taken back, told once, and made as soon as it is short enough", async (context) => {
  const clock = stopTheClock(context);
  const { here, one, other, errors } = await connected();
  const before = { sent: here.sent.length, sdp: fake(one).localDescription?.sdp };
  here.limit = 1_000;
  fake(one).weight = 2_000;
  fake(one).createDataChannel();
  await settled();
  assert.equal(here.sent.length, before.sent);
  assert.deepEqual([fake(one).signalingState, fake(one).localDescription?.sdp], ["stable", before.sdp]);
  for (let step = 0; step < 60; step += 1) await pass(clock, 1_000);
  assert.equal(fake(one).rollbacks, 0, "what is known to be too long is not applied");
  assert.deepEqual(errors[0].map(({ id }) => id), ["too_large"]);
  assert.equal(one.state, "connected");
  fake(one).weight = 100;
  await pass(clock, 5_000);
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
  assert.equal(here.types.at(-1), "webrtc_offer");
  const sent = here.sent.length;
  await pass(clock, 60_000);
  assert.equal(here.sent.length, sent);
  assert.deepEqual([errors[0].length, errors[1]], [1, []]);
});

test("an application that makes room when it is told of the offer need not wait", async () => {
  const { here, one, other } = await connected();
  here.limit = 1_000;
  fake(one).weight = 2_000;
  one.on("error", () => (fake(one).weight = 0));
  fake(one).createDataChannel();
  await settled();
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
});

test("an offer that the server refuses is taken back as well", async (context) => {
  const clock = stopTheClock(context);
  const { here, there, one, other, errors } = await connected();
  here.serverLimit = 1_000;
  fake(one).weight = 2_000;
  fake(one).createDataChannel();
  await settled();
  assert.equal(fake(one).signalingState, "stable");
  assert.deepEqual(errors[0].map(({ id }) => id), ["too_large"]);
  const sent = here.sent.length;
  await pass(clock, 20_000);
  assert.equal(here.sent.length, sent);
  // Meanwhile the other side can negotiate.
  fake(one).weight = 0;
  fake(other).createDataChannel();
  await settled();
  await pass(clock, 5_000);
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
  assert.equal(there.types.at(-1), "webrtc_answer");
  assert.deepEqual([errors[0].length, errors[1]], [1, []]);
});

test("the first offer of all may be too long, too", async (context) => {
  const clock = stopTheClock(context);
  const { here, there, meet } = room();
  here.limit = 1_000;
  const one = peer(here, { setUp: (/** @type {any} */ connection) => ((connection.weight = 2_000), connection.createDataChannel()) });
  const other = peer(there);
  const errors = collect(one, "error");
  meet();
  await settled();
  assert.deepEqual([here.sent, errors.map(({ id }) => id)], [[], ["too_large"]]);
  fake(one).weight = 0;
  await pass(clock, 2_000);
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
  assert.equal(FakeConnection.made.length, 2);
});

test("a connection whose first offer the server refuses is replaced", async (context) => {
  const clock = stopTheClock(context);
  const { here, there, meet } = room();
  here.serverLimit = 1_000;
  const one = peer(here, { setUp: (/** @type {any} */ connection) => ((connection.weight = 2_000), connection.createDataChannel()) });
  const other = peer(there);
  const errors = collect(one, "error");
  meet();
  await settled();
  const [refused, next] = FakeConnection.made.filter(({ weight }) => weight > 0);
  assert.deepEqual([refused.signalingState, next.signalingState], ["closed", "stable"]);
  assert.equal(fake(one), next);
  await pass(clock, 20_000);
  assert.deepEqual([here.types, errors.map(({ id }) => id)], [["webrtc_offer"], ["too_large"]]);
  fake(one).weight = 0;
  await pass(clock, 5_000);
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
  assert.equal(fake(one), next);
});

test("an offer whose answer is too long waits for a shorter one, and the call goes on", async (context) => {
  const clock = stopTheClock(context);
  const { there, one, other, errors } = await connected();
  const before = fake(other).remoteDescription;
  there.limit = 1_000;
  fake(other).weight = 2_000;
  fake(one).createDataChannel();
  await settled();
  assert.equal(fake(one).signalingState, "have-local-offer");
  assert.deepEqual([fake(other).signalingState, fake(other).remoteDescription], ["stable", before]);
  for (let step = 0; step < 20; step += 1) await pass(clock, 1_000);
  assert.deepEqual(errors[1].map(({ id }) => id), ["too_large"]);
  fake(other).weight = 0;
  await pass(clock, 5_000);
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
  const sent = there.sent.length;
  await pass(clock, 60_000);
  assert.equal(there.sent.length, sent);
  assert.deepEqual([errors[0], errors[1].length], [[], 1]);
});

test("a candidate that is too long is told, and the next one is sent", async () => {
  const { here, one, other, errors } = await connected();
  here.limit = 1_000;
  fake(one).find("x".repeat(2_000));
  fake(one).find("short");
  await settled();
  assert.deepEqual(fake(other).candidates, ["short"]);
  assert.deepEqual(errors[0].map(({ id }) => id), ["too_large"]);
});

test("of a connection that asks for offers without end those go out that say something new", async (context) => {
  const clock = stopTheClock(context);
  const { here, there, one, other } = await connected();
  here.sent.length = there.sent.length = 0;
  fake(one).isRestless = true;
  fake(one).createDataChannel();
  await settled();
  for (let second = 0; second < 20; second += 1) await pass(clock, 1_000);
  assert.deepEqual([here.types, there.types], [["webrtc_offer"], ["webrtc_answer"]]);
  fake(one).createDataChannel();
  await pass(clock, 1_000);
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
  one.restart();
  await pass(clock, 100);
  await pass(clock, 1_000);
  assert.equal(here.types.filter((type) => type === "webrtc_offer").length, 3);
  fake(other).createDataChannel();
  await settled();
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
});

test("an offer stays when something else was too long for the server", async () => {
  const { here, one, errors } = await connected();
  here.isDeaf = true;
  fake(one).createDataChannel();
  await settled();
  for (const field of ["candidate", undefined]) here.refuse(field);
  await settled();
  assert.deepEqual([fake(one).signalingState, fake(one).rollbacks], ["have-local-offer", 0]);
  assert.deepEqual(errors[0].map(({ id, field }) => [id, field]), [["too_large", "candidate"]]);
});

test("a connection to the server that ended over an offer finds it taken back", async (context) => {
  const clock = stopTheClock(context);
  const { here, there, meet, one, other, errors } = await connected();
  const connections = [one.connection, other.connection];
  here.isDeaf = true;
  fake(one).weight = 2_000;
  fake(one).createDataChannel();
  await settled();
  here.serverLimit = 1_000;
  here.refuse("sdp");
  [here, there].forEach((end) => end.miss(false));
  here.isDeaf = false;
  meet();
  await settled();
  assert.equal(fake(one).signalingState, "stable");
  assert.deepEqual(errors[0].map(({ id }) => id), ["too_large"]);
  fake(one).weight = 0;
  await pass(clock, 5_000);
  assert.ok(fake(one).isAgreed && fake(other).isAgreed);
  assert.deepEqual([one.connection, other.connection], connections);
});

test("closing ends everything", async (context) => {
  const clock = stopTheClock(context);
  const { here, there, one, other, errors } = await connected();
  here.emit("iceservers", { iceServers: [], expires: new Date(Date.now() + 60_000) });
  fake(one).become("disconnected");
  one.restart();
  here.limit = 1;
  fake(one).createDataChannel();
  await settled();
  const connection = fake(one);
  one.close();
  other.close();
  assert.equal(clock.waiting, 0);
  assert.equal(connection.signalingState, "closed");
  here.meet(true);
  there.meet(false);
  await settled();
  assert.deepEqual([one.connection, one.state], [null, "closed"]);
  assert.equal(await one.path(), null);
  assert.deepEqual(errors.map((list) => list.map(({ id }) => id)), [["too_large"], []]);
});

test("an answer keeps the DTLS role that its sender has had so far", () => {
  const answer = "v=0\r\na=setup:active\r\nm=audio\r\na=setup:active\r\n";
  const description = (/** @type {RTCSdpType} */ type, /** @type {string} */ setup) =>
    /** @type {RTCSessionDescription} */ ({ type, sdp: `v=0\r\na=setup:${setup}\r\n` });
  const roles = (/** @type {any} */ connection) => withSettledRole(answer, connection).match(/(?<=setup:)\w+/g);
  const offered = description("offer", "actpass");
  assert.deepEqual(roles({ currentLocalDescription: null, currentRemoteDescription: null }), ["active", "active"]);
  assert.deepEqual(roles({ currentLocalDescription: offered, currentRemoteDescription: description("answer", "active") }), ["active", "active"]);
  assert.deepEqual(roles({ currentLocalDescription: offered, currentRemoteDescription: description("answer", "passive") }), ["passive", "passive"]);
  assert.deepEqual(roles({ currentLocalDescription: description("answer", "active"), currentRemoteDescription: offered }), ["passive", "passive"]);
});

test("offers that differ in version, ports and candidates say the same", () => {
  const offer = (/** @type {number} */ version, /** @type {string} */ port, address = "", more = "") =>
    `v=0\r\no=- 1 ${version} IN IP4 0\r\nm=audio ${port} UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 ${address}\r\n${more}a=ice-ufrag:a\r\n`;
  const gathered = offer(3, "50000", "192.0.2.1", "a=rtcp:9 IN IP4 0.0.0.0\r\na=candidate:1 1 udp 1 192.0.2.1 50000 typ host\r\n");
  assert.equal(substance(gathered), substance(offer(2, "9")));
  for (const other of [offer(2, "0"), offer(2, "9", "", "a=recvonly\r\n"), offer(2, "9").replace("ufrag:a", "ufrag:b")]) {
    assert.notEqual(substance(other), substance(gathered));
  }
});
