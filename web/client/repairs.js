// @ts-check
import { Backoff } from "./timing.js";

/** A path that is not well for so long is called failed. The attempts go on. */
const FAILURE_LIMIT = 30_000;

/** Asks for a broken path to be mended, again and again, until it is well. */
export class Repairs {
  #pace = new Backoff({ first: 4_000, longest: 20_000 });
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #next;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #failure;

  /**
   * @param {() => void} mend
   * @param {() => void} fail called once for a path that does not get well
   */
  constructor(mend, fail) {
    this.mend = mend;
    this.fail = fail;
  }

  /** @param {number} milliseconds until the first attempt */
  beginAfter(milliseconds) {
    this.#failure ??= setTimeout(this.fail, FAILURE_LIMIT);
    clearTimeout(this.#next);
    this.#next = setTimeout(() => {
      this.mend();
      this.beginAfter(this.#pace.next());
    }, milliseconds);
  }

  end() {
    clearTimeout(this.#next);
    clearTimeout(this.#failure);
    this.#failure = undefined;
    this.#pace.reset();
  }
}
