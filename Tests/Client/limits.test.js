// @ts-check
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Limits, defaultLimits } from "../../web/client/limits.js";

const tooLarge = { name: "SwitchboardError", id: "too_large" };
/** @param {number} bytes of the description */
const offer = (bytes) => ({ type: "webrtc_offer", sdp: "x".repeat(bytes) });
/** @param {number} bytes of the candidate */
const candidate = (bytes) => ({ type: "ice_candidate", candidate: { candidate: "x".repeat(bytes - '{"candidate":""}'.length) } });
/** @param {number} bytes of the whole message */
const message = (bytes) => ({ type: "key_exchange", t: "x".repeat(bytes - '{"type":"key_exchange","t":""}'.length) });

test("each kind of message is measured against its own limit", () => {
  const limits = new Limits();
  limits.encode(message(131_072));
  assert.throws(() => limits.encode(message(131_073)), tooLarge);
  limits.encode(offer(114_688));
  assert.throws(() => limits.encode(offer(114_689)), tooLarge);
  limits.encode(candidate(4_096));
  assert.throws(() => limits.encode(candidate(4_097)), tooLarge);
  limits.encode({ type: "ice_candidate", candidate: null });
  limits.encode({ type: "key_exchange", sdp: "x".repeat(120_000) });
});

test("bytes count, not characters, and what JSON escapes counts in the message alone", () => {
  const limits = new Limits({ message: 1_000, sdp: 400 });
  assert.throws(() => limits.encode({ type: "webrtc_answer", sdp: "ü".repeat(201) }), tooLarge);
  assert.equal(limits.encode({ type: "webrtc_answer", sdp: "\r\n".repeat(200) }).sdpBytes, 400);
  assert.throws(() => new Limits({ message: 500 }).encode({ type: "webrtc_answer", sdp: "\r\n".repeat(200) }), tooLarge);
});

test("of a server that takes less than it should the limits of earlier ones are assumed, then less", () => {
  const limits = new Limits();
  limits.note(limits.encode(offer(80_000)));
  limits.learnFromRefusal();
  assert.throws(() => limits.encode(offer(49_153)), tooLarge);
  limits.note(limits.encode(offer(49_152)));
  limits.learnFromRefusal();
  assert.throws(() => limits.encode(offer(49_152)), tooLarge);
  limits.note(limits.encode(message(131_072)));
  limits.note(limits.encode(message(100)));
  limits.learnFromClose();
  assert.throws(() => limits.encode(message(65_537)), tooLarge);
  limits.encode(message(65_536));
});

test("what was sent over another connection, or is short, is not what the server took offence at", () => {
  const limits = new Limits();
  limits.note(limits.encode(message(100_000)));
  limits.begin();
  limits.learnFromClose();
  limits.note(limits.encode(offer(256)));
  limits.learnFromRefusal();
  limits.learnFromClose();
  limits.encode(message(131_072));
  limits.encode(offer(114_688));
});

test("a short description is learned from as well", () => {
  const limits = new Limits();
  limits.note(limits.encode(offer(3_000)));
  assert.equal(limits.learnFromRefusal(), "sdp");
  assert.throws(() => limits.encode(offer(3_000)), tooLarge);
  limits.encode(offer(2_999));
});

test("a refusal is a candidate's after a modest description and a candidate that a server can refuse", () => {
  for (const [description, length, blamed] of /** @type {const} */ ([
    [8_192, 257, "candidate"], [8_192, 256, "sdp"], [8_193, 257, "sdp"], [0, 257, "candidate"],
  ])) {
    const limits = new Limits();
    if (description > 0) limits.note(limits.encode(offer(description)));
    limits.note(limits.encode(candidate(length)));
    assert.equal(limits.learnFromRefusal(), blamed);
    const [refused, other] = blamed === "sdp" ? [offer(description), candidate(length)] : [candidate(length), offer(8_192)];
    assert.throws(() => limits.encode(refused), { ...tooLarge, field: blamed });
    limits.encode(other);
  }
});

test("a candidate of before the description is not what was refused", () => {
  const limits = new Limits();
  limits.note(limits.encode(candidate(300)));
  limits.note(limits.encode(offer(3_000)));
  assert.equal(limits.learnFromRefusal(), "sdp");
  limits.encode(candidate(300));
});

test("a close is about a description if the longest message was one", () => {
  for (const [length, blamed] of /** @type {const} */ ([[2_000, "sdp"], [4_000, undefined]])) {
    const limits = new Limits();
    limits.note(limits.encode(message(length)));
    limits.note(limits.encode(offer(3_000)));
    assert.equal(limits.learnFromClose(), blamed);
  }
});

test("a message that has waited is measured by what is known then", () => {
  const limits = new Limits();
  const waiting = limits.encode(message(100_000));
  limits.check(waiting);
  limits.note(waiting);
  limits.learnFromClose();
  assert.throws(() => limits.check(waiting), tooLarge);
});

test("the limits are those that the document has", () => {
  const document = readFileSync(new URL("../../docs/client.md", import.meta.url), "utf8");
  for (const limit of Object.values(defaultLimits)) assert.ok(document.includes(limit.toLocaleString("en")), String(limit));
});
