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
 * @property {number} candidateBytes of the candidate in it, 0 without one
 */

/** Those of a server whose settings do not say otherwise. */
export const defaultLimits = Object.freeze({ message: 131_072, sdp: 114_688, candidate: 4_096 });
/** Those of server 0.1: what is assumed first of a server that takes less than it should. */
const earlierLimits = Object.freeze({ message: 65_536, sdp: 49_152 });
/** The least that a server can be set to: what is no longer is not what it took offence at. */
const leastLimits = Object.freeze({ message: 1_024, sdp: 256, candidate: 256 });
/** Of a description that is no longer and a candidate that is longer than it need be, the candidate is to blame. */
const MODEST_DESCRIPTION = 8_192;

const encoder = new TextEncoder();
/** @param {string} text */
const utf8Length = (text) => encoder.encode(text).length;

/**
 * How long messages may be, as far as this client knows. A server does not say so beforehand: what it refuses is
 * learned from, and nothing of that length is sent again.
 */
export class Limits {
  /** @type {MessageLimits} */ #known;
  /** Bytes of the longest message since the connection was opened, and whether it was a description. */
  #longest = 0;
  #isLongestDescription = false;
  /** Bytes of the description that was sent last, and of the longest candidate since. */
  #lastDescription = 0;
  #longestCandidate = 0;

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
    const isCandidate = type === "ice_candidate" && candidate;
    const encoded = {
      text, bytes: utf8Length(text), sdpBytes: isDescription ? utf8Length(sdp) : 0,
      candidateBytes: isCandidate ? utf8Length(JSON.stringify(candidate)) : 0,
    };
    this.check(encoded);
    return encoded;
  }

  /**
   * Measures a message again: more may be known than when it was encoded.
   * @param {Encoded} message
   * @throws {SwitchboardError} `too_large`
   */
  check({ bytes, sdpBytes, candidateBytes }) {
    this.#check("sdp", sdpBytes);
    this.#check("candidate", candidateBytes);
    this.#check("message", bytes);
  }

  /** A connection has been opened; nothing was sent over it. */
  begin() {
    this.#longest = this.#lastDescription = this.#longestCandidate = 0;
    this.#isLongestDescription = false;
  }

  /**
   * A message has gone out.
   * @param {Encoded} message
   */
  note({ bytes, sdpBytes, candidateBytes }) {
    if (bytes > this.#longest) [this.#longest, this.#isLongestDescription] = [bytes, sdpBytes > 0];
    if (sdpBytes > 0) [this.#lastDescription, this.#longestCandidate] = [sdpBytes, 0];
    this.#longestCandidate = Math.max(this.#longestCandidate, candidateBytes);
  }

  /**
   * The server has refused a description or a candidate. It does not say which one: the last description, unless that is
   * modest and a candidate that a server can refuse went out since.
   * @returns {"sdp" | "candidate"} what is taken to have been too long
   */
  learnFromRefusal() {
    const isCandidate = this.#longestCandidate > leastLimits.candidate && this.#lastDescription <= MODEST_DESCRIPTION;
    if (isCandidate) this.#learn("candidate", this.#longestCandidate, Infinity);
    else this.#learn("sdp", this.#lastDescription, earlierLimits.sdp);
    return isCandidate ? "candidate" : "sdp";
  }

  /**
   * The server has closed the connection because of a message. Which one it does not say; none is longer than the longest.
   * @returns {"sdp" | undefined} whether that was a description
   */
  learnFromClose() {
    this.#learn("message", this.#longest, earlierLimits.message);
    return this.#isLongestDescription ? "sdp" : undefined;
  }

  /**
   * @param {keyof MessageLimits} kind
   * @param {number} bytes that were too many
   * @param {number} earlier what is assumed first, of more bytes than that
   */
  #learn(kind, bytes, earlier) {
    if (bytes <= leastLimits[kind]) return;
    this.#known[kind] = Math.min(this.#known[kind], bytes > earlier ? earlier : bytes - 1);
  }

  /**
   * @param {keyof MessageLimits} kind
   * @param {number} bytes
   */
  #check(kind, bytes) {
    const limit = this.#known[kind];
    if (bytes <= limit) return;
    const what = { message: "A message", sdp: "A description", candidate: "A candidate" }[kind];
    const field = kind === "message" ? undefined : kind;
    throw new SwitchboardError("too_large", `${what} has ${bytes} bytes; the server takes ${limit}.`, { field });
  }
}
