// @ts-check
import { EarlyCandidates } from "./candidates.js";
import { generation, identity, isOf, withSettledRole } from "./description.js";
import { Events } from "./events.js";
import { watchNetwork } from "./network.js";
import { OutgoingDescriptions } from "./outgoing.js";
import { PathMonitor, isOutdated } from "./path.js";
import { Renewal } from "./renewal.js";
import { Repairs, Restarts } from "./repairs.js";

/** How long a broken path may mend itself before it is negotiated anew. */
const PATIENCE = 3_000;
/** The polite side waits longer, so that both do not restart at once. */
const POLITENESS = 2_000;
/**
 * How long further reasons for a restart are waited for, and how long the polite side waits for the other's restart:
 * two at once are allowed, but browsers of different makers do not always come out of that with a path that carries
 * something.
 */
const RESTART_WAIT = 100;
const RESTART_POLITENESS = 500;
/** A path that has not come about by then is looked after: the offer or its answer may be lost. */
const SETUP_PATIENCE = 10_000;
const MAX_CANDIDATE_ERRORS = 64;

/**
 * @typedef {"waiting" | "connecting" | "connected" | "interrupted" | "failed" | "closed"} PeerState
 *   `waiting`: for the other to come; `interrupted`: it was connected and is being mended
 *
 * @typedef {object} CandidateError what a STUN or TURN server did not do
 * @property {string} url
 * @property {number} code 401, 403, 486…; 701: no answer
 * @property {string} text
 *
 * @typedef {object} PeerOptions
 * @property {(connection: RTCPeerConnection, role: {isInitiator: boolean}) => void} setUp adds tracks and channels to a
 *   new connection; called again whenever the other comes back as somebody new, or the server refuses the first offer
 * @property {RTCConfiguration} [configuration] its `iceServers` are used until the server hands out its own
 * @property {typeof RTCPeerConnection} [RTCPeerConnection] what to use instead of the browser's
 *
 * @typedef {object} PeerEvents
 * @property {PeerState} state
 * @property {{track: MediaStreamTrack, streams: readonly MediaStream[], receiver: RTCRtpReceiver,
 *   transceiver: RTCRtpTransceiver}} track the other sends
 * @property {RTCDataChannel} channel one that the other opened
 * @property {unknown} error of the browser's, after which the negotiation goes on; or a `SwitchboardError` with the id
 *   `too_large`: a description is too long for the server and has been taken back, or a candidate is and was left out
 */

/**
 * A peer connection over a {@link Signaling} that negotiates, heals and renews itself: perfect negotiation (the
 * initiator is the impolite side), candidates that come early are kept, ICE restarts when the path breaks or the
 * network changes, ICE servers are renewed before they expire.
 *
 * Nothing is sent while the other is away: whenever the two meet (again), the initiator makes an offer, and what was
 * lost is negotiated with it.
 *
 * A description that is too long for the server leaves no trace: the connection is as it was, or a new one in place of
 * one whose first offer was refused, and the next description is made as soon as it is short enough, for example because
 * there are fewer transceivers.
 * @extends {Events<PeerEvents>}
 */
export class Peer extends Events {
  /** @type {RTCPeerConnection | null} */ connection = null;
  /**
   * What STUN and TURN servers refused since the connection was made.
   * @type {CandidateError[]}
   */
  candidateErrors = [];
  /** Whether a relay has given this side an address since it last began to look for a path. */
  hasRelay = false;
  /** @type {PeerState} */ #state = "waiting";
  #isPolite = true;
  #isIgnoringOffer = false;
  /** Whose description the connection has; another one means another connection there. */
  /** @type {string | null} */ #remoteIdentity = null;
  #early = new EarlyCandidates();
  /** @type {PathMonitor | null} */ #monitor = null;
  /** Signaling is handled strictly one message after the other, and only for as long as the two stay together. */
  #turn = Promise.resolve();
  #meeting = 0;
  #repairs = new Repairs(() => this.#inOrder(() => this.#mend()), () => this.#fail());
  #restarts = new Restarts(() => this.#restart(), () => this.#isStale());
  /** @type {OutgoingDescriptions} */ #outgoing;
  #ended = new AbortController();

  /**
   * @param {import("./signaling.js").Signaling} signaling
   * @param {PeerOptions} options
   */
  constructor(signaling, { setUp, configuration = {}, RTCPeerConnection = globalThis.RTCPeerConnection }) {
    super();
    this.signaling = signaling;
    this.setUp = setUp;
    this.configuration = { ...configuration };
    this.RTCPeerConnection = RTCPeerConnection;
    this.#outgoing = new OutgoingDescriptions(signaling, {
      isCurrent: (connection) => this.connection === connection,
      retry: () => this.#inOrder(() => this.#retry()),
      renew: () => {
        this.#drop();
        this.#create();
      },
      fail: (error) => this.emit("error", error),
    });
    const { signal } = this.#ended;
    signaling.on("ready", ({ isInitiator }) => this.#arrive(isInitiator), { signal });
    signaling.on("peerleft", ({ deliberate }) => this.#part(deliberate), { signal });
    signaling.on("left", ({ deliberate }) => this.#part(deliberate), { signal });
    signaling.on("joined", ({ ready }) => !ready && this.#state === "failed" && this.#part(true), { signal });
    signaling.on("offer", ({ sdp }) => this.#inOrder(() => this.#receiveOffer(sdp)), { signal });
    signaling.on("answer", ({ sdp }) => this.#inOrder(() => this.#receiveAnswer(sdp)), { signal });
    signaling.on("candidate", ({ candidate }) => this.#inOrder(() => this.#receiveCandidate(candidate)), { signal });
    signaling.on("error", (error) => {
      if (error.id !== "too_large") return;
      if (error.field === "sdp") this.#inOrder(() => this.#outgoing.withdraw(this.connection, error));
      if (error.field === "candidate") this.emit("error", error);
    }, { signal });
    new Renewal(signaling, (iceServers) => this.#useIceServers(iceServers), signal);
    watchNetwork(() => this.restart(), signal);
    if (signaling.isReady) this.#arrive(signaling.isInitiator);
  }

  /** @returns {PeerState} */
  get state() {
    return this.#state;
  }

  /**
   * Looks for a new path, for example because the network has changed. Media goes on while the old one works. Calls
   * that come together are one.
   */
  restart() {
    if (this.connection?.remoteDescription) this.#restarts.askFor(this.#isPolite ? RESTART_POLITENESS : RESTART_WAIT);
  }

  /**
   * How the connection travels at this moment, and how well since the last call.
   * @returns {Promise<import("./path.js").PathReport | null>} null while there is no path
   */
  async path() {
    return this.#monitor && this.#monitor.sample();
  }

  /** Ends the connection for good; the signaling stays open. */
  close() {
    this.#ended.abort();
    this.#meeting += 1;
    this.#drop();
    this.#enter("closed");
  }

  /** @param {() => void | Promise<void>} work */
  #inOrder(work) {
    const meeting = this.#meeting;
    this.#turn = this.#turn
      .then(() => (this.#meeting === meeting ? work() : undefined))
      // A connection that was closed in the middle of something is no news.
      .catch((error) => (this.#meeting === meeting ? this.emit("error", error) : undefined));
  }

  // The other comes and goes

  /** @param {boolean} isInitiator */
  #arrive(isInitiator) {
    this.#meeting += 1;
    this.#isPolite = !isInitiator;
    this.#outgoing.forget();
    this.#inOrder(async () => {
      const { connection } = this;
      if (!connection) this.#create();
      // It may be the same page after a broken network, or a new one: an offer finds out, and mends the path.
      if (connection && isInitiator) await this.#renegotiate(connection);
      if (isInitiator) await this.#offer();
    });
  }

  /** @param {boolean} deliberate */
  #part(deliberate) {
    this.#meeting += 1;
    // Neither a lost connection to the server nor a room that it refuses says anything about the path between the
    // peers, and a lost path may be found again.
    if (!deliberate && (this.#state === "connected" || this.#state === "interrupted")) return;
    this.#drop();
    // What was under way on a connection that is closed is never settled.
    this.#turn = Promise.resolve();
    this.#enter("waiting");
  }

  #create() {
    const connection = new this.RTCPeerConnection(this.configuration);
    this.connection = connection;
    this.candidateErrors = [];
    this.hasRelay = false;
    this.#monitor = new PathMonitor(connection);
    const ifCurrent = (/** @type {(event: any) => void} */ handle) => (/** @type {any} */ event) => {
      if (this.connection === connection) handle(event);
    };
    connection.onnegotiationneeded = ifCurrent(() => this.#inOrder(() => this.#offer()));
    connection.onicegatheringstatechange = ifCurrent(() => {
      if (connection.iceGatheringState === "gathering") this.hasRelay = false;
    });
    connection.onicecandidate = ifCurrent(({ candidate }) => {
      // Not every browser has the type as a member of its own (RFC 8839 §5.1).
      if (/ typ relay\b/.test(candidate?.candidate)) this.hasRelay = true;
      if (candidate?.candidate) this.#sendCandidate(candidate.toJSON());
    });
    connection.onicecandidateerror = ifCurrent(({ url, errorCode, errorText }) => {
      if (this.candidateErrors.length === MAX_CANDIDATE_ERRORS) this.candidateErrors.shift();
      this.candidateErrors.push({ url, code: errorCode, text: errorText });
    });
    connection.ontrack = ifCurrent(({ track, streams, receiver, transceiver }) =>
      this.emit("track", { track, streams, receiver, transceiver }));
    connection.ondatachannel = ifCurrent(({ channel }) => this.emit("channel", channel));
    connection.onconnectionstatechange = ifCurrent(() => this.#follow(connection.connectionState));
    this.#repairAfter(SETUP_PATIENCE);
    this.#enter("connecting");
    this.setUp(connection, { isInitiator: !this.#isPolite });
  }

  #drop() {
    this.#repairs.end();
    this.#restarts.end();
    this.#outgoing.end();
    this.connection?.close();
    this.connection = null;
    this.#monitor = null;
    this.#remoteIdentity = null;
    this.#early = new EarlyCandidates();
    this.#isIgnoringOffer = false;
  }

  // Negotiation

  async #offer() {
    const { connection } = this;
    if (connection?.signalingState !== "stable" || !this.signaling.isReady) return;
    // The first offer is the initiator's; the browser asks again if the answer to it leaves something to negotiate.
    if (this.#isPolite && !connection.remoteDescription) return;
    if (!(await this.#outgoing.isWorthOffering(connection))) return;
    await connection.setLocalDescription();
    await this.#outgoing.send(connection);
  }

  /** What was too long for the server may have become shorter. */
  async #retry() {
    const { unanswered } = this.#outgoing;
    if (unanswered !== null) await this.#receiveOffer(unanswered);
    else await this.#offer();
  }

  /**
   * Makes the next offer one that looks for a path. An offer without an answer is lost, or its answer is: the other
   * takes the same one twice.
   * @param {RTCPeerConnection} connection
   */
  async #renegotiate(connection) {
    this.#renewPath(connection);
    if (connection.signalingState === "have-local-offer") await this.#outgoing.send(connection);
  }

  /** @param {RTCIceCandidateInit} candidate */
  #sendCandidate(candidate) {
    try {
      this.signaling.sendNow({ type: "ice_candidate", candidate });
    } catch (error) {
      this.emit("error", error);
    }
  }

  /** @param {string} sdp */
  async #receiveOffer(sdp) {
    const meeting = this.#meeting;
    if (this.#isSomebodyNew(sdp)) this.#drop();
    if (!this.connection) this.#create();
    const connection = /** @type {RTCPeerConnection} */ (/** @type {unknown} */ (this.connection));
    this.#isIgnoringOffer = !this.#isPolite && connection.signalingState !== "stable";
    if (this.#isIgnoringOffer) return;
    if (!(await this.#takeDescription(connection, "offer", sdp))) return;
    await connection.setLocalDescription();
    // When the two have met anew meanwhile, there is a new offer on its way, to which this would be the wrong answer.
    if (this.#meeting === meeting) await this.#outgoing.send(connection);
  }

  /** @param {string} sdp */
  async #receiveAnswer(sdp) {
    const { connection } = this;
    if (connection?.signalingState !== "have-local-offer") return;
    if (this.#isSomebodyNew(sdp)) {
      // What was agreed with its predecessor is worth nothing.
      this.#drop();
      this.#create();
      this.#inOrder(() => this.#offer());
      return;
    }
    this.#isIgnoringOffer = false;
    await this.#takeDescription(connection, "answer", withSettledRole(sdp, connection));
    if (this.connection === connection) this.#outgoing.agree();
  }

  /**
   * @param {RTCPeerConnection} connection
   * @param {"offer" | "answer"} type
   * @param {string} sdp
   * @returns {Promise<boolean>} whether it is still of use
   */
  async #takeDescription(connection, type, sdp) {
    const before = connection.remoteDescription;
    await connection.setRemoteDescription({ type, sdp });
    if (this.connection !== connection) return false;
    this.#remoteIdentity = identity(sdp);
    if (type === "offer" && !(await this.#outgoing.canAnswer(connection, sdp))) return false;
    if (before && generation(before.sdp) !== generation(sdp)) {
      if (type === "offer") this.#restarts.begin();
      this.#restarts.agree(this.#isPolite ? POLITENESS : 0);
    }
    for (const candidate of this.#early.take(sdp)) await this.#receiveCandidate(candidate);
    return this.connection === connection;
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  async #receiveCandidate(candidate) {
    const { connection } = this;
    // Where the candidates end says nothing that the browser does not find out.
    if (!candidate) return;
    const sdp = connection?.remoteDescription?.sdp;
    if (!connection || sdp === undefined || !isOf(candidate, sdp)) return this.#early.keep(candidate);
    try {
      await connection.addIceCandidate(candidate);
    } catch (error) {
      if (!this.#isIgnoringOffer && this.connection === connection) this.emit("error", error);
    }
  }

  /** @param {string} sdp */
  #isSomebodyNew(sdp) {
    return this.#remoteIdentity !== null && this.#remoteIdentity !== identity(sdp);
  }

  // Healing

  /** @param {RTCPeerConnectionState} state */
  #follow(state) {
    switch (state) {
      case "connected":
        this.#repairs.end();
        this.#enter("connected");
        break;
      case "disconnected":
      case "failed":
        if (this.#state === "connected") this.#enter("interrupted");
        this.#repairAfter(state === "failed" ? 0 : PATIENCE);
        break;
    }
  }

  /** @param {number} milliseconds */
  #repairAfter(milliseconds) {
    this.#repairs.beginAfter(milliseconds + (this.#isPolite ? POLITENESS : 0));
  }

  async #mend() {
    const { connection } = this;
    if (!connection) return;
    if (connection.signalingState === "have-local-offer") return this.#outgoing.send(connection);
    if (connection.connectionState !== "disconnected" && connection.connectionState !== "failed") return;
    this.#renewPath(connection);
    await this.#offer();
  }

  #restart() {
    if (this.connection) this.#renewPath(this.connection);
    this.#inOrder(() => this.#offer());
  }

  /** @param {RTCPeerConnection} connection whose next offer looks for a new path */
  #renewPath(connection) {
    connection.restartIce();
    this.#restarts.begin();
  }

  /**
   * Whether the connection calls itself connected by a path of before its last restart, or by none. Restarts from both
   * sides at once can come to that: neither then chooses a new path, and the old one may carry nothing.
   */
  async #isStale() {
    const { connection } = this;
    if (!connection) return false;
    const stats = await connection.getStats();
    if (this.connection !== connection || connection.connectionState !== "connected") return false;
    return isOutdated(stats, connection.currentLocalDescription?.sdp ?? "");
  }

  /** No path for long. If the other is not in the room any more, it is gone. */
  #fail() {
    const isAlone = this.signaling.state === "open" && !this.signaling.isReady;
    if (isAlone) this.#part(true);
    else this.#enter("failed");
  }

  /** @param {RTCIceServer[]} iceServers for the next connection, and for the next path of this one */
  #useIceServers(iceServers) {
    this.configuration.iceServers = iceServers;
    try {
      this.connection?.setConfiguration(this.configuration);
    } catch (error) {
      this.emit("error", error);
    }
  }

  /** @param {PeerState} state */
  #enter(state) {
    if (state === this.#state || this.#state === "closed") return;
    this.#state = state;
    this.emit("state", state);
  }
}
