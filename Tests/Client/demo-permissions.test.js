// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { worthAskingAlone } from "../../web/demo/permissions.js";

test("of two devices that were refused together the one that is not to blame is asked for alone", () => {
  assert.deepEqual(worthAskingAlone("granted", "denied"), ["audio"]);
  assert.deepEqual(worthAskingAlone("prompt", "denied"), ["audio"]);
  assert.deepEqual(worthAskingAlone("denied", "prompt"), ["video"]);
  assert.deepEqual(worthAskingAlone("granted", "granted"), ["audio", "video"], "the system refused one of them");
});

test("who has just refused both is not asked again", () => {
  assert.deepEqual(worthAskingAlone("denied", "denied"), []);
  assert.deepEqual(worthAskingAlone("prompt", "prompt"), []);
});

test("a browser that does not tell is asked", () => {
  assert.deepEqual(worthAskingAlone(undefined, undefined), ["audio", "video"]);
});
