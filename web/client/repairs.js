// @ts-check
import { Backoff } from "./timing.js";

/** A path that is not well for so long is called failed. The attempts go on. */
const FAILURE_LIMIT = 30_000;
/** What asks for a restart within this time after one has begun is taken to have the same cause. */
const SAME_CAUSE = 500;
/** After this time a restart should have led to its path; after each that has not, twice as long. */
const CHECK_AFTER = 5_000;
/** So many restarts in a row may be found to have led nowhere; a browser may not even tell what its path is. */
const MAX_FUTILE = 3;

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

/** Restarts of ICE: one for all reasons that come together, and another if it does not lead to a path of its own. */
export class Restarts {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #asked;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #recent;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #check;
  #futile = 0;

  /**
   * @param {() => void} restart
   * @param {() => Promise<boolean>} isStale whether the path in use is none of the last restart
   */
  constructor(restart, isStale) {
    this.restart = restart;
    this.isStale = isStale;
  }

  /**
   * Restarts after a wait, unless one begins before or has just begun.
   * @param {number} milliseconds
   */
  askFor(milliseconds) {
    if (this.#recent) return;
    clearTimeout(this.#asked);
    this.#asked = setTimeout(this.restart, milliseconds);
  }

  /** A restart has begun, here or on the other side. */
  begin() {
    clearTimeout(this.#asked);
    clearTimeout(this.#recent);
    this.#recent = setTimeout(() => (this.#recent = undefined), SAME_CAUSE);
  }

  /**
   * Both sides have agreed on it.
   * @param {number} patience milliseconds more than usual until its path is looked for
   */
  agree(patience) {
    clearTimeout(this.#check);
    this.#check = setTimeout(() => this.#verify(), CHECK_AFTER * 2 ** this.#futile + patience);
  }

  async #verify() {
    if (!(await this.isStale())) {
      this.#futile = 0;
    } else if (this.#futile < MAX_FUTILE) {
      this.#futile += 1;
      this.restart();
    }
  }

  end() {
    for (const timer of [this.#asked, this.#recent, this.#check]) clearTimeout(timer);
    this.#recent = undefined;
    this.#futile = 0;
  }
}
