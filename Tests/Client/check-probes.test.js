// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { isPublic, outsideAddress, ProbeFailure } from "../../web/check/probes.js";

/**
 * Has peer connections find these candidates, after some STUN servers or interfaces gave no answer.
 * @param {{type: string, address: string}[]} candidates
 * @param {number} errors
 */
function network(candidates, errors) {
  /** @type {any} */ (globalThis).RTCPeerConnection = class {
    /** @type {any} */ onicecandidate;
    /** @type {any} */ onicecandidateerror;
    createDataChannel() {}
    async setLocalDescription() {
      for (const candidate of candidates) queueMicrotask(() => this.onicecandidate({ candidate }));
      for (let left = errors; left > 0; left -= 1) queueMicrotask(() => this.onicecandidateerror({ errorCode: 701 }));
      queueMicrotask(() => this.onicecandidate({ candidate: null }));
    }
    close() {}
  };
}

const host = (/** @type {string} */ address) => ({ type: "host", address });

/** What is said of a network. */
async function finding() {
  try {
    return await outsideAddress([]);
  } catch (error) {
    assert.ok(error instanceof ProbeFailure);
    return error.isUnclear ? "unclear" : "no answer";
  }
}

test("an address seen from outside is one, whatever other interfaces met with", async () => {
  network([host("192.168.1.2"), { type: "srflx", address: "203.0.113.9" }], 1);
  assert.equal(await finding(), "203.0.113.9");
});

test("without an error an address that is not repeated is the device's own", async () => {
  network([host("203.0.113.9")], 0);
  assert.equal(await finding(), null);
});

test("a device behind a router that hears nothing has no answer", async () => {
  network([host("192.168.1.2"), host("2001:db8::2")], 2);
  assert.equal(await finding(), "no answer");
  network([host("0b1f.local")], 1);
  assert.equal(await finding(), "no answer", "what the browser hides is taken for a private address");
});

test("one dead interface of a device with a public address leaves open what the other met with", async () => {
  network([host("203.0.113.9"), host("172.17.0.1")], 1);
  assert.equal(await finding(), "unclear");
  network([host("2001:db8::2")], 1);
  assert.equal(await finding(), "unclear");
});

test("addresses of the internet are told from private ones", () => {
  for (const address of ["203.0.113.9", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2001:db8::1", "[2001:db8::1]"]) {
    assert.equal(isPublic(address), true, address);
  }
  for (const address of ["10.1.2.3", "172.17.0.1", "192.168.0.1", "100.64.0.1", "169.254.1.1", "127.0.0.1", "198.18.0.1", "fd00::1", "fe80::1", "::1"]) {
    assert.equal(isPublic(address), false, address);
  }
});
