// @ts-check
// A page of another origin that uses the client module as its server hands it out. The test drives it by `window.call`.

const query = new URLSearchParams(location.search);
/** @type {any} */ const { Pairing, Peer, Signaling, SwitchboardError } = await import(
  `${query.get("server")}/client/switchboard.js`
);
const device = query.get("device");
const pairing = new Pairing();
/** @type {any} */ let signaling;
/** @type {any} */ let peer;
/** @type {RTCDataChannel | null} */ let channel = null;

/** How TURN is reached over a transport: how its URL begins and ends. */
const ways = {
  udp: ["turn:", "transport=udp"],
  tcp: ["turn:", "transport=tcp"],
  tls: ["turns:", "transport=tcp"],
};

/** Events in the order of their coming, as texts. */
const call = {
  events: /** @type {string[]} */ ([]),
  roomId: "",
  /** The error that ended the waiting, if one did. */
  refusal: "",
  heard: /** @type {string[]} */ ([]),
  /** How many connections were set up, and with how many lines of video each is to begin. */
  connections: 0,
  firstLines: 0,
  /** How many offers were made, also to be measured alone, and how many went out. */
  measured: 0,
  offers: 0,
  /** Whether the next candidate is to be far longer than browsers make them. */
  isNextCandidateLong: false,
  /** Seconds since 1970 when each list of ICE servers that came expires. */
  expiries: /** @type {number[]} */ ([]),
  invite, accept, enter, close, say, isOpen, path, restart, restartIce, state, generation, username, errorOf,
  addLines, stopLines, negotiated,
};
Object.assign(window, { call });

/** Makes a code and begins to wait; `roomId` is set when somebody has accepted. */
async function invite() {
  const { code } = await pairing.createCode({ client: device });
  pairing.waitForPeer({ client: device, code }).then(
    (/** @type {any} */ room) => (call.roomId = room.roomId),
    (/** @type {any} */ error) => (call.refusal = error.id),
  );
  return code;
}

/** @param {string} code */
async function accept(code) {
  call.roomId = (await pairing.accept({ client: device, code })).roomId;
}

/**
 * Joins a room.
 * @param {string} roomId
 * @param {keyof typeof ways} [transport] nothing but the relay, reached over this
 */
function enter(roomId, transport) {
  signaling = new Signaling(undefined, { device });
  const { sendNow } = signaling;
  signaling.sendNow = (/** @type {any} */ message) => {
    if (message.type === "webrtc_offer") call.offers += 1;
    return sendNow.call(signaling, message.type === "ice_candidate" ? lengthened(message) : message);
  };
  for (const type of ["joined", "ready", "peerleft", "left"]) signaling.on(type, () => call.events.push(type));
  signaling.on("state", (/** @type {string} */ state) => call.events.push(`signaling ${state}`));
  signaling.on("error", (/** @type {any} */ { id }) => call.events.push(`refused ${id}`));
  signaling.on("iceservers", (/** @type {any} */ { expires }) => call.expiries.push((expires ?? 0) / 1_000));
  peer = new Peer(signaling, {
    setUp, configuration: transport && { iceTransportPolicy: "relay" }, RTCPeerConnection: only(transport),
  });
  peer.on("state", (/** @type {string} */ state) => call.events.push(`peer ${state}`));
  peer.on("error", (/** @type {any} */ error) => call.events.push(`failed ${error.id ?? error}`));
  signaling.connect();
  signaling.join(roomId);
}

/** @param {RTCPeerConnection} connection */
function setUp(connection) {
  call.connections += 1;
  const { createOffer } = connection;
  connection.createOffer = (/** @type {any[]} */ ...options) => ((call.measured += 1), createOffer.apply(connection, options));
  const opened = connection.createDataChannel("test", { negotiated: true, id: 0 });
  channel = opened;
  opened.onmessage = ({ data }) => call.heard.push(data);
  for (let line = 0; line < call.firstLines; line += 1) connection.addTransceiver("video");
}

/** @param {any} message with a candidate */
function lengthened(message) {
  if (!call.isNextCandidateLong) return message;
  call.isNextCandidateLong = false;
  return { ...message, candidate: { ...message.candidate, candidate: `${message.candidate.candidate} x ${"x".repeat(600)}` } };
}

/**
 * A connection that reaches its relay by one transport, and any other server not at all.
 * @param {keyof typeof ways} [transport]
 */
function only(transport) {
  if (!transport) return undefined;
  const [scheme, end] = ways[transport];
  /** @param {RTCConfiguration} configuration */
  const restricted = ({ iceServers = [], ...rest }) => ({
    ...rest,
    iceServers: iceServers
      .map((server) => ({ ...server, urls: [server.urls].flat().filter((url) => url.startsWith(scheme) && url.endsWith(end)) }))
      .filter(({ urls }) => urls.length > 0),
  });
  return class extends RTCPeerConnection {
    /** @param {RTCConfiguration} configuration */
    constructor(configuration) {
      super(restricted(configuration));
    }

    /** @param {RTCConfiguration} configuration */
    setConfiguration(configuration) {
      super.setConfiguration(restricted(configuration));
    }
  };
}

function close() {
  peer?.close();
  signaling?.close();
}

/** @param {string} text */
function say(text) {
  channel?.send(text);
}

/** Whether the data channel of the present connection is open. */
function isOpen() {
  return channel?.readyState === "open";
}

function path() {
  return peer.path();
}

function restart() {
  peer.restart();
}

/**
 * What lets two offers cross when both pages do it at the same time.
 * @param {number} time milliseconds since 1970
 */
function restartIce(time) {
  const { connection } = peer;
  setTimeout(() => connection.restartIce(), time - Date.now());
}

function state() {
  return { signaling: signaling?.state, isReady: signaling?.isReady, peer: peer?.state };
}

/** Wants to send so much more video. @param {number} count */
function addLines(count) {
  for (let line = 0; line < count; line += 1) peer.connection.addTransceiver("video");
}

/** Wants all but so many of the video lines no more. @param {number} left */
function stopLines(left) {
  for (const transceiver of peer.connection.getTransceivers().slice(left)) transceiver.stop();
}

/** Where the negotiation stands, how many lines of video both sides have agreed on, and how long the description is. */
function negotiated() {
  const { signalingState, currentLocalDescription } = peer.connection;
  const lines = peer.connection.getTransceivers().filter(
    (/** @type {RTCRtpTransceiver} */ { currentDirection }) => currentDirection && currentDirection !== "stopped",
  ).length;
  return { signalingState, lines, bytes: currentLocalDescription?.sdp.length ?? 0 };
}

/** What names the generation of the path on this side (RFC 8839 §5.4). */
function generation() {
  return /a=ice-ufrag:(\S+)/.exec(peer.connection.currentLocalDescription?.sdp ?? "")?.[1];
}

/** That of the relay's credentials. */
function username() {
  return peer.connection.getConfiguration().iceServers.find((/** @type {RTCIceServer} */ server) => server.username)?.username;
}

/** The error that accepting a code ends with. @param {string} code */
async function errorOf(code) {
  try {
    await pairing.accept({ client: device, code });
  } catch (error) {
    const { name, id, status, isTemporary } = /** @type {any} */ (error);
    return { name, id, status, isTemporary, isTyped: error instanceof SwitchboardError };
  }
}
