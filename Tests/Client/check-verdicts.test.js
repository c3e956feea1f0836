// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { ProbeFailure } from "../../web/check/probes.js";
import { places, relayAdvice, summary } from "../../web/check/verdicts.js";

const udp = [{ urls: ["turn:relay.example.org:3478?transport=udp"] }];

test("the port to open is named, also where the URL leaves it out", () => {
  assert.equal(places(udp), "relay.example.org:3478");
  assert.equal(places([{ urls: "turns:relay.example.org?transport=tcp" }]), "relay.example.org:5349");
  assert.equal(places([{ urls: ["stun:[2001:db8::1]:3478", "stun:192.0.2.1"] }]), "[2001:db8::1]:3478 or 192.0.2.1:3478");
});

test("what is wrong with a relay decides what to do", () => {
  const advice = (/** @type {object} */ details) => relayAdvice(new ProbeFailure("", details), "UDP", udp);
  assert.match(advice({ code: 701 }), /relay\.example\.org:3478 does not answer over UDP/);
  assert.match(advice({ code: 401 }), /RELAY_SECRETS/);
  assert.match(advice({ code: 486 }), /full/);
  assert.match(advice({ code: 700 }), /error 700/);
  assert.match(advice({ wasReached: true }), /RELAY_MIN_PORT/);
});

/**
 * @param {string[]} working
 * @param {string[]} failing
 */
function conclusion(working, failing = []) {
  return summary((way) => ({ isGood: working.includes(way), isOffered: working.includes(way) || failing.includes(way) }));
}

test("the conclusion is drawn from the best way that works", () => {
  const base = ["HTTP", "WebSocket"];
  assert.equal(conclusion([]).tone, "bad");
  assert.equal(conclusion(["HTTP"]).verdict, "Calls cannot be set up.");
  assert.equal(conclusion([...base, "STUN over UDP", "TURN over UDP"]).tone, "good");
  assert.match(conclusion([...base, "TURN over TLS"], ["STUN over UDP", "TURN over UDP"]).meaning, /over TLS/);
  assert.match(conclusion([...base, "STUN over UDP"]).meaning, /USE_RELAY/);
  assert.equal(conclusion([...base, "STUN over UDP"], ["TURN over UDP"]).verdict, "Only direct calls work from this network.");
  assert.equal(conclusion(base, ["TURN over UDP"]).tone, "bad");
});

/** @param {Partial<Record<import("../../web/check/verdicts.js").Way, object>>} outcomes */
function judged(outcomes) {
  /** @type {any} */ const all = { HTTP: { isGood: true }, WebSocket: { isGood: true }, ...outcomes };
  return summary((way) => ({ isGood: false, isOffered: true, ...all[way] }));
}

test("what was not tried is not said to fail", () => {
  const untried = { isTried: false };
  const all = { "STUN over UDP": untried, "TURN over UDP": untried, "TURN over TCP": untried, "TURN over TLS": untried };
  assert.deepEqual([judged(all).tone, judged(all).verdict], ["warn", "Calls could not be tried."]);
  assert.equal(judged({ ...all, HTTP: {} }).verdict, "The server cannot be reached.");
  assert.equal(judged({ ...all, WebSocket: {} }).verdict, "Calls cannot be set up.");
});

test("a doubtful STUN server is not said to be silent", () => {
  const none = { isOffered: false };
  const stun = { "STUN over UDP": { isUnclear: true } };
  assert.equal(judged(stun).verdict, "At best direct calls work from this network.");
  const alone = judged({ ...stun, "TURN over UDP": none, "TURN over TCP": none, "TURN over TLS": none });
  assert.match(alone.meaning, /could not be told.*USE_RELAY/);
});
