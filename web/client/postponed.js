// @ts-check
import { Backoff } from "./timing.js";

/** A negotiation that was put off is tried again after so long, the waits growing from the first to the last. */
const FIRST = 1_000;
const LONGEST = 5_000;

/** Tries again and again, until it is told to end. */
export class Postponed {
  /** @type {Backoff} */ #pace;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /**
   * @param {() => void} attempt
   * @param {number} longest milliseconds between two attempts
   */
  constructor(attempt, longest = LONGEST) {
    this.attempt = attempt;
    this.#pace = new Backoff({ first: FIRST, longest });
  }

  /** Whether something is put off. */
  get isOn() {
    return this.#timer !== undefined;
  }

  begin() {
    if (!this.isOn) this.#await();
  }

  end() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pace.reset();
  }

  #await() {
    this.#timer = setTimeout(() => {
      this.#await();
      this.attempt();
    }, this.#pace.next());
  }
}
