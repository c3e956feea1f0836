// @ts-check
import { SwitchboardError } from "./errors.js";

/** What the server allows (docs/protocol.md). */
const MAX_CHARACTERS = 128;
/** Longer texts are not looked at: what surrounds a code is not that long. */
const MAX_TEXT = 1_024;

/** What nobody sees: format characters, fillers, variation selectors, keycaps, the Braille blank. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Me}\u2800]/gu;
/** Dashes, what looks like one, and what keyboards of East Asia put in the place of one. */
const DASHES = /[\p{Dash}\u02d7\u2043\u2796\u30fc\u2500]/gu;
const SPACES = /\p{White_Space}+/gu;
const DECIMAL = /\p{Nd}/u;

/**
 * Reads a join code as a person means it: typed on the keyboard of any script, copied from a message, or read off a
 * screen that shows it in groups. Forms that look or mean the same become one (NFKC), digits of other scripts become
 * those of ASCII, invisible characters go. Dashes and spaces go from a code that has nothing else but digits; in any
 * other they may belong to it: dashes become `-`, spaces one space, and none is left at the ends.
 *
 * Read twice it is the same. {@link Pairing} reads every code by this.
 * @param {string} text
 * @returns {string} 1 to 128 characters
 * @throws {SwitchboardError} `invalid_field` for what cannot be a code; nobody is asked about it
 */
export function readJoinCode(text) {
  if (typeof text !== "string" || text.length > MAX_TEXT) throw notACode();
  const seen = text.normalize("NFKC").replace(INVISIBLE, "").normalize("NFKC");
  const plain = Array.from(seen, (character) => (DECIMAL.test(character) ? decimalValue(character) : character)).join("");
  const bare = plain.replace(DASHES, "").replace(SPACES, "");
  const code = /^\d+$/.test(bare) ? bare : plain.replace(DASHES, "-").replace(SPACES, " ").trim();
  if (bare === "" || [...code].length > MAX_CHARACTERS || /[\p{Cc}\p{Cs}]/u.test(code)) throw notACode();
  return code;
}

/**
 * The value of a decimal digit. Unicode has the ten of a script in one row, zero first, and rows that adjoin begin at
 * multiples of ten.
 * @param {string} digit
 */
function decimalValue(digit) {
  const code = /** @type {number} */ (digit.codePointAt(0));
  let first = code;
  while (DECIMAL.test(String.fromCodePoint(first - 1))) first -= 1;
  return (code - first) % 10;
}

function notACode() {
  return new SwitchboardError("invalid_field", "This cannot be a join code.", { field: "joinid" });
}
