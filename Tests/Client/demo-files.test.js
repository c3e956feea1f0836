// @ts-check
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import "./fakes.js";
import { displayed } from "../../web/demo/filename.js";
import { drained } from "../../web/demo/files.js";
import { Gathering } from "../../web/demo/gathering.js";

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

test("a file is kept in as many pieces as it has bytes for, however many parts it came in", async () => {
  const gathering = new Gathering();
  const part = new Uint8Array(1);
  for (let count = 0; count < 300_000; count += 1) {
    part[0] = count % 251;
    gathering.add(part.slice().buffer);
  }
  assert.deepEqual([gathering.bytes, gathering.pieces], [300_000, 1]);
  const bytes = new Uint8Array(await gathering.whole("application/octet-stream").arrayBuffer());
  assert.equal(bytes.length, 300_000);
  assert.ok(bytes.every((byte, index) => byte === index % 251));
});

test("parts of every length come out in their order", async () => {
  const gathering = new Gathering();
  const sent = [];
  for (const length of [0, 1, 65_535, 65_536, 65_537, 3, 8_388_607, 8_388_608, 8_388_609, 20_000_000, 0, 1]) {
    const part = new Uint8Array(length).map((_, index) => (index + sent.length) % 253);
    sent.push(part);
    gathering.add(part.buffer);
  }
  const whole = new Blob(sent);
  assert.equal(gathering.bytes, whole.size);
  assert.equal(gathering.pieces, Math.ceil(whole.size / 8_388_608));
  const digest = async (/** @type {Blob} */ blob) =>
    Buffer.from(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())).toString("hex");
  assert.equal(await digest(gathering.whole("")), await digest(whole));
});

test("a name is shown without what would disguise it", () => {
  const invisible = [
    0x00, 0x0a, 0x1f, 0x7f, 0x85, 0x9f, 0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e,
    0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2061, 0x2066, 0x2067, 0x2068, 0x2069, 0x206a,
    0x2800, 0x3164, 0xd800, 0xdfff, 0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0xe0001, 0xe0041, 0xe0100,
  ];
  for (const point of invisible) {
    assert.equal(displayed(`a${String.fromCodePoint(point)}fdp.exe`), "afdp.exe", `U+${point.toString(16)}`);
  }
  assert.equal(displayed("photo.jpg\u3000\u00a0         .exe "), "photo.jpg .exe");
  assert.equal(displayed("\u202e\u200b"), "file");
  assert.equal([...displayed("😀".repeat(300))].length, 255);
});

test("what a name needs stays in it", () => {
  for (const name of ["résumé (1).pdf", "👩‍💻❤️.png", "1️⃣.txt", "👩🏽‍🚒", "می‌خواهم.pdf", "क्‍ष.txt", "שלום.txt", "日本語.txt"]) {
    assert.equal(displayed(name), name);
  }
});
