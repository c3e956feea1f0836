// @ts-check
import { Backoff } from "./timing.js";

/** How long a broken path may mend itself before it is negotiated anew. */
const PATIENCE = 3_000;
/** The polite side waits longer, so that both do not restart at once. */
const POLITENESS = 2_000;
/** A path that has not come about for so long is called failed. It is tried on. */
const FAILURE_LIMIT = 30_000;
/** Credentials are renewed when this share of their time has passed. */
const RENEWAL_SHARE = 0.8;
/** Candidates kept for a description that has not come. */
const MAX_EARLY_CANDIDATES = 256;

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
 *   new connection; called again whenever the other comes back as somebody new
 * @property {RTCConfiguration} [configuration] its `iceServers` are used until the server hands out its own
 * @property {typeof RTCPeerConnection} [RTCPeerConnection] what to use instead of the browser's
 */

/**
 * A peer connection over a {@link Signaling} that negotiates, heals and renews itself: perfect negotiation (the
 * initiator is the impolite side), candidates that come early are kept, ICE restarts when the path breaks or the
 * network changes.
 *
 * Events (each a `CustomEvent`):
 * - `state`: {@link PeerState}
 * - `track`: `{track, streams}`; `channel`: an `RTCDataChannel` that the other opened
 * - `error`: an error of the browser's; the negotiation goes on
 */
export class Peer extends EventTarget {
  /** @type {RTCPeerConnection | null} */ connection = null;
  /**
   * What STUN and TURN servers refused since the connection was made.
   * @type {CandidateError[]}
   */
  candidateErrors = [];
  /** @type {PeerState} */ #state = "waiting";
  #isPolite = true;
  #isMakingOffer = false;
  #isIgnoringOffer = false;
  /** Whose answer or offer the connection has; another one means another connection there. */
  /** @type {string | null} */ #remoteIdentity = null;
  /** @type {(RTCIceCandidateInit | null)[]} */ #earlyCandidates = [];
  /** Signaling is handled strictly one message after the other. */
  #turn = Promise.resolve();
  #restarts = new Backoff({ first: 4_000, longest: 20_000 });
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #restartTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #failureTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #renewalTimer;
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
    this.#listen("iceservers", (list) => this.#takeIceServers(list));
    this.#listen("ready", ({ isInitiator }) => this.#inOrder(() => this.#meet(isInitiator)));
    this.#listen("peerleft", ({ deliberate }) => this.#inOrder(() => this.#part(deliberate)));
    this.#listen("offer", ({ sdp }) => this.#inOrder(() => this.#receiveOffer(sdp)));
    this.#listen("answer", ({ sdp }) => this.#inOrder(() => this.#receiveAnswer(sdp)));
    this.#listen("candidate", ({ candidate }) => this.#inOrder(() => this.#receiveCandidate(candidate)));
    const restart = () => this.restart();
    const signal = this.#ended.signal;
    globalThis.addEventListener?.("online", restart, { signal });
    /** @type {any} */ (globalThis.navigator)?.connection?.addEventListener?.("change", restart, { signal });
  }

  /** @returns {PeerState} */
  get state() {
    return this.#state;
  }

  /** Looks for a new path, for example because the network has changed. Media goes on while the old one works. */
  restart() {
    if (!this.connection || !this.signaling.isReady) return;
    this.connection.restartIce();
  }

  /** Ends the connection for good; the signaling stays open. */
  close() {
    this.#ended.abort();
    clearTimeout(this.#renewalTimer);
    this.#drop();
    this.#enter("closed");
  }

  /**
   * @param {string} type
   * @param {(detail: any) => void} handle
   */
  #listen(type, handle) {
    const options = { signal: this.#ended.signal };
    this.signaling.addEventListener(type, (event) => handle(/** @type {CustomEvent} */ (event).detail), options);
  }

  /** @param {() => void | Promise<void>} work */
  #inOrder(work) {
    this.#turn = this.#turn.then(() => (this.#state === "closed" ? undefined : work())).catch((error) => this.#emit("error", error));
  }

  // The other comes and goes

  /** @param {boolean} isInitiator */
  async #meet(isInitiator) {
    this.#isPolite = !isInitiator;
    if (!this.connection) {
      this.#create();
    } else if (isInitiator) {
      // It may be the same page after a broken network, or a new one: an offer finds out, and mends the path.
      await this.#offer({ iceRestart: true });
    }
  }

  /** @param {boolean} deliberate */
  #part(deliberate) {
    this.signaling.discardWaiting();
    // A lost connection to the server says nothing about the path between the peers.
    if (!deliberate && this.connection?.connectionState === "connected") return;
    this.#drop();
    this.#enter("waiting");
  }

  #create() {
    const connection = new this.RTCPeerConnection(this.configuration);
    this.connection = connection;
    this.candidateErrors = [];
    const ifCurrent = (/** @type {(event: any) => void} */ handle) => (/** @type {any} */ event) => {
      if (this.connection === connection) handle(event);
    };
    connection.onnegotiationneeded = ifCurrent(() => this.#inOrder(() => this.#offer({})));
    connection.onicecandidate = ifCurrent(({ candidate }) => {
      if (candidate?.candidate) this.signaling.send({ type: "ice_candidate", candidate: candidate.toJSON() });
    });
    connection.onicecandidateerror = ifCurrent(({ url, errorCode, errorText }) => {
      if (this.candidateErrors.length < 64) this.candidateErrors.push({ url, code: errorCode, text: errorText });
    });
    connection.ontrack = ifCurrent(({ track, streams }) => this.#emit("track", { track, streams }));
    connection.ondatachannel = ifCurrent(({ channel }) => this.#emit("channel", channel));
    connection.onconnectionstatechange = ifCurrent(() => this.#follow(connection.connectionState));
    this.#expectConnection();
    this.setUp(connection, { isInitiator: !this.#isPolite });
  }

  #drop() {
    clearTimeout(this.#restartTimer);
    clearTimeout(this.#failureTimer);
    this.connection?.close();
    this.connection = null;
    this.#remoteIdentity = null;
    this.#earlyCandidates = [];
    this.#isMakingOffer = false;
    this.#isIgnoringOffer = false;
  }

  /** The other is somebody new: what was agreed with its predecessor is worth nothing. */
  #startOver() {
    this.#drop();
    this.signaling.discardWaiting();
    this.#create();
  }

  // Negotiation

  /** @param {RTCOfferOptions} options */
  async #offer(options) {
    const connection = this.connection;
    if (!connection || connection.signalingState !== "stable") return;
    // The first offer is the initiator's; the browser asks again if the answer to it leaves something to negotiate.
    if (this.#isPolite && !connection.remoteDescription) return;
    try {
      this.#isMakingOffer = true;
      if (options.iceRestart) connection.restartIce();
      await connection.setLocalDescription();
      if (this.connection === connection) this.#sendDescription(connection);
    } finally {
      this.#isMakingOffer = false;
    }
  }

  /** @param {RTCPeerConnection} connection */
  #sendDescription(connection) {
    const { type, sdp } = connection.localDescription ?? {};
    if (type) this.signaling.send({ type: `webrtc_${type}`, sdp });
  }

  /** @param {string} sdp */
  async #receiveOffer(sdp) {
    if (!this.connection) this.#create();
    else if (this.#isSomebodyNew(sdp)) this.#startOver();
    const connection = /** @type {RTCPeerConnection} */ (this.connection);
    const collides = this.#isMakingOffer || connection.signalingState !== "stable";
    this.#isIgnoringOffer = !this.#isPolite && collides;
    if (this.#isIgnoringOffer) return;
    await connection.setRemoteDescription({ type: "offer", sdp });
    this.#remoteIdentity = identity(sdp);
    await this.#addEarlyCandidates(connection);
    await connection.setLocalDescription();
    if (this.connection === connection) this.#sendDescription(connection);
  }

  /** @param {string} sdp */
  async #receiveAnswer(sdp) {
    const connection = this.connection;
    if (connection?.signalingState !== "have-local-offer") return;
    if (this.#isSomebodyNew(sdp)) return this.#startOver();
    await connection.setRemoteDescription({ type: "answer", sdp });
    this.#remoteIdentity = identity(sdp);
    await this.#addEarlyCandidates(connection);
  }

  /** @param {RTCIceCandidateInit | null} candidate */
  async #receiveCandidate(candidate) {
    const connection = this.connection;
    if (!connection?.remoteDescription) {
      if (this.#earlyCandidates.length < MAX_EARLY_CANDIDATES) this.#earlyCandidates.push(candidate);
      return;
    }
    try {
      await connection.addIceCandidate(candidate ?? undefined);
    } catch (error) {
      // Candidates of an offer that was ignored, or of a predecessor, match nothing here.
      if (!this.#isIgnoringOffer) this.#emit("error", error);
    }
  }

  /** @param {RTCPeerConnection} connection */
  async #addEarlyCandidates(connection) {
    for (const candidate of this.#earlyCandidates.splice(0)) {
      if (this.connection === connection) await this.#receiveCandidate(candidate);
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
        clearTimeout(this.#restartTimer);
        clearTimeout(this.#failureTimer);
        this.#failureTimer = undefined;
        this.#restarts.reset();
        this.#enter("connected");
        break;
      case "disconnected":
        this.#enter("interrupted");
        this.#mendAfter(PATIENCE);
        break;
      case "failed":
        if (this.#state === "connected") this.#enter("interrupted");
        this.#mendAfter(0);
        break;
    }
  }

  /** @param {number} wait milliseconds */
  #mendAfter(wait) {
    this.#failureTimer ??= setTimeout(() => this.#enter("failed"), FAILURE_LIMIT);
    clearTimeout(this.#restartTimer);
    this.#restartTimer = setTimeout(() => {
      this.restart();
      this.#mendAfter(this.#restarts.next());
    }, wait + (this.#isPolite ? POLITENESS : 0));
  }

  #expectConnection() {
    this.#enter("connecting");
    clearTimeout(this.#failureTimer);
    this.#failureTimer = setTimeout(() => this.#enter("failed"), FAILURE_LIMIT);
  }

  // ICE servers

  /** @param {import("./pairing.js").IceServerList} list */
  #takeIceServers({ iceServers, expires }) {
    this.configuration.iceServers = iceServers;
    this.connection?.setConfiguration(this.configuration);
    clearTimeout(this.#renewalTimer);
    if (!expires) return;
    const remaining = expires.getTime() - Date.now();
    const wait = Math.min(Math.max(remaining * RENEWAL_SHARE, 5_000), 2 ** 31 - 1);
    // Joining the room that one is in changes nothing there and is answered with fresh credentials.
    this.#renewalTimer = setTimeout(() => this.signaling.roomId && this.signaling.join(this.signaling.roomId), wait);
  }

  /** @param {PeerState} state */
  #enter(state) {
    if (state === this.#state || this.#state === "closed") return;
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

/**
 * What names the connection that wrote a description: the id of its session (RFC 8866 §5.2).
 * @param {string} sdp
 */
function identity(sdp) {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? sdp;
}
