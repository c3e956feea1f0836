// @ts-check
import { element, make, size } from "../common/page.js";

const CHUNK_BYTES = 16 * 1024;
/** More than this waiting in the channel, and the sender pauses. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** Received files are kept in memory until they are saved. */
const MAX_FILE_BYTES = 1024 * 1024 * 1024;

/**
 * Sends and receives files, one at a time each way, over an ordered data channel: an object with name, type and size
 * as text, then that many bytes in binary messages.
 */
export class Files {
  /** @type {RTCDataChannel | null} */ #channel = null;
  /** @type {{row: ProgressRow, type: string, name: string, size: number, parts: ArrayBuffer[], got: number} | null} */
  #incoming = null;
  #sending = Promise.resolve();

  constructor() {
    this.input = /** @type {HTMLInputElement} */ (element("file-input"));
    this.input.onchange = () => {
      for (const file of this.input.files ?? []) this.send(file);
      this.input.value = "";
    };
  }

  /** @param {RTCDataChannel} channel */
  attach(channel) {
    this.#channel = channel;
    channel.binaryType = "arraybuffer";
    channel.bufferedAmountLowThreshold = MAX_BUFFERED_BYTES / 4;
    channel.onopen = () => (this.input.disabled = false);
    channel.onclose = () => this.#detach(channel);
    channel.onmessage = ({ data }) => (typeof data === "string" ? this.#begin(data) : this.#take(data));
  }

  /** @param {RTCDataChannel} channel */
  #detach(channel) {
    if (this.#channel !== channel) return;
    this.#channel = null;
    this.input.disabled = true;
    this.#incoming?.row.fail("broken off");
    this.#incoming = null;
  }

  /** @param {File} file */
  send(file) {
    const row = new ProgressRow(`Sending ${file.name} (${size(file.size)})`, file.size);
    this.#sending = this.#sending.then(() => this.#transmit(file, row)).catch(() => row.fail("broken off"));
  }

  /** @param {File} file @param {ProgressRow} row */
  async #transmit(file, row) {
    const channel = this.#channel;
    if (!channel) throw new Error("no channel");
    if (file.size > MAX_FILE_BYTES) return row.fail("too large");
    channel.send(JSON.stringify({ name: file.name, type: file.type, size: file.size }));
    for (let start = 0; start < file.size; start += CHUNK_BYTES) {
      if (channel.bufferedAmount > MAX_BUFFERED_BYTES) await drained(channel);
      channel.send(await file.slice(start, start + CHUNK_BYTES).arrayBuffer());
      row.show(Math.min(file.size, start + CHUNK_BYTES));
    }
    row.finish("sent");
  }

  /** @param {string} text */
  #begin(text) {
    const { name, type, size: bytes } = JSON.parse(text);
    if (typeof name !== "string" || !Number.isSafeInteger(bytes) || bytes < 0 || bytes > MAX_FILE_BYTES) return;
    this.#incoming?.row.fail("broken off");
    const row = new ProgressRow(`Receiving ${name} (${size(bytes)})`, bytes);
    this.#incoming = { row, name, type: String(type), size: bytes, parts: [], got: 0 };
    this.#finishIfComplete();
  }

  /** @param {ArrayBuffer} part */
  #take(part) {
    const incoming = this.#incoming;
    if (!incoming) return;
    incoming.parts.push(part);
    incoming.got += part.byteLength;
    incoming.row.show(incoming.got);
    this.#finishIfComplete();
  }

  #finishIfComplete() {
    const incoming = this.#incoming;
    if (!incoming || incoming.got < incoming.size) return;
    this.#incoming = null;
    if (incoming.got > incoming.size) return incoming.row.fail("broken");
    const link = make("a", { text: `Save ${incoming.name}` });
    // Never shown by this page itself: its type is the sender's word.
    link.href = URL.createObjectURL(new Blob(incoming.parts, { type: "application/octet-stream" }));
    link.download = incoming.name;
    incoming.row.finish("received", link);
  }
}

/** @param {RTCDataChannel} channel @returns {Promise<void>} */
function drained(channel) {
  return new Promise((resolve, reject) => {
    channel.addEventListener("bufferedamountlow", () => resolve(), { once: true });
    channel.addEventListener("close", () => reject(new Error("closed")), { once: true });
  });
}

/** One line of the list, with a bar while the file travels. */
class ProgressRow {
  /** @param {string} text @param {number} total */
  constructor(text, total) {
    this.label = make("span", { text });
    this.bar = make("progress", {});
    this.bar.max = total || 1;
    this.bar.setAttribute("aria-label", text);
    this.item = make("li", {}, this.label, this.bar);
    element("files").append(this.item);
  }

  /** @param {number} bytes */
  show(bytes) {
    this.bar.value = bytes;
  }

  /** @param {string} outcome @param {...Node} more */
  finish(outcome, ...more) {
    this.bar.remove();
    this.label.textContent += `: ${outcome}. `;
    this.item.append(...more);
  }

  /** @param {string} outcome */
  fail(outcome) {
    this.finish(outcome);
    this.item.className = "bad";
  }
}
