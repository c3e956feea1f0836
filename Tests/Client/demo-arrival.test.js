// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { arrival } from "../../web/demo/arrival.js";
import { codeEntered, codeInFragment, linkWith } from "../../web/demo/link.js";

const nothing = { code: null, room: null, invitation: null, now: 1_000, isReload: false };
const invitation = { code: "1", expires: new Date(1_001) };

test("a page that comes with nothing begins at its beginning", () => {
  assert.equal(arrival(nothing), null);
  assert.equal(arrival({ ...nothing, isReload: true }), null);
});

test("a reload goes back at once to what it broke off", () => {
  const reload = { ...nothing, isReload: true };
  assert.deepEqual(arrival({ ...reload, room: "r" }), { move: { to: "return", room: "r" }, asks: false });
  assert.deepEqual(arrival({ ...reload, room: "r", code: "2", invitation })?.asks, false);
  assert.deepEqual(arrival({ ...reload, invitation }), { move: { to: "wait", invitation }, asks: false });
});

test("whatever else leads into a call is asked about first", () => {
  for (const code of [null, "2"]) {
    for (const room of [null, "r"]) {
      for (const kept of [null, invitation]) {
        const next = arrival({ ...nothing, code, room, invitation: kept });
        assert.equal(next?.asks ?? true, true);
        assert.equal(next?.move.to, code ? "join" : room ? "return" : kept ? "wait" : undefined);
      }
    }
  }
  assert.deepEqual(arrival({ ...nothing, code: "2", isReload: true }), { move: { to: "join", code: "2" }, asks: true });
  assert.deepEqual(arrival({ ...nothing, code: "2", invitation, isReload: true })?.asks, true);
});

test("a code that has expired meanwhile is not asked about", () => {
  const expired = { ...nothing, now: 1_001, invitation };
  assert.equal(arrival(expired), null);
  assert.equal(arrival({ ...expired, isReload: true })?.move.to, "wait", "where it is said to have expired");
});

test("a code comes out of its link as it went in", () => {
  for (const code of ["12345678", "a b&c=d#e+f", "ü", "what?", "a.", "a-", "a*", "a_", "a~"]) {
    const link = linkWith(code, "https://host/demo/?x=1#code=9");
    assert.ok(link.startsWith("https://host/demo/?x=1#code="), link);
    assert.equal(codeInFragment(new URL(link).hash), code);
    assert.equal(codeEntered(link), code);
  }
  assert.equal(linkWith("12345678", "https://host/demo/"), "https://host/demo/#code=12345678");
  assert.equal(codeInFragment("#other"), null);
});

test("the punctuation behind a link is no part of the code in it", () => {
  const link = "https://host/demo/#code=12345678";
  for (const end of [".", ",", ">", "）", "。", ").", "!\u201d", "> and then", "."]) {
    assert.equal(codeEntered(`(<${link}${end}`), "12345678", end);
  }
});

test("the field takes the code by itself, and the link or the message that it stands in", () => {
  assert.equal(codeEntered(" 1234 5678 "), "12345678");
  assert.equal(codeEntered("Join my call https://host/demo/#code=12345678"), "12345678");
  assert.equal(codeEntered("HTTPS://HOST/demo/#code=１２３４"), "1234");
  for (const text of ["https://host/demo/", "https://host/#code=", "", "  ", "\u200b"]) {
    assert.throws(() => codeEntered(text), { id: "invalid_field" }, text);
  }
});
