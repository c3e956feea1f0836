// @ts-check

/** So much is gathered in one piece of memory before it becomes a blob, which the browser may put on disk. */
const PIECE_BYTES = 8 * 1024 * 1024;
/** The first piece of memory; each next one is twice as large. */
const FIRST_BYTES = 64 * 1024;

/**
 * The parts of one file in the order of their coming. They are copied together: what is kept depends on how many
 * bytes there are, not on how many parts they came in.
 */
export class Gathering {
  /** Bytes that have come. */
  bytes = 0;
  /** @type {Blob[]} */ #blobs = [];
  #memory = new Uint8Array(0);
  /** Bytes of the memory that are in use. */
  #used = 0;

  /** How many pieces the file is kept in. */
  get pieces() {
    return this.#blobs.length + (this.#used > 0 ? 1 : 0);
  }

  /** @param {ArrayBuffer} part */
  add(part) {
    const added = new Uint8Array(part);
    for (let start = 0; start < added.length; ) {
      if (this.#used === this.#memory.length) this.#makeRoom(added.length - start);
      const end = Math.min(added.length, start + this.#memory.length - this.#used);
      this.#memory.set(added.subarray(start, end), this.#used);
      this.#used += end - start;
      start = end;
    }
    this.bytes += added.length;
  }

  /**
   * What has come so far.
   * @param {string} type
   */
  whole(type) {
    return new Blob([...this.#blobs, this.#memory.subarray(0, this.#used)], { type });
  }

  /** @param {number} wanted bytes that are about to be added */
  #makeRoom(wanted) {
    if (this.#used === PIECE_BYTES) {
      this.#blobs.push(new Blob([this.#memory]));
      this.#memory = new Uint8Array(PIECE_BYTES);
      this.#used = 0;
    } else {
      const size = Math.min(PIECE_BYTES, Math.max(FIRST_BYTES, 2 * this.#used, this.#used + wanted));
      const larger = new Uint8Array(size);
      larger.set(this.#memory);
      this.#memory = larger;
    }
  }
}
