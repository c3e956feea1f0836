// @ts-check

/**
 * Waits, unless the signal says to stop: then it throws the signal's reason.
 * @param {number} milliseconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function delay(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * Waits that grow from failure to failure, with chance in them so that many clients do not come back at once.
 */
export class Backoff {
  /** @param {{first: number, longest: number, factor?: number, random?: () => number}} bounds milliseconds */
  constructor({ first, longest, factor = 2, random = Math.random }) {
    this.first = first;
    this.longest = longest;
    this.factor = factor;
    this.random = random;
    this.failures = 0;
  }

  /** The next wait in milliseconds: between half of the present bound and all of it. */
  next() {
    const bound = Math.min(this.longest, this.first * this.factor ** this.failures);
    this.failures += 1;
    return bound * (0.5 + this.random() / 2);
  }

  /** It worked: the next wait is the first again. */
  reset() {
    this.failures = 0;
  }
}

/** An id that nobody can guess. `crypto.randomUUID` exists on secure pages only. */
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
