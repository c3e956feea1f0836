// @ts-check
import { SwitchboardError } from "./errors.js";
import { watchNetwork } from "./network.js";
import { Backoff } from "./timing.js";

/** The server drops a connection that is silent for 35 s; proxies often after 60. */
const HEARTBEAT_INTERVAL = 25_000;
/** A connection that answers no ping for so long is dead. */
const ANSWER_LIMIT = 10_000;
/** And one that answers none for so long after the network has changed is of the network before. */
const CHANGED_LIMIT = 3_000;
/** How long a connection may take to open. */
const OPEN_LIMIT = 10_000;
/** A connection that lasts so long was a success: the wait after it is the first again. */
const STABLE_AFTER = 10_000;
/** Close codes after which the same client would fail again. */
const FATAL_CLOSE_CODES = new Set([1002, 1003, 1007, 1008]);
/** One message was too long. The others are none the worse for it. */
const TOO_LONG = 1009;

/**
 * @typedef {"idle" | "connecting" | "open" | "waiting" | "closed"} SignalingState
 *   `waiting`: the connection is lost and a new one will be tried
 *
 * @typedef {{type: string, [member: string]: any}} Message
 *
 * @typedef {object} ConnectionHandlers
 * @property {(state: SignalingState) => void} state
 * @property {(message: Message) => void} message every one but the greeting and the answers to pings
 * @property {() => void} opening nothing has been sent over the connection yet
 * @property {() => void} tooLong the server closed it because of a message; it is opened again
 * @property {(error: SwitchboardError) => void} refused the server closed it for good
 */

/** A WebSocket to the server that is watched and replaced when it is lost. */
export class Connection {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {SignalingState} */ #state = "idle";
  /** Opening, the next ping, its answer, or the next attempt: one of them is always waited for. */
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #stableTimer;
  #watching = new AbortController();

  /**
   * @param {URL} url
   * @param {ConnectionHandlers} handlers
   * @param {{WebSocket: typeof WebSocket, random?: () => number}} options
   */
  constructor(url, handlers, { WebSocket, random }) {
    this.url = url;
    this.handlers = handlers;
    this.WebSocket = WebSocket;
    this.backoff = new Backoff({ first: 1_000, longest: 30_000, random });
  }

  /** @returns {SignalingState} */
  get state() {
    return this.#state;
  }

  /** Opens it, and again whenever it is lost, until `close()`. */
  connect() {
    if (this.#state !== "idle" && this.#state !== "closed") return;
    this.backoff.reset();
    this.#open();
    this.#watching = new AbortController();
    const { signal } = this.#watching;
    watchNetwork(() => this.#hurry(CHANGED_LIMIT), signal);
    globalThis.document?.addEventListener("visibilitychange", () => this.#look(), { signal });
  }

  close() {
    const socket = this.#socket;
    this.#end();
    socket?.close(1000);
  }

  /**
   * @param {string} text an encoded message
   * @returns {boolean} whether there is a connection that takes it
   */
  send(text) {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(text);
    return true;
  }

  #open() {
    const socket = new this.WebSocket(this.url);
    this.#socket = socket;
    this.handlers.opening();
    this.#enter("connecting");
    socket.onmessage = ({ data }) => this.#socket === socket && this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#socket === socket && this.#lose(code, reason);
    this.#await(OPEN_LIMIT, () => this.#abandon());
  }

  /** @param {unknown} data */
  #receive(data) {
    const message = parsed(data);
    if (!message) return;
    // Any message is a sign of life; the next ping is due after a silence.
    this.#await(HEARTBEAT_INTERVAL, () => this.#ping());
    if (message.type === "connected") {
      this.#stableTimer = setTimeout(() => this.backoff.reset(), STABLE_AFTER);
      this.#enter("open");
    } else if (message.type !== "pong") {
      this.handlers.message(message);
    }
  }

  #ping(limit = ANSWER_LIMIT) {
    this.send(JSON.stringify({ type: "ping" }));
    this.#await(limit, () => this.#abandon());
  }

  /** Somebody looks at the page again. */
  #look() {
    if (globalThis.document.visibilityState !== "hidden") this.#hurry(ANSWER_LIMIT);
  }

  /**
   * There is no reason to wait longer.
   * @param {number} limit for the answer of a connection that seems to stand
   */
  #hurry(limit) {
    if (this.#state === "waiting") this.#open();
    else if (this.#state === "open") this.#ping(limit);
  }

  /** Gives a silent connection up without waiting for its closing handshake. */
  #abandon() {
    const socket = this.#socket;
    this.#lose(1006, "");
    socket?.close();
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #lose(code, reason) {
    if (FATAL_CLOSE_CODES.has(code)) {
      this.#end();
      this.handlers.refused(new SwitchboardError("closed", reason || `The server closed the connection (${code}).`));
      return;
    }
    this.#detach();
    this.#await(this.backoff.next(), () => this.#open());
    this.#enter("waiting");
    if (code === TOO_LONG) this.handlers.tooLong();
  }

  #end() {
    this.#watching.abort();
    this.#detach();
    this.#enter("closed");
  }

  #detach() {
    clearTimeout(this.#timer);
    clearTimeout(this.#stableTimer);
    this.#socket = null;
  }

  /**
   * @param {number} milliseconds
   * @param {() => void} act
   */
  #await(milliseconds, act) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, milliseconds);
  }

  /** @param {SignalingState} state */
  #enter(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.handlers.state(state);
  }
}

/**
 * @param {unknown} data
 * @returns {Message | null} null for what is no message of a Switchboard server
 */
function parsed(data) {
  try {
    const message = JSON.parse(String(data));
    return typeof message?.type === "string" ? message : null;
  } catch {
    return null;
  }
}
