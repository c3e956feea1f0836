// @ts-check
import { readJoinCode } from "../client/switchboard.js";

/** What a sentence or a pair of brackets puts behind a link. */
const PUNCTUATION = /[\p{P}\p{S}]+$/u;

/**
 * The link that joins with a code. It stands in the fragment, which is sent to no server. It does not end with
 * punctuation, which would be taken for that of the text around it.
 * @param {string} code
 * @param {string} page the address of this page
 */
export function linkWith(code, page) {
  const escape = (/** @type {string} */ end) => `%${end.charCodeAt(0).toString(16).toUpperCase()}`;
  const fragment = `${new URLSearchParams({ code })}`.replace(/[*._-]$/, escape);
  return new URL(`#${fragment}`, page.split("#")[0]).href;
}

/**
 * The code in the fragment of an address, as it stands there; null without one.
 * @param {string} hash
 */
export function codeInFragment(hash) {
  return new URLSearchParams(hash.slice(1)).get("code");
}

/**
 * The code that somebody entered: by itself, or in the link that they were sent.
 * @param {string} entered
 * @returns {string}
 * @throws {import("../client/switchboard.js").SwitchboardError} `invalid_field` for what is neither
 */
export function codeEntered(entered) {
  const link = /\b[a-z][a-z0-9+.-]*:\/\/\S+/i.exec(entered)?.[0].replace(PUNCTUATION, "");
  return readJoinCode(link ? (codeInFragment(/#.*/.exec(link)?.[0] ?? "") ?? "") : entered);
}
