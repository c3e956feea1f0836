// @ts-check

const MAX_CHARACTERS = 255;
/** More is not looked at. */
const MAX_TEXT = 4_096;

/**
 * What is not seen, or changes how the rest is seen: control and format characters (changes of direction among them),
 * line and paragraph separators, fillers, blanks, and halves of characters. Emoji need the joiner and the variation
 * selectors, scripts of Arabia and India the joiner and its opposite, so those stay where they are needed.
 */
const DISGUISES = new RegExp(
  [
    String.raw`(?<=\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]?)\u200d(?=\p{Extended_Pictographic})`,
    String.raw`(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]|(?<=[0-9#*])\ufe0f(?=\u20e3)`,
    String.raw`(?<=[\p{Script=Arabic}\p{M}])[\u200c\u200d](?=\p{L})`,
  ].join("|") + String.raw`|([\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800])`,
  "gu",
);

/**
 * The name of a file as it is shown and saved: without what would disguise it, and without the runs of spaces that
 * push its end out of sight.
 * @param {string} name as the other side gave it
 */
export function displayed(name) {
  const plain = name.slice(0, MAX_TEXT).replace(DISGUISES, (kept, disguise) => (disguise ? "" : kept));
  const text = [...plain.replace(/\p{Zs}+/gu, " ").trim()].slice(0, MAX_CHARACTERS).join("").trim();
  return text || "file";
}
