// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { SwitchboardError } from "../../web/client/switchboard.js";
import { route, verdict, worstLoss } from "../../web/demo/quality.js";
import { failure, mediaFailure, otherSeen, serverSeen, standing, whyNoPath } from "../../web/demo/words.js";

/** @type {import("../../web/demo/words.js").Standing} */
const connected = { peer: "connected", signaling: "open", other: "here", wasConnected: true, reason: "Because.", trouble: null };

test("a call is called connected only while all is well", () => {
  assert.equal(standing(connected).title, "Connected");
  assert.equal(standing({ ...connected, signaling: "waiting" }).tone, "warn");
  assert.equal(standing({ ...connected, peer: "interrupted" }).title, "Reconnecting…");
});

test("a call that broke is told from one that never came about", () => {
  const failed = { ...connected, peer: /** @type {const} */ ("failed") };
  const never = standing({ ...failed, wasConnected: false });
  assert.deepEqual([never.title, never.text], ["No connection came about", "Because. It is still being tried."]);
  const broken = standing(failed);
  assert.equal(broken.title, "The connection is lost");
  assert.doesNotMatch(broken.text, /Because/);
});

test("who cannot reach the server either is asked whether this device is online", () => {
  for (const peer of /** @type {const} */ (["interrupted", "failed"])) {
    for (const other of /** @type {const} */ (["here", "lost"])) {
      assert.match(standing({ ...connected, peer, other, signaling: "waiting" }).text, /Is this device online/);
    }
  }
});

test("a server that has let go of the call is not said to be tried again", () => {
  for (const peer of /** @type {const} */ (["connected", "interrupted", "failed", "waiting"])) {
    const said = standing({ ...connected, peer, signaling: "closed" });
    assert.doesNotMatch(said.text, /Reconnecting|Is this device online/, peer);
    assert.equal(said.isOver, peer === "failed" || peer === "waiting" ? true : undefined, peer);
  }
});

test("what the browser could not do is said", () => {
  for (const peer of /** @type {const} */ (["waiting", "connecting", "failed"])) {
    assert.match(standing({ ...connected, peer, trouble: "TypeError: no codec" }).text, /The browser could not.*no codec/);
  }
});

test("an attempt to get the server back is no news", () => {
  assert.equal(serverSeen("idle", "connecting"), "connecting");
  assert.equal(serverSeen("waiting", "connecting"), "waiting");
  assert.equal(serverSeen("waiting", "open"), "open");
  assert.equal(serverSeen("closed", "open"), "closed");
});

test("who was here before this side came back alone has gone", () => {
  assert.equal(otherSeen("here", false), "lost");
  assert.equal(otherSeen("here", true), "here");
  assert.equal(otherSeen("unknown", false), "unknown", "the first to come waits");
  assert.equal(otherSeen("left", false), "left");
});

test("whether the other left or was lost makes a difference", () => {
  assert.equal(standing({ ...connected, peer: "waiting", other: "left" }).isOver, true);
  const lost = standing({ ...connected, peer: "waiting", other: "lost" });
  assert.equal(lost.title, "The other person is gone");
  assert.equal(lost.isOver, undefined);
});

test("every state of the two connections has a title", () => {
  for (const peer of /** @type {const} */ (["waiting", "connecting", "connected", "interrupted", "failed", "closed"])) {
    for (const signaling of /** @type {const} */ (["idle", "connecting", "open", "waiting", "closed"])) {
      for (const other of /** @type {const} */ (["here", "unknown", "lost", "left"])) {
        assert.ok(standing({ ...connected, peer, signaling, other }).title);
      }
    }
  }
});

test("each refusal is said in its own words", () => {
  const ids = ["not_found_or_expired", "conflict", "room_full", "rate_limited", "pairing_disabled", "network"];
  const said = ids.map((id) => failure(new SwitchboardError(id, "no"), "123456").title);
  assert.equal(new Set(said).size, ids.length);
  assert.match(failure(new SwitchboardError("rate_limited", "no", { retryAfter: 7 })).text, /7 seconds/);
  assert.match(failure(new SwitchboardError("teapot", "I am a teapot.")).text, /teapot/);
});

test("a refused device is told from a missing one", () => {
  const named = (/** @type {string} */ name) => Object.assign(new Error(), { name });
  assert.equal(mediaFailure(named("NotAllowedError"), "devices").title, "Camera and microphone are blocked.");
  assert.match(mediaFailure(named("NotAllowedError"), "camera").text, /Allow it for this page/);
  assert.equal(mediaFailure(named("NotFoundError"), "camera").title, "No camera was found.");
  assert.equal(mediaFailure(named("NotReadableError"), "microphone").title, "The microphone cannot be opened.");
});

test("why there is no path is read from what the relay said", () => {
  const peer = (/** @type {number[]} */ codes, urls = ["turn:relay.example.org"]) => /** @type {any} */ ({
    configuration: { iceServers: [{ urls }] },
    candidateErrors: codes.map((code) => ({ url: "turn:relay.example.org", code, text: "" })),
  });
  assert.match(whyNoPath(peer([], ["stun:relay.example.org"])), /no relay/);
  assert.match(whyNoPath(peer([701, 401])), /credentials/);
  assert.match(whyNoPath(peer([486])), /full/);
  assert.match(whyNoPath(peer([701])), /does not answer/);
  assert.match(whyNoPath(peer([])), /other person/);
});

test("a relay that some interface reached is not said to be out of reach", () => {
  const peer = {
    configuration: { iceServers: [{ urls: "turn:relay.example.org" }] },
    candidateErrors: [{ url: "turn:relay.example.org", code: 701, text: "" }],
  };
  assert.match(whyNoPath({ ...peer, hasRelay: true }), /This side can reach the relay/);
  assert.match(whyNoPath({ ...peer, hasRelay: false }), /does not answer/);
});

test("a path is named by how it goes, and by how well", () => {
  /** @type {import("../../web/demo/quality.js").PathReport} */
  const path = { kind: "relay", protocol: "tls", relayed: "here", family: "ipv4", roundTripTime: 30, sendRate: 1, receiveRate: 1, loss: 0 };
  assert.equal(route(path), "Relayed, over TLS, IPv4");
  assert.equal(route({ ...path, kind: "direct", protocol: "udp", relayed: null, family: null }), "Direct, over UDP");
  assert.equal(route({ ...path, relayed: "there" }), "Relayed, for the other side");
  assert.equal(verdict(path), "Good quality");
  assert.equal(verdict({ ...path, loss: 0.05 }), "Fair quality");
  assert.equal(verdict({ ...path, roundTripTime: 900 }), "Poor quality");
});

test("what is lost on the way to the other counts as well", () => {
  /** @type {import("../../web/demo/quality.js").PathReport} */
  const path = { kind: "direct", protocol: "udp", relayed: null, family: null, roundTripTime: 30, sendRate: 1, receiveRate: 1, loss: 0 };
  assert.equal(verdict({ ...path, sendLoss: 0.05 }), "Fair quality");
  assert.equal(worstLoss({ ...path, loss: 0.01, sendLoss: 0.2 }), 0.2);
  assert.equal(worstLoss({ ...path, loss: 0.2, sendLoss: 0.01 }), 0.2);
  assert.equal(worstLoss({ ...path, loss: null, sendLoss: 0.1 }), 0.1);
  assert.equal(worstLoss({ ...path, loss: 0.1, sendLoss: null }), 0.1);
  assert.equal(worstLoss({ ...path, loss: 0 }), 0);
  assert.equal(worstLoss({ ...path, loss: null, sendLoss: null }), null);
  assert.equal(worstLoss({ ...path, loss: null }), null);
});
