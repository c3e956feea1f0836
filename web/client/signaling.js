// @ts-check
import { SwitchboardError } from "./errors.js";
import { iceServerList } from "./pairing.js";
import { Backoff } from "./timing.js";

/** The server drops a connection that is silent for 35 s; proxies often after 60. */
const HEARTBEAT_INTERVAL = 25_000;
/** A connection that answers no ping for so long is dead. */
const ANSWER_LIMIT = 10_000;
/** How long a connection may take to open. */
const OPEN_LIMIT = 10_000;
/** Messages kept for the peer while there is no way to it; the oldest go first. */
const MAX_WAITING = 256;
/** Close codes after which the same client would fail again. */
const FATAL_CLOSE_CODES = new Set([1002, 1003, 1007, 1008, 1009]);

/**
 * @typedef {"idle" | "connecting" | "open" | "waiting" | "closed"} SignalingState
 *   `waiting`: the connection is lost and a new one will be tried.
 *
 * @typedef {object} SignalingOptions
 * @property {string} [device] an id that tells the server a returning device from a stranger; not passed on
 * @property {typeof WebSocket} [WebSocket] what to use instead of the browser's
 * @property {() => number} [random] instead of `Math.random`
 */

/**
 * A connection to the signaling server that comes back by itself, with one room that it returns to.
 *
 * Events (each a `CustomEvent`, with what is said here in its `detail`):
 * - `state`: {@link SignalingState}
 * - `joined`: `{roomId, isInitiator, ready}`; `iceservers`: what {@link iceServerList} gives
 * - `ready`: `{isInitiator}`, both are in the room
 * - `peerleft`: `{deliberate}`, alone in the room
 * - `left`: `{roomId}`
 * - `offer`, `answer`: `{sdp}`; `candidate`: `{candidate}`
 * - `message`: any other message of the peer's application
 * - `error`: {@link SwitchboardError}; `room_full` means that the room has two others in it
 */
export class Signaling extends EventTarget {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {SignalingState} */ #state = "idle";
  /** @type {string | null} */ #roomId = null;
  /** @type {object[]} */ #waiting = [];
  #isReady = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  /** @type {(() => void)} */ #wakeUp = () => this.#retryNow();

  /**
   * @param {string | URL} [server] its address, for example `https://call.example.org`; that of the page by default
   * @param {SignalingOptions} options
   */
  constructor(server = globalThis.location?.origin, { device, WebSocket, random } = {}) {
    super();
    this.url = new URL(server);
    this.url.protocol = this.url.protocol.replace("http", "ws");
    this.device = device;
    this.WebSocket = WebSocket ?? globalThis.WebSocket;
    this.backoff = new Backoff({ first: 1_000, longest: 30_000, random });
  }

  /** @returns {SignalingState} */
  get state() {
    return this.#state;
  }

  /** The room that this connection is in or returns to. */
  get roomId() {
    return this.#roomId;
  }

  /** Whether the other peer is in the room and can be sent to. */
  get isReady() {
    return this.#isReady;
  }

  /** Opens the connection, and again whenever it is lost, until `close()`. */
  connect() {
    if (this.#state !== "idle" && this.#state !== "closed") return;
    globalThis.addEventListener?.("online", this.#wakeUp);
    this.#open();
  }

  /**
   * Enters the room, now or when there is a connection, and after every reconnection.
   * @param {string} roomId
   */
  join(roomId) {
    if (roomId !== this.#roomId) this.#waiting = [];
    this.#roomId = roomId;
    if (this.#state === "open") this.#sendJoin();
  }

  /** Leaves the room, whose other peer is told so. */
  leave() {
    if (this.#roomId === null) return;
    this.#forgetRoom();
    if (this.#state === "open") this.#transmit({ type: "leave_room" });
  }

  /**
   * Sends a message to the peer: now if it is there, else when it comes (back) into the room.
   * @param {{type: string, [member: string]: unknown}} message
   */
  send(message) {
    if (this.#isReady) return this.#transmit(message);
    this.#waiting.push(message);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
  }

  /** Drops what waits to be sent: it was about a negotiation that is over. */
  discardWaiting() {
    this.#waiting = [];
  }

  /** Leaves the room and closes the connection for good. */
  close() {
    globalThis.removeEventListener?.("online", this.#wakeUp);
    this.leave();
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
    this.#enter("closed");
  }

  #open() {
    clearTimeout(this.#timer);
    this.#enter("connecting");
    const socket = new this.WebSocket(this.url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#socket === socket && this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#socket === socket && this.#lost(code, reason);
    this.#timer = setTimeout(() => this.#abandon(socket), OPEN_LIMIT);
  }

  /**
   * Gives a silent connection up without waiting for its closing handshake.
   * @param {WebSocket} socket
   */
  #abandon(socket) {
    if (this.#socket !== socket) return;
    this.#lost(1006, "");
    socket.close();
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #lost(code, reason) {
    clearTimeout(this.#timer);
    this.#socket = null;
    this.#isReady = false;
    if (FATAL_CLOSE_CODES.has(code)) {
      this.#enter("closed");
      this.#emit("error", new SwitchboardError("closed", reason || `The server closed the connection (${code}).`));
      return;
    }
    this.#enter("waiting");
    this.#timer = setTimeout(() => this.#open(), this.backoff.next());
  }

  /** The network is back: there is no reason to wait longer. */
  #retryNow() {
    if (this.#state === "waiting") this.#open();
    else if (this.#state === "open") this.#ping();
  }

  /** @param {string} text */
  #receive(text) {
    this.#heard();
    const message = JSON.parse(text);
    switch (message.type) {
      case "connected":
        this.backoff.reset();
        this.#enter("open");
        if (this.#roomId !== null) this.#sendJoin();
        break;
      case "room_joined":
        if (message.roomId !== this.#roomId) break;
        if (message.iceServers) this.#emit("iceservers", iceServerList(message));
        this.#emit("joined", { roomId: message.roomId, isInitiator: message.isInitiator, ready: message.ready });
        break;
      case "room_ready":
        if (message.roomId !== this.#roomId) break;
        this.#isReady = true;
        this.#emit("ready", { isInitiator: message.isInitiator });
        for (const waiting of this.#waiting.splice(0)) this.#transmit(waiting);
        break;
      case "peer_left":
      case "peer_disconnected":
        this.#isReady = false;
        this.#emit("peerleft", { deliberate: message.type === "peer_left" });
        break;
      case "left_room":
        this.#emit("left", { roomId: message.roomId });
        break;
      case "webrtc_offer":
        this.#emit("offer", { sdp: message.sdp });
        break;
      case "webrtc_answer":
        this.#emit("answer", { sdp: message.sdp });
        break;
      case "ice_candidate":
        this.#emit("candidate", { candidate: message.candidate });
        break;
      case "room_full":
        if (message.roomId === this.#roomId) this.#forgetRoom();
        this.#emit("error", new SwitchboardError("room_full", message.error));
        break;
      case "error":
        if (message.code === "invalid_room_id") this.#forgetRoom();
        this.#emit("error", new SwitchboardError(message.code, message.error));
        break;
      case "pong":
        break;
      default:
        this.#emit("message", message);
    }
  }

  #forgetRoom() {
    this.#roomId = null;
    this.#isReady = false;
    this.#waiting = [];
  }

  /** Any message is a sign of life; the next ping is due after a silence. */
  #heard() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ping(), HEARTBEAT_INTERVAL);
  }

  #ping() {
    const socket = this.#socket;
    if (!socket) return;
    clearTimeout(this.#timer);
    this.#transmit({ type: "ping" });
    this.#timer = setTimeout(() => this.#abandon(socket), ANSWER_LIMIT);
  }

  #sendJoin() {
    this.#transmit({ type: "join_room", roomId: this.#roomId, deviceId: this.device });
  }

  /** @param {object} message */
  #transmit(message) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(message));
  }

  /** @param {SignalingState} state */
  #enter(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#emit("state", state);
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
