// @ts-check
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { drained } from "../../web/demo/files.js";

test("a pause of the sender leaves nothing behind", async () => {
  const [channel, gone] = [new EventTarget(), new AbortController()];
  const pause = drained(channel, gone.signal);
  channel.dispatchEvent(new Event("bufferedamountlow"));
  await pause;
  for (const type of ["bufferedamountlow", "close"]) assert.equal(getEventListeners(channel, type).length, 0, type);
  assert.equal(getEventListeners(gone.signal, "abort").length, 0);
});

test("a pause ends with the channel, also where the browser does not say that it has closed", async () => {
  const [channel, gone] = [new EventTarget(), new AbortController()];
  const pause = drained(channel, gone.signal);
  gone.abort();
  await assert.rejects(pause, /closed/);
  assert.equal(getEventListeners(channel, "bufferedamountlow").length, 0);
});
