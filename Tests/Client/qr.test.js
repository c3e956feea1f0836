// @ts-check
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { qrCode } from "../../web/common/qr.js";

/**
 * What a decoder that is not ours reads in the code.
 * @param {string} text
 */
function decoded(text) {
  const modules = qrCode(text);
  const scale = 4;
  const side = (modules.length + 8) * scale;
  const pixels = Buffer.alloc(side * side, 255);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      if (modules[Math.floor(y / scale) - 4]?.[Math.floor(x / scale) - 4]) pixels[y * side + x] = 0;
    }
  }
  const folder = mkdtempSync(join(tmpdir(), "qr-"));
  try {
    const file = join(folder, "code.pgm");
    writeFileSync(file, Buffer.concat([Buffer.from(`P5 ${side} ${side} 255\n`), pixels]));
    return execFileSync("zbarimg", ["-q", "--raw", "--nodbus", file], { stdio: ["ignore", "pipe", "ignore"] }).toString().trim();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The shortest and the longest text of every version.
const lengths = [1, 14, 15, 26, 27, 42, 43, 62, 63, 84, 85, 106, 107, 122, 123, 152, 153, 180, 181, 213];

for (const length of lengths) {
  test(`${length} bytes can be read back`, () => {
    const text = "https://call.example.org/demo/#code=0123456789".repeat(5).slice(0, length);
    assert.equal(decoded(text), text);
  });
}

test("text that is not ASCII can be read back", () => assert.equal(decoded("https://exämple.org/☎"), "https://exämple.org/☎"));

test("too long a text is refused", () => assert.throws(() => qrCode("x".repeat(214)), RangeError));
