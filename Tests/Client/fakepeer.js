// @ts-check
// A browser's peer connection as far as its signaling goes (W3C WebRTC §4.4), and a room with two in it.
import { SwitchboardError } from "../../web/client/errors.js";
import { Events } from "../../web/client/events.js";
import "./fakes.js";

let last = 0;

/** A peer connection without a network. What it is told is checked as a browser does. */
export class FakeConnection {
  /** @type {FakeConnection[]} */ static made = [];
  signalingState = "stable";
  connectionState = "new";
  iceGatheringState = "new";
  /** @type {{type: string, sdp: string} | null} */ localDescription = null;
  /** @type {{type: string, sdp: string} | null} */ currentLocalDescription = null;
  /** @type {{type: string, sdp: string} | null} */ remoteDescription = null;
  /** @type {any[]} */ candidates = [];
  /**
   * That of the path in use where it is not the present one.
   * @type {string | null}
   */
  oldFragment = null;
  /** Whether it asks for an offer without end: Chromium does after a transceiver without a line was stopped. */
  isRestless = false;
  /** What is asked of it takes until this is settled. */
  /** @type {Promise<void> | null} */ pause = null;
  /** How often an offer of its own was given up for the other's. */
  rollbacks = 0;
  /** How many characters the transceivers add to each description. */
  weight = 0;
  /** @type {any} */ onnegotiationneeded = null;
  /** @type {any} */ onicecandidate = null;
  /** @type {any} */ onicecandidateerror = null;
  /** @type {any} */ onicegatheringstatechange = null;
  /** @type {any} */ ontrack = null;
  /** @type {any} */ ondatachannel = null;
  /** @type {any} */ onconnectionstatechange = null;
  #id = (last += 1);
  #version = 0;
  #fragment = "";
  /** What is to be negotiated, and what has been. */
  #wanted = 0;
  #offered = 0;
  #agreed = 0;
  /** Whether its channels have lost their line: Chromium leaves it out after a first offer was rolled back. */
  #hasLostLine = false;
  #wantsNewPath = false;
  #isAsking = false;
  /** @type {(() => void) | null} */ #undo = null;
  #isNewPath = false;
  /** Which connection the other's descriptions are of. */
  /** @type {string | undefined} */ #other;

  /** @param {RTCConfiguration} configuration */
  constructor(configuration) {
    this.configuration = { ...configuration };
    FakeConnection.made.push(this);
  }

  static get latest() {
    return /** @type {FakeConnection} */ (FakeConnection.made.at(-1));
  }

  /** Whether all that this end wants is agreed upon. */
  get isAgreed() {
    return this.signalingState === "stable" && this.#agreed === this.#wanted && !this.#wantsNewPath;
  }

  createDataChannel() {
    this.#wanted += 1;
    this.#ask();
  }

  restartIce() {
    this.#wantsNewPath = true;
    this.#ask();
  }

  /** @param {RTCConfiguration} configuration */
  setConfiguration(configuration) {
    this.configuration = { ...configuration };
  }

  async createOffer() {
    this.#mustBeOpen();
    await this.#work();
    const fragment = this.#wantsNewPath || !this.#fragment ? `f${(last += 1)}` : this.#fragment;
    return { type: "offer", sdp: this.#describe("offer", fragment) };
  }

  async createAnswer() {
    this.#mustBeOpen();
    await this.#work();
    if (this.signalingState !== "have-remote-offer") throw new Error(`an answer in ${this.signalingState}`);
    return { type: "answer", sdp: this.#describe("answer") };
  }

  /** @param {string} type @param {string} fragment */
  #describe(type, fragment = this.#fragment) {
    const wish = type === "offer" ? `a=wish:${this.#wanted}\r\n` : "";
    const more = this.weight > 0 ? `a=${"x".repeat(this.weight)}\r\n` : "";
    return `v=0\r\no=- ${this.#id} ${this.#version} IN IP4 0\r\na=ice-ufrag:${fragment}\r\n${wish}${more}`;
  }

  /** @param {{type: string}} [description] */
  async setLocalDescription(description) {
    this.#mustBeOpen();
    await this.#work();
    if (description?.type === "rollback") return this.#rollBack("have-local-offer");
    const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
    const before = { local: this.localDescription, fragment: this.#fragment, path: this.#wantsNewPath };
    if (!this.#fragment || (type === "offer" && this.#wantsNewPath) || (type === "answer" && this.#isNewPath)) {
      this.#fragment = `f${(last += 1)}`;
    }
    this.#version += 1;
    this.localDescription = { type, sdp: this.#describe(type) };
    if (type === "offer") {
      this.#wantsNewPath = false;
      this.#offered = this.#wanted;
      this.signalingState = "have-local-offer";
      this.#undo = () => {
        [this.localDescription, this.#fragment, this.#wantsNewPath] = [before.local, before.fragment, before.path];
      };
    } else {
      // An answer takes up what the offer has room for: here nothing of one's own but the new path.
      if (this.#isNewPath) this.#wantsNewPath = false;
      this.#settle();
    }
  }

  /** @param {{type: string, sdp?: string}} description */
  async setRemoteDescription({ type, sdp = "" }) {
    this.#mustBeOpen();
    await this.#work();
    if (type === "rollback") return this.#rollBack("have-remote-offer");
    const other = /o=- (\d+)/.exec(sdp)?.[1];
    if (this.#other !== undefined && this.#other !== other) throw new Error("the keys of another connection");
    this.#other = other;
    if (type === "answer") {
      if (this.signalingState !== "have-local-offer") throw new Error(`an answer in ${this.signalingState}`);
      if (!this.#hasLostLine) this.#agreed = this.#offered;
      this.remoteDescription = { type, sdp };
      return this.#settle();
    }
    if (this.signalingState === "have-local-offer") {
      this.#undo?.();
      this.rollbacks += 1;
    }
    const before = this.remoteDescription;
    this.#undo = () => (this.remoteDescription = before);
    this.#isNewPath = /ice-ufrag:\w+/.exec(this.remoteDescription?.sdp ?? "")?.[0] !== /ice-ufrag:\w+/.exec(sdp)?.[0];
    this.remoteDescription = { type, sdp };
    this.signalingState = "have-remote-offer";
  }

  /** @param {any} candidate */
  async addIceCandidate(candidate) {
    this.#mustBeOpen();
    await this.#work();
    if (!this.remoteDescription?.sdp.includes(`a=ice-ufrag:${candidate.usernameFragment}\r`)) {
      throw new Error("a candidate of another description");
    }
    this.candidates.push(candidate.candidate);
  }

  /** One path, of the present generation unless `oldFragment` says otherwise. */
  async getStats() {
    return new Map([
      ["P", { id: "P", type: "candidate-pair", selected: true, localCandidateId: "L", remoteCandidateId: "R" }],
      ["L", { id: "L", type: "local-candidate", usernameFragment: this.oldFragment ?? this.#fragment }],
    ]);
  }

  close() {
    this.connectionState = this.signalingState = "closed";
  }

  /** @param {string} state */
  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  /** @param {string} state */
  gather(state) {
    this.iceGatheringState = state;
    this.onicegatheringstatechange?.();
  }

  /** Finds a candidate of its present generation. @param {string} text */
  find(text) {
    const init = { candidate: text, sdpMid: "0", usernameFragment: this.#fragment };
    this.onicecandidate?.({ candidate: { ...init, toJSON: () => init } });
  }

  #mustBeOpen() {
    if (this.signalingState === "closed") throw new Error("closed");
  }

  /** §4.4.1.2: what is under way when the connection is closed is never settled. */
  async #work() {
    await this.pause;
    if (this.signalingState === "closed") await new Promise(() => {});
  }

  /** @param {string} state */
  #rollBack(state) {
    if (this.signalingState !== state) throw new Error(`a rollback in ${this.signalingState}`);
    if (state === "have-local-offer" && !this.currentLocalDescription) this.#hasLostLine = true;
    this.#undo?.();
    this.#undo = null;
    this.rollbacks += 1;
    this.signalingState = "stable";
    this.#isAsking = false;
    this.#ask();
  }

  #settle() {
    this.signalingState = "stable";
    this.currentLocalDescription = this.localDescription;
    this.#undo = null;
    this.#isAsking = false;
    this.#ask();
  }

  /** §4.7.3: the event comes once, and only in the stable state. */
  #ask() {
    if (this.#isAsking || this.signalingState !== "stable" || (this.isAgreed && !this.isRestless)) return;
    this.#isAsking = true;
    queueMicrotask(() => this.signalingState === "stable" && this.onnegotiationneeded?.());
  }
}

/**
 * One end of a room, without a server in between.
 * @extends {Events<import("../../web/client/signaling.js").SignalingEvents>}
 */
export class FakeSignaling extends Events {
  /** @type {FakeSignaling | null} */ other = null;
  state = "open";
  roomId = "r";
  isReady = false;
  isInitiator = false;
  /** @type {any} */ iceServers = null;
  /** @type {any[]} */ sent = [];
  joins = 0;
  /** Whether what is sent gets lost. */
  isDeaf = false;
  /** How many characters a message may have, as far as this end knows, and as far as the server takes them. */
  limit = Infinity;
  serverLimit = Infinity;

  /** @param {string} _roomId */
  join(_roomId) {
    this.joins += 1;
  }

  /** @param {any} message */
  obstacle(message) {
    return JSON.stringify(message).length > this.limit ? new SwitchboardError("too_large", "") : null;
  }

  /** @param {any} message */
  sendNow(message) {
    const obstacle = this.obstacle(message);
    if (obstacle) throw obstacle;
    if (!this.isReady) return false;
    this.sent.push(message);
    if (JSON.stringify(message).length > this.serverLimit) {
      queueMicrotask(() => this.refuse(message.type === "ice_candidate" ? "candidate" : "sdp"));
      return true;
    }
    if (!this.isDeaf) queueMicrotask(() => this.other?.hear(message));
    return true;
  }

  /** @param {any} message */
  hear({ type, sdp, candidate }) {
    if (type === "webrtc_offer") this.emit("offer", { sdp });
    if (type === "webrtc_answer") this.emit("answer", { sdp });
    if (type === "ice_candidate") this.emit("candidate", { candidate });
  }

  /** The server refuses what was sent. @param {string} [field] that was too long */
  refuse(field) {
    this.limit = Math.min(this.limit, this.serverLimit);
    this.emit("error", new SwitchboardError("too_large", "", { field }));
  }

  /** @param {boolean} isInitiator */
  meet(isInitiator) {
    this.isReady = true;
    this.isInitiator = isInitiator;
    this.emit("ready", { isInitiator });
  }

  /** @param {boolean} deliberate */
  miss(deliberate) {
    this.isReady = false;
    this.emit("peerleft", { deliberate });
  }

  /** The types of what was sent. */
  get types() {
    return this.sent.map(({ type }) => type);
  }
}

/** Two ends of a room. */
export function room() {
  const [here, there] = [new FakeSignaling(), new FakeSignaling()];
  here.other = there;
  there.other = here;
  return {
    here, there,
    /** Both are in it, the first as the initiator. */
    meet: () => [here.meet(true), there.meet(false)],
  };
}

/** Waits until nothing is on its way any more. */
export async function settled() {
  for (let round = 0; round < 20; round += 1) await new Promise(setImmediate);
}
