// @ts-check
import { isOf } from "./description.js";

/** Candidates kept for a description that has not come; the oldest go first. */
const MAX_EARLY = 256;

/** Candidates of the other that came before the description that they belong to. */
export class EarlyCandidates {
  /** @type {RTCIceCandidateInit[]} */ #kept = [];

  /** @param {RTCIceCandidateInit} candidate */
  keep(candidate) {
    this.#kept.push(candidate);
    if (this.#kept.length > MAX_EARLY) this.#kept.shift();
  }

  /**
   * Takes those out that belong to a description.
   * @param {string} sdp
   */
  take(sdp) {
    const ripe = this.#kept.filter((candidate) => isOf(candidate, sdp));
    this.#kept = this.#kept.filter((candidate) => !isOf(candidate, sdp));
    return ripe;
  }
}
