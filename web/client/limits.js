// @ts-check
import { SwitchboardError } from "./errors.js";

/**
 * @typedef {object} MessageLimits what a server takes, in bytes
 * @property {number} message the JSON of a message, in UTF-8
 * @property {number} sdp the text of a description, in UTF-8, before JSON escapes it
 * @property {number} candidate the JSON of a candidate, in UTF-8
 *
 * @typedef {object} Encoded a message as it goes out
 * @property {string} text
 * @property {number} bytes of the text in UTF-8
 * @property {number} sdpBytes of the description in it, 0 without one
 */

/** Those of a server whose settings do not say otherwise. */
export const defaultLimits = Object.freeze({ message: 131_072, sdp: 114_688, candidate: 4_096 });
/** Those of server 0.1: what is assumed first of a server that takes less than it should. */
const earlierLimits = Object.freeze({ message: 65_536, sdp: 49_152 });
/** What is no longer is not what a server took offence at. */
const NEVER_TOO_LONG = 8_192;

const encoder = new TextEncoder();
/** @param {string} text */
const utf8Length = (text) => encoder.encode(text).length;

/**
 * How long messages may be, as far as this client knows. A server does not say so beforehand: what it refuses is
 * learned from, and nothing of that length is sent again.
 */
export class Limits {
  /** @type {MessageLimits} */ #known;
  /** Bytes of the longest message since the connection was opened. */
  #longest = 0;
  /** Bytes of the description that was sent last. */
  #lastDescription = 0;

  /** @param {Partial<MessageLimits>} limits */
  constructor(limits = {}) {
    this.#known = { ...defaultLimits, ...limits };
  }

  /**
   * @param {{type: string, [member: string]: any}} message
   * @returns {Encoded}
   * @throws {SwitchboardError} `too_large` if the server would not take it
   */
  encode(message) {
    const { type, sdp, candidate } = message;
    const text = JSON.stringify(message);
    const isDescription = (type === "webrtc_offer" || type === "webrtc_answer") && typeof sdp === "string";
    const encoded = { text, bytes: utf8Length(text), sdpBytes: isDescription ? utf8Length(sdp) : 0 };
    if (type === "ice_candidate" && candidate) this.#check("candidate", utf8Length(JSON.stringify(candidate)));
    this.check(encoded);
    return encoded;
  }

  /**
   * Measures a message again: more may be known than when it was encoded.
   * @param {Encoded} message
   * @throws {SwitchboardError} `too_large`
   */
  check({ bytes, sdpBytes }) {
    this.#check("sdp", sdpBytes);
    this.#check("message", bytes);
  }

  /** A connection has been opened; nothing was sent over it. */
  begin() {
    this.#longest = this.#lastDescription = 0;
  }

  /**
   * A message has gone out.
   * @param {Encoded} message
   */
  note({ bytes, sdpBytes }) {
    this.#longest = Math.max(this.#longest, bytes);
    if (sdpBytes > 0) this.#lastDescription = sdpBytes;
  }

  /** The server has refused the last description. */
  learnFromRefusal() {
    this.#learn("sdp", this.#lastDescription);
  }

  /** The server has closed the connection because of a message. Which one it does not say; none is longer than the longest. */
  learnFromClose() {
    this.#learn("message", this.#longest);
  }

  /**
   * @param {"message" | "sdp"} kind
   * @param {number} bytes that were too many
   */
  #learn(kind, bytes) {
    if (bytes <= NEVER_TOO_LONG) return;
    this.#known[kind] = Math.min(this.#known[kind], bytes > earlierLimits[kind] ? earlierLimits[kind] : bytes - 1);
  }

  /**
   * @param {keyof MessageLimits} kind
   * @param {number} bytes
   */
  #check(kind, bytes) {
    const limit = this.#known[kind];
    if (bytes <= limit) return;
    const what = { message: "A message", sdp: "A description", candidate: "A candidate" }[kind];
    throw new SwitchboardError("too_large", `${what} has ${bytes} bytes; the server takes ${limit}.`);
  }
}
