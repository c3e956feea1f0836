// @ts-check
import { serverAddress } from "./address.js";
import { Connection } from "./connection.js";
import { SwitchboardError } from "./errors.js";
import { Events } from "./events.js";
import { Limits } from "./limits.js";
import { Outbox } from "./outbox.js";
import { iceServerList } from "./pairing.js";
import { randomId } from "./timing.js";

/** A join that is not answered is sent again. The server may take 12 s to find out who is gone. */
const JOIN_LIMIT = 20_000;
/** A room that one was in and that refuses one now is asked again so often, at this interval. */
const MAX_REJOINS = 2;
const REJOIN_INTERVAL = 10_000;

/**
 * @typedef {import("./connection.js").SignalingState} SignalingState
 * @typedef {import("./connection.js").Message} Message
 *
 * @typedef {object} SignalingOptions
 * @property {string} [device] an id that tells the server a returning device from a stranger; not passed on; a random
 *   one by default
 * @property {Partial<import("./limits.js").MessageLimits>} [limits] of a server with other settings than the defaults; what
 *   it turns out to take less is learned
 * @property {typeof WebSocket} [WebSocket] what to use instead of the browser's
 * @property {() => number} [random] instead of `Math.random`
 *
 * @typedef {object} SignalingEvents
 * @property {SignalingState} state
 * @property {{roomId: string, isInitiator: boolean, ready: boolean}} joined also after each reconnection
 * @property {import("./pairing.js").IceServerList} iceservers they come with the room
 * @property {{isInitiator: boolean}} ready both are in the room
 * @property {{deliberate: boolean}} peerleft alone in the room
 * @property {{roomId: string, deliberate: boolean}} left out of the room for good, of one's own will or not
 * @property {{sdp: string}} offer
 * @property {{sdp: string}} answer
 * @property {{candidate: RTCIceCandidateInit | null}} candidate
 * @property {Message} message any other message of the peer's application
 * @property {SwitchboardError} error `room_full`: two others are in the room; `too_large`: the server did not take a
 *   message, which is lost, with the `field` that was too long, `sdp` or `candidate`, where it was one; `closed`: there is no further attempt
 */

/**
 * A connection to the signaling server that comes back by itself, with one room that it returns to.
 * @extends {Events<SignalingEvents>}
 */
export class Signaling extends Events {
  /** @type {Connection} */ #connection;
  /** @type {string | null} */ #roomId = null;
  /** Whether the room has ever let this device in, and whether the present connection sits in it. */
  #hasBeenIn = false;
  #isSeated = false;
  #rejoins = 0;
  /** How often the server has yet to confirm that it was taken leave of. */
  #farewells = 0;
  #isReady = false;
  #isInitiator = false;
  /** @type {import("./pairing.js").IceServerList | null} */ #iceServers = null;
  /** @type {Limits} */ #limits;
  #outbox = new Outbox();
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #joinTimer;

  /**
   * @param {string | URL} [server] its address, for example `https://call.example.org`; by default the server that
   *   this module came from
   * @param {SignalingOptions} options
   */
  constructor(server, { device = randomId(), limits, WebSocket = globalThis.WebSocket, random } = {}) {
    super();
    this.device = device;
    this.#limits = new Limits(limits);
    const url = serverAddress(server);
    url.protocol = url.protocol.replace("http", "ws");
    const handlers = {
      state: (/** @type {SignalingState} */ state) => this.#follow(state),
      message: (/** @type {Message} */ message) => this.#receive(message),
      opening: () => this.#limits.begin(),
      tooLong: () => this.#learnFromClose(),
      refused: (/** @type {SwitchboardError} */ error) => this.emit("error", error),
    };
    this.#connection = new Connection(url, handlers, { WebSocket, random });
  }

  /** How the connection to the server is. */
  get state() {
    return this.#connection.state;
  }

  /** The room that this connection is in or returns to. */
  get roomId() {
    return this.#roomId;
  }

  /** Whether the other peer is in the room and can be sent to. */
  get isReady() {
    return this.#isReady;
  }

  /** Which of the two makes the first offer; means something while `isReady`. */
  get isInitiator() {
    return this.#isInitiator;
  }

  /** The ICE servers that came last; null before the first room. */
  get iceServers() {
    return this.#iceServers;
  }

  /** Opens the connection, and again whenever it is lost, until `close()`. */
  connect() {
    this.#connection.connect();
  }

  /**
   * Enters the room, now or when there is a connection, and after every reconnection; leaves the one before. For the
   * room that one is in it asks for fresh ICE servers.
   * @param {string} roomId
   * @throws {SwitchboardError} `too_large` for an id that no server would take
   */
  join(roomId) {
    this.#limits.encode(this.#joinOf(roomId));
    if (roomId !== this.#roomId) this.leave();
    this.#roomId = roomId;
    if (this.state === "open") this.#sendJoin();
  }

  /** Leaves the room, whose other peer is told so. */
  leave() {
    if (this.#roomId === null) return;
    if (this.#transmit({ type: "leave_room" })) this.#farewells += 1;
    this.#forgetRoom(true);
  }

  /**
   * Sends a message to the peer: now if it is there, else when it comes (back) into the room. At most 256 messages of
   * together a million characters wait; the oldest go first.
   * @param {Message} message
   * @throws {SwitchboardError} `not_in_room` without a room to send to, `too_large` if the server would not take it
   */
  send(message) {
    if (this.#roomId === null) throw new SwitchboardError("not_in_room", "Join a room before sending to it.");
    const encoded = this.#limits.encode(message);
    if (!this.#isReady || !this.#pass(encoded)) this.#outbox.add(encoded);
  }

  /**
   * Sends a message to the peer if it is there, and forgets it otherwise.
   * @param {Message} message
   * @returns {boolean} whether it was there
   * @throws {SwitchboardError} `too_large` if the server would not take it
   */
  sendNow(message) {
    const encoded = this.#limits.encode(message);
    return this.#isReady && this.#pass(encoded);
  }

  /**
   * Why a message would not be sent because of its length; null if it would.
   * @param {Message} message
   * @returns {SwitchboardError | null} `too_large`
   */
  obstacle(message) {
    try {
      this.#limits.encode(message);
      return null;
    } catch (error) {
      return /** @type {SwitchboardError} */ (error);
    }
  }

  /** Leaves the room and closes the connection for good. */
  close() {
    this.leave();
    this.#connection.close();
  }

  /** @param {SignalingState} state */
  #follow(state) {
    if (state === "open") {
      if (this.#roomId !== null) this.#sendJoin();
    } else {
      this.#isReady = this.#isSeated = false;
      this.#farewells = 0;
      clearTimeout(this.#joinTimer);
    }
    this.emit("state", state);
  }

  /** @param {Message} message */
  #receive(message) {
    if (message.type === "left_room") {
      this.#farewells = Math.max(0, this.#farewells - 1);
    } else if (message.type === "error" && message.code !== "invalid_room_id") {
      const field = message.code === "too_large" ? this.#limits.learnFromRefusal() : undefined;
      this.emit("error", new SwitchboardError(message.code, message.error, { field }));
    } else if (this.#farewells === 0) {
      // What comes before the farewell is about a room that has been left, and does not always say so.
      this.#receiveAboutRoom(message);
    }
  }

  /** @param {Message} message */
  #receiveAboutRoom(message) {
    switch (message.type) {
      case "room_joined":
        if (message.roomId === this.#roomId) this.#enterRoom(message);
        break;
      case "room_full":
        if (message.roomId === this.#roomId) this.#refuseRoom(new SwitchboardError("room_full", message.error));
        break;
      case "error":
        this.#refuseRoom(new SwitchboardError(message.code, message.error));
        break;
      case "peer_left":
      case "peer_disconnected":
        if (!this.#isReady) break;
        this.#isReady = false;
        this.emit("peerleft", { deliberate: message.type === "peer_left" });
        break;
      default:
        if (message.roomId === this.#roomId) this.#receiveFromPeer(message);
    }
  }

  /** @param {Message} message */
  #receiveFromPeer(message) {
    switch (message.type) {
      case "room_ready":
        this.#isReady = true;
        this.#isInitiator = message.isInitiator;
        this.emit("ready", { isInitiator: message.isInitiator });
        for (const waiting of this.#outbox.take()) this.#release(waiting);
        break;
      case "webrtc_offer":
        this.emit("offer", { sdp: message.sdp });
        break;
      case "webrtc_answer":
        this.emit("answer", { sdp: message.sdp });
        break;
      case "ice_candidate":
        this.emit("candidate", { candidate: message.candidate });
        break;
      default:
        this.emit("message", message);
    }
  }

  /** @param {Message} message */
  #enterRoom(message) {
    clearTimeout(this.#joinTimer);
    this.#hasBeenIn = this.#isSeated = true;
    this.#rejoins = 0;
    if (message.iceServers) {
      this.#iceServers = iceServerList(/** @type {any} */ (message));
      this.emit("iceservers", this.#iceServers);
    }
    this.emit("joined", { roomId: message.roomId, isInitiator: message.isInitiator, ready: message.ready });
  }

  /** @param {SwitchboardError} error */
  #refuseRoom(error) {
    // Whoever asks from its seat, for fresh ICE servers, keeps it, and asks again like one that was not answered.
    if (this.#isSeated || this.#roomId === null) return;
    clearTimeout(this.#joinTimer);
    // On the way back into a room it may pass: the seat is not free yet, or the server cannot look the room up.
    if (this.#hasBeenIn && this.#rejoins < MAX_REJOINS) {
      this.#rejoins += 1;
      this.#joinTimer = setTimeout(() => this.#sendJoin(), REJOIN_INTERVAL);
    } else {
      this.#forgetRoom(false);
      this.emit("error", error);
    }
  }

  /** @param {boolean} deliberate */
  #forgetRoom(deliberate) {
    const roomId = this.#roomId;
    clearTimeout(this.#joinTimer);
    this.#roomId = null;
    this.#hasBeenIn = this.#isSeated = this.#isReady = false;
    this.#rejoins = 0;
    this.#outbox.take();
    if (roomId !== null) this.emit("left", { roomId, deliberate });
  }

  #sendJoin() {
    clearTimeout(this.#joinTimer);
    this.#joinTimer = setTimeout(() => this.#repeatJoin(), JOIN_LIMIT);
    if (this.#roomId !== null) this.#transmit(this.#joinOf(this.#roomId));
  }

  /** @param {string} roomId @returns {Message} */
  #joinOf(roomId) {
    return { type: "join_room", roomId, deviceId: this.device };
  }

  #repeatJoin() {
    // A farewell that is not confirmed by now was refused like the join.
    this.#farewells = 0;
    this.#sendJoin();
  }

  /**
   * Sends what is known to be short.
   * @param {Message} message
   */
  #transmit(message) {
    return this.#pass(this.#limits.encode(message));
  }

  /** @param {import("./limits.js").Encoded} message */
  #pass(message) {
    const isSent = this.#connection.send(message.text);
    if (isSent) this.#limits.note(message);
    return isSent;
  }

  /**
   * Sends what has waited, if it is still known to be short enough.
   * @param {import("./limits.js").Encoded} message
   */
  #release(message) {
    try {
      this.#limits.check(message);
      this.#pass(message);
    } catch (error) {
      this.emit("error", /** @type {SwitchboardError} */ (error));
    }
  }

  /** One message was too long for the server: it is not sent again, and the connection comes back. */
  #learnFromClose() {
    const field = this.#limits.learnFromClose();
    const text = "The server closed the connection: a message was too long for it.";
    this.emit("error", new SwitchboardError("too_large", text, { field }));
  }
}
