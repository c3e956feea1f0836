// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeFetch } from "./fakes.js";
import { readJoinCode } from "../../web/client/code.js";
import { Pairing } from "../../web/client/pairing.js";

/** What people type, paste and read off screens, and the code that they mean. */
const meant = /** @type {const} */ ([
  ["12345678", "12345678"],
  ["1234 5678", "12345678"],
  ["  12 34\t56 78\n", "12345678"],
  ["1 2 3 4 5 6 7 8", "12345678"],
  ["1234-5678", "12345678"],
  ["1234\u20105678", "12345678"], // hyphen
  ["1234\u20115678", "12345678"], // no-break hyphen
  ["1234\u20135678", "12345678"], // en dash
  ["1234 \u2014 5678", "12345678"], // em dash
  ["1234\u22125678", "12345678"], // minus
  ["1234\uff0d5678", "12345678"], // full-width hyphen
  ["1234\u20435678", "12345678"], // hyphen bullet
  ["1234\u27965678", "12345678"], // heavy minus
  ["1234\u02d75678", "12345678"], // modifier minus
  ["１２３４ー５６７８", "12345678"], // what a Japanese keyboard gives for it
  ["1234\u00a05678", "12345678"], // no-break space
  ["1234\u202f5678", "12345678"],
  ["1234\u30005678", "12345678"],
  ["1234\u20285678", "12345678"],
  ["1234\u200b5678", "12345678"], // zero-width space
  ["\ufeff1234\u00ad5678\u2060", "12345678"],
  ["\u200e12345678\u200f", "12345678"],
  ["\u202d12345678\u202c", "12345678"],
  ["\u206612345678\u2069", "12345678"],
  ["1234\u28005678\u3164", "12345678"],
  ["１２３４５６７８", "12345678"],
  ["١٢٣٤٥٦٧٨", "12345678"], // Arabic
  ["۱۲۳۴۵۶۷۸", "12345678"], // Persian
  ["१२३४५६७८", "12345678"], // Devanagari
  ["๑๒๓๔๕๖๗๘", "12345678"], // Thai
  ["𝟏𝟐𝟑𝟒𝟝𝟞𝟟𝟠", "12345678"],
  ["①②③④⑤⑥⑦⑧", "12345678"],
  ["1\ufe0f\u20e32\ufe0f\u20e3", "12"],
  ["0０٠۰०๐", "000000"],
  ["9９٩۹९๙", "999999"],
  ["ABCD2345", "ABCD2345"],
  ["ＡＢＣＤ２３４５", "ABCD2345"],
  [" blue\u2013horse\u2011٧ ", "blue-horse-7"],
  ["correct  horse\u00a0battery", "correct horse battery"],
  ["zu\u0308rich", "z\u00fcrich"],
  ["a_b.c~d", "a_b.c~d"],
  ["x".repeat(128), "x".repeat(128)],
  ["1 ".repeat(128), "1".repeat(128)],
]);

test("a code is read as it is meant", () => {
  for (const [text, code] of meant) assert.equal(readJoinCode(text), code, JSON.stringify(text));
});

test("what cannot be a code is no code", () => {
  const texts = ["", " ", "\u200b\u00ad", "-", "\u2013 \u2014", "x".repeat(129), "1".repeat(129), "12\u000034", "12\u009b34", "\ud83d", "1".repeat(100_000)];
  for (const text of [...texts, null, undefined, 12345678]) {
    assert.throws(() => readJoinCode(/** @type {any} */ (text)), { name: "SwitchboardError", id: "invalid_field", field: "joinid" });
  }
});

test("a code that was read once stays what it is", () => {
  for (const [, code] of meant) assert.equal(readJoinCode(code), code);
  // Every character beside every kind of neighbour that it may grow together with.
  for (let point = 1; point < 0x30000; point += 1) {
    for (const text of [`a${String.fromCodePoint(point)}\u0301b`, `1${String.fromCodePoint(point)}2`]) {
      let code;
      try {
        code = readJoinCode(text);
      } catch {
        continue;
      }
      assert.equal(readJoinCode(code), code, `U+${point.toString(16)}`);
    }
  }
});

test("the digits of every script have their values", () => {
  let digits = 0;
  for (let point = 0; point < 0x110000; point += 1) {
    if (!/\p{Nd}/u.test(String.fromCodePoint(point))) continue;
    assert.equal(readJoinCode(String.fromCodePoint(point)), String(digits % 10), `U+${point.toString(16)}`);
    digits += 1;
  }
  assert.ok(digits >= 650);
});

test("every call of a pairing reads its code, and sends none that cannot be one", async () => {
  const room = /** @type {[number, object]} */ ([200, { roomid: "r" }]);
  const { fetch, calls } = fakeFetch([201, { exp: "2030-01-01T00:00:00Z" }], room, room, room);
  const pairing = new Pairing("http://server", { fetch });
  const code = "１２３\u20114 ";
  assert.equal((await pairing.createCode({ client: "a", code })).code, "1234");
  await pairing.accept({ client: "b", code });
  await pairing.check({ client: "a", code });
  await pairing.waitForPeer({ client: "a", code });
  assert.deepEqual(calls.map(({ body }) => body.joinid), ["1234", "1234", "1234", "1234"]);
  for (const call of /** @type {const} */ (["createCode", "accept", "check", "waitForPeer"])) {
    await assert.rejects(pairing[call]({ client: "a", code: "\u200b" }), { id: "invalid_field" }, call);
  }
  assert.equal(calls.length, 4, "nothing was asked of the server");
});
