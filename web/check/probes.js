// @ts-check
import { Pairing, Signaling } from "../client/switchboard.js";
import { randomId } from "../common/page.js";

/** Browsers themselves give a STUN or TURN server up after about ten seconds. */
const LIMIT = 10_000;
const MESSAGE_BYTES = 1_000;
/** The code of a candidate error that says that a server did not answer (WebRTC §5.6). */
export const NO_ANSWER = 701;

/** Why a probe found no way. */
export class ProbeFailure extends Error {
  /**
   * @param {string} message
   * @param {{code?: number, wasReached?: boolean, isUnclear?: boolean}} details what a STUN or TURN server answered;
   *   whether it gave out an address all the same; whether there may be a way that the browser does not tell of
   */
  constructor(message, { code, wasReached = false, isUnclear = false } = {}) {
    super(message);
    this.code = code;
    this.wasReached = wasReached;
    this.isUnclear = isUnclear;
  }
}

/**
 * Waits for a promise, but not for ever.
 * @template T
 * @param {Promise<T>} promise
 * @param {string} failure
 * @returns {Promise<T>}
 */
function within(promise, failure) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new ProbeFailure(failure)), LIMIT);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Asks the server for its health.
 * @param {URL} server
 */
export async function http(server) {
  const response = await within(fetch(new URL("healthz", server), { cache: "no-store" }), "no answer in time");
  if (!response.ok) throw new ProbeFailure(`the answer was ${response.status}`);
}

/**
 * Connects by WebSocket and waits for the server's greeting.
 * @param {URL} server
 * @returns {Promise<Signaling>} the connection, to be closed
 */
export async function webSocket(server) {
  const signaling = new Signaling(server);
  const greeted = new Promise((resolve, reject) => {
    signaling.addEventListener("state", () => {
      if (signaling.state === "open") resolve(undefined);
      const isRefused = signaling.state === "waiting" || signaling.state === "closed";
      if (isRefused) reject(new ProbeFailure("the connection was not taken"));
    });
  });
  signaling.connect();
  try {
    await within(greeted, "no greeting in time");
    return signaling;
  } catch (error) {
    signaling.close();
    throw error;
  }
}

/**
 * The STUN and TURN servers that clients are told, with credentials: those of a room that nobody else knows.
 * @param {URL} server
 * @param {Signaling} signaling
 * @returns {Promise<RTCIceServer[]>}
 */
export async function iceServers(server, signaling) {
  /** @type {RTCIceServer[]} */ let list = [];
  /** @type {Promise<unknown>} */ const joined = new Promise((resolve) => {
    signaling.addEventListener("iceservers", (event) => (list = /** @type {CustomEvent} */ (event).detail.iceServers));
    signaling.addEventListener("joined", () => resolve(null));
    signaling.addEventListener("error", (event) => resolve(/** @type {CustomEvent} */ (event).detail));
  });
  signaling.join(randomId());
  const refusal = await within(joined, "no room in time");
  if (!refusal) return list;
  // Some servers admit to paired rooms only.
  return ofPairedRoom(server).catch((error) => {
    throw error.id === "pairing_disabled" ? refusal : error;
  });
}

/** @param {URL} server */
async function ofPairedRoom(server) {
  const pairing = new Pairing(server);
  const [here, there] = [randomId(), randomId()];
  const { code } = await pairing.createCode({ client: here, digits: 9, expiresInSeconds: 60 });
  const { roomId } = await pairing.accept({ client: there, code });
  const { iceServers: list } = await pairing.iceServers({ roomId, client: here });
  addEventListener("pagehide", () => pairing.forget(here, there), { once: true });
  return list;
}

/**
 * Asks STUN servers for the address that this browser has outside.
 * @param {RTCIceServer[]} servers
 * @param {"ipv4" | "ipv6" | null} family wanted; null for either
 * @returns {Promise<string | null>} the address; null when it is the device's own, which browsers do not repeat
 */
export async function outsideAddress(servers, family = null) {
  const connection = new RTCPeerConnection({ iceServers: servers });
  try {
    /** @type {string[]} */ const found = [];
    /** @type {string[]} */ const own = [];
    let hasNoAnswer = false;
    connection.onicecandidateerror = () => (hasNoAnswer = true);
    const ended = new Promise((resolve) => {
      connection.onicecandidate = ({ candidate }) => {
        if (!candidate) return resolve(undefined);
        const { address, type } = candidate;
        if (!address || address.endsWith(".local") || (family && address.includes(":") !== (family === "ipv6"))) return;
        if (type === "srflx") {
          found.unshift(address);
          resolve(undefined);
        }
        if (type === "host") own.push(address);
        // An address of the device's own is not repeated as one seen from outside.
        if (type === "host" && family === "ipv6" && isPublic(address)) found.push(address);
      };
    });
    connection.createDataChannel("probe");
    await connection.setLocalDescription();
    await within(ended, "no answer in time");
    if (found.length > 0) return found[0];
    if (hasNoAnswer || family === "ipv6") throw new ProbeFailure("no answer", { code: NO_ANSWER, isUnclear: mayBeUnchanged(own) });
    return null;
  } finally {
    connection.close();
  }
}

/**
 * Whether an address of this device's own may be what it has outside, so that no answer about it would be told. Where
 * there is IPv4 it decides: most calls need it.
 * @param {string[]} addresses
 */
function mayBeUnchanged(addresses) {
  const ipv4 = addresses.filter((address) => !address.includes(":"));
  return (ipv4.length > 0 ? ipv4 : addresses).some(isPublic);
}

/**
 * Whether an address is one of the internet: of IPv6 a global one (RFC 4291 §2.4), of IPv4 none of the reserved ones
 * (RFC 6890).
 * @param {string} address
 */
export function isPublic(address) {
  if (address.includes(":")) return /^\[?[23]/.test(address);
  const [first, second] = address.split(".").map(Number);
  if (first === 0 || first === 10 || first === 127 || first >= 224) return false;
  if (first === 100) return second < 64 || second > 127;
  if (first === 172) return second < 16 || second > 31;
  if (first === 198) return second !== 18 && second !== 19;
  return !(first === 169 && second === 254) && !(first === 192 && second === 168);
}

/**
 * Sends a message through the relay and back: two connections inside this page that may use the relay only.
 * @param {RTCIceServer[]} servers
 * @returns {Promise<number>} the milliseconds that the message took
 */
export async function relayLoop(servers) {
  /** @type {RTCConfiguration} */ const configuration = { iceServers: servers, iceTransportPolicy: "relay" };
  const [here, there] = [new RTCPeerConnection(configuration), new RTCPeerConnection(configuration)];
  /** @type {number[]} */ const codes = [];
  let wasReached = false;
  try {
    for (const [one, other] of [[here, there], [there, here]]) {
      one.onicecandidate = ({ candidate }) => {
        if (candidate?.type === "relay") wasReached = true;
        other.addIceCandidate(candidate ?? undefined).catch(() => {});
      };
      one.onicecandidateerror = (event) => codes.push(/** @type {RTCPeerConnectionIceErrorEvent} */ (event).errorCode);
    }
    const took = echo(here, there);
    await negotiate(here, there);
    return await within(took, "nothing came back in time");
  } catch (error) {
    const code = codes.find((code) => code !== NO_ANSWER) ?? codes[0];
    throw new ProbeFailure(/** @type {Error} */ (error).message, { code, wasReached });
  } finally {
    here.close();
    there.close();
  }
}

/**
 * The time a message takes there and back, once there is a way.
 * @param {RTCPeerConnection} here
 * @param {RTCPeerConnection} there
 * @returns {Promise<number>}
 */
function echo(here, there) {
  there.ondatachannel = ({ channel }) => (channel.onmessage = ({ data }) => channel.send(data));
  const channel = here.createDataChannel("probe");
  return new Promise((resolve) => {
    let start = 0;
    channel.onopen = () => {
      start = performance.now();
      channel.send("x".repeat(MESSAGE_BYTES));
    };
    channel.onmessage = () => resolve(performance.now() - start);
  });
}

/**
 * @param {RTCPeerConnection} here
 * @param {RTCPeerConnection} there
 */
async function negotiate(here, there) {
  await here.setLocalDescription();
  await there.setRemoteDescription(/** @type {RTCSessionDescription} */ (here.localDescription));
  await there.setLocalDescription();
  await here.setRemoteDescription(/** @type {RTCSessionDescription} */ (there.localDescription));
}
