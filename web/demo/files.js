// @ts-check
import { element, make, size } from "../common/page.js";
import { displayed } from "./filename.js";
import { FileRow } from "./filerow.js";
import { Gathering } from "./gathering.js";

const CHUNK_BYTES = 64 * 1024;
/** With more than this waiting in the channel the sender pauses, until a quarter of it is left. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** Received files stay with the browser until they are saved. */
const MAX_FILE_BYTES = 1_000_000_000;
/** What is kept of received files altogether, and rows in the list; beyond either, files are refused. */
const MAX_KEPT_BYTES = 4_000_000_000;
const MAX_ROWS = 200;

/**
 * @typedef {{name: string, bytes: number, url: string}} ReceivedFile
 * @typedef {{id: number, file: File, row: FileRow, isCancelled: boolean}} Outgoing
 *
 * @typedef {object} Incoming
 * @property {number} id the sender's
 * @property {string} name
 * @property {number} bytes that it will have
 * @property {Gathering} got
 * @property {FileRow} row
 */

/**
 * Files over an ordered data channel, one at a time each way. Text messages are JSON objects with a `type`: `file`
 * with `id`, `name` and `bytes` says what the binary messages after it are; `cancel` with `id` is the sender's word
 * that no more will come; `refuse` and `received`, with `id`, are the receiver's.
 */
export class Files {
  /** @type {RTCDataChannel | null} */ #channel = null;
  /** Ends what waits for the channel. */
  #attached = new AbortController();
  /** @type {Incoming | null} */ #incoming = null;
  /** @type {Outgoing | null} */ #outgoing = null;
  /**
   * Sent, and not yet confirmed.
   * @type {Map<number, Outgoing>}
   */
  #unconfirmed = new Map();
  #queue = Promise.resolve();
  #lastId = 0;
  /**
   * What has arrived whole.
   * @type {ReceivedFile[]}
   */
  received = [];

  constructor() {
    this.input = /** @type {HTMLInputElement} */ (element("file-input"));
    this.input.onchange = () => {
      for (const file of this.input.files ?? []) this.send(file);
      this.input.value = "";
    };
  }

  /** @param {RTCDataChannel} channel */
  attach(channel) {
    this.detach();
    this.#channel = channel;
    this.#attached = new AbortController();
    channel.binaryType = "arraybuffer";
    channel.bufferedAmountLowThreshold = MAX_BUFFERED_BYTES / 4;
    channel.onopen = () => (this.input.disabled = false);
    channel.onclose = () => this.#channel === channel && this.detach();
    channel.onmessage = ({ data }) => (typeof data === "string" ? this.#hear(data) : this.#take(data));
  }

  /** Forgets everything; what has been received cannot be saved any more. */
  clear() {
    this.detach();
    for (const { url } of this.received.splice(0)) URL.revokeObjectURL(url);
    element("files").replaceChildren();
    element("files-hint").hidden = false;
  }

  /** There is no channel any more: what is on its way is broken off. */
  detach() {
    this.#channel = null;
    this.#attached.abort();
    this.input.disabled = true;
    this.#incoming?.row.fail("Broken off");
    this.#incoming = null;
    for (const outgoing of this.#unconfirmed.values()) this.#breakOff(outgoing);
    this.#unconfirmed.clear();
    // What waits for the old channel to drain is broken off, and must not hold up what comes.
    this.#queue = Promise.resolve();
  }

  // Sending

  /** @param {File} file */
  send(file) {
    element("files-hint").hidden = true;
    const row = new FileRow(displayed(file.name), file.size, "out");
    if (file.size > MAX_FILE_BYTES) return row.fail(`Too large: ${size(MAX_FILE_BYTES)} at most`);
    const outgoing = { id: (this.#lastId += 1), file, row, isCancelled: false };
    this.#unconfirmed.set(outgoing.id, outgoing);
    row.offer("Cancel", () => this.#cancel(outgoing, "Cancelled"));
    this.#queue = this.#queue.then(() => this.#transmit(outgoing)).catch((error) => this.#breakOff(outgoing, error));
  }

  /** @param {Outgoing} outgoing */
  async #transmit(outgoing) {
    const { id, file, row } = outgoing;
    const [channel, { signal }] = [this.#channel, this.#attached];
    if (outgoing.isCancelled) return;
    if (channel?.readyState !== "open") throw new Error("closed");
    this.#outgoing = outgoing;
    channel.send(JSON.stringify({ type: "file", id, name: file.name, bytes: file.size }));
    for (let start = 0; start < file.size && !outgoing.isCancelled; start += CHUNK_BYTES) {
      if (channel.bufferedAmount > MAX_BUFFERED_BYTES) await drained(channel, signal);
      channel.send(await file.slice(start, start + CHUNK_BYTES).arrayBuffer());
      row.show(Math.max(0, Math.min(file.size, start + CHUNK_BYTES) - channel.bufferedAmount));
    }
    this.#outgoing = null;
    if (outgoing.isCancelled) channel.send(JSON.stringify({ type: "cancel", id }));
  }

  /** @param {Outgoing} outgoing @param {string} outcome */
  #cancel(outgoing, outcome) {
    if (!this.#unconfirmed.delete(outgoing.id)) return;
    outgoing.isCancelled = true;
    outgoing.row.fail(outcome);
    // Already sent to its end: the other side may still be receiving.
    if (this.#outgoing !== outgoing) this.#say({ type: "cancel", id: outgoing.id });
  }

  /**
   * @param {Outgoing} outgoing
   * @param {unknown} [error] other than that the channel has gone
   */
  #breakOff(outgoing, error) {
    if (outgoing.isCancelled) return;
    this.#unconfirmed.delete(outgoing.id);
    outgoing.isCancelled = true;
    this.#say({ type: "cancel", id: outgoing.id });
    if (isUnreadable(error)) return outgoing.row.fail("It cannot be read: it was changed or removed");
    outgoing.row.fail("Broken off");
    outgoing.row.offer("Send again", () => {
      if (this.#channel?.readyState !== "open") return;
      outgoing.row.remove();
      this.send(outgoing.file);
    });
  }

  /** @param {object} message */
  #say(message) {
    if (this.#channel?.readyState === "open") this.#channel.send(JSON.stringify(message));
  }

  // Receiving

  /** @param {string} text */
  #hear(text) {
    const message = parsed(text);
    const outgoing = this.#unconfirmed.get(message.id);
    switch (message.type) {
      case "file":
        return this.#begin(message);
      case "cancel":
        if (this.#incoming?.id === message.id) this.#drop("Cancelled by the other person");
        return;
      case "refuse":
        if (outgoing) this.#cancel(outgoing, "Refused by the other person");
        return;
      case "received":
        this.#unconfirmed.delete(message.id);
        return outgoing?.row.finish("Delivered");
    }
  }

  /** @param {{id: number, name: unknown, bytes: unknown}} message */
  #begin({ id, name, bytes }) {
    this.#drop("Broken off");
    if (typeof name !== "string" || typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 0) return;
    const kept = this.received.reduce((sum, file) => sum + file.bytes, bytes);
    if (bytes > MAX_FILE_BYTES || kept > MAX_KEPT_BYTES || element("files").childElementCount >= MAX_ROWS) {
      return this.#say({ type: "refuse", id });
    }
    element("files-hint").hidden = true;
    const shown = displayed(name);
    const row = new FileRow(shown, bytes, "in");
    this.#incoming = { id, name: shown, bytes, row, got: new Gathering() };
    row.offer("Cancel", () => {
      this.#drop("Cancelled");
      this.#say({ type: "refuse", id });
    });
    this.#finishIfComplete();
  }

  /** @param {ArrayBuffer} part */
  #take(part) {
    const incoming = this.#incoming;
    if (!incoming) return;
    if (incoming.got.bytes + part.byteLength > incoming.bytes) return this.#drop("Broken");
    incoming.got.add(part);
    incoming.row.show(incoming.got.bytes);
    this.#finishIfComplete();
  }

  #finishIfComplete() {
    const incoming = this.#incoming;
    if (!incoming || incoming.got.bytes < incoming.bytes) return;
    this.#incoming = null;
    // Never shown by this page itself, so it needs no type but this one.
    const url = URL.createObjectURL(incoming.got.whole("application/octet-stream"));
    const file = { name: incoming.name, bytes: incoming.bytes, url };
    this.received.push(file);
    incoming.row.finish("Received", saveLink(file));
    this.#say({ type: "received", id: incoming.id });
  }

  /** @param {string} outcome */
  #drop(outcome) {
    this.#incoming?.row.fail(outcome);
    this.#incoming = null;
  }
}

/** @param {ReceivedFile} file */
export function saveLink({ name, url }) {
  const link = make("a", { text: "Save", className: "button" });
  link.href = url;
  link.download = name;
  link.setAttribute("aria-label", `Save ${name}`);
  return link;
}

/**
 * Waits until there is room in a channel.
 * @param {EventTarget} channel
 * @param {AbortSignal} signal aborted when the channel has gone
 * @returns {Promise<void>}
 */
export function drained(channel, signal) {
  return new Promise((resolve, reject) => {
    const waiting = new AbortController();
    channel.addEventListener("bufferedamountlow", () => {
      waiting.abort();
      resolve();
    }, { signal: waiting.signal });
    signal.addEventListener("abort", () => {
      waiting.abort();
      reject(new Error("closed"));
    }, { signal: waiting.signal });
  });
}

/**
 * Whether the file has changed on the disk since it was chosen, or is not there any more.
 * @param {unknown} error
 */
function isUnreadable(error) {
  return error instanceof DOMException && (error.name === "NotReadableError" || error.name === "NotFoundError");
}

/** @param {string} text @returns {any} */
function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
