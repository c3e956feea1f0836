// @ts-check

const LIMIT = 8_000;
const MESSAGE_BYTES = 1_000;

/**
 * Waits for a promise, but not for ever.
 * @template T
 * @param {Promise<T>} promise
 * @param {string} failure
 * @returns {Promise<T>}
 */
function within(promise, failure) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(failure)), LIMIT);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * Opens a WebSocket and waits for the server's greeting.
 * @param {URL} server
 */
export async function webSocket(server) {
  const url = new URL(server);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url);
  const greeted = new Promise((resolve, reject) => {
    socket.onmessage = resolve;
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
  });
  try {
    await within(greeted, "no greeting");
    return "Signaling gets through.";
  } finally {
    socket.onclose = null;
    socket.close();
  }
}

/**
 * Asks STUN servers for the address that this browser has outside.
 * @param {RTCIceServer[]} iceServers
 * @param {{family?: "ipv4" | "ipv6"}} wanted
 */
export async function reflexiveAddress(iceServers, { family } = {}) {
  const connection = new RTCPeerConnection({ iceServers });
  try {
    /** @type {Set<string>} */ const found = new Set();
    const ended = new Promise((resolve) => {
      connection.onicecandidate = ({ candidate }) => {
        if (!candidate) return resolve(undefined);
        if (candidate.type === "srflx" && candidate.address) found.add(candidate.address);
        // A browser without a NAT in front of it reports its host address alone.
        if (candidate.type === "host" && candidate.address && !candidate.address.endsWith(".local")) found.add(candidate.address);
      };
    });
    connection.createDataChannel("probe");
    await connection.setLocalDescription();
    await within(ended, "no answer").catch(() => {});
    const addresses = [...found].filter((address) => !family || address.includes(":") === (family === "ipv6"));
    if (addresses.length === 0) throw new Error("no address found");
    return `Seen from outside as ${addresses.join(", ")}.`;
  } finally {
    connection.close();
  }
}

/**
 * Sends a message through the relay and back: two connections inside this page that may use the relay only.
 * @param {RTCIceServer[]} iceServers
 */
export async function relayLoop(iceServers) {
  /** @type {RTCConfiguration} */ const configuration = { iceServers, iceTransportPolicy: "relay" };
  const [here, there] = [new RTCPeerConnection(configuration), new RTCPeerConnection(configuration)];
  /** @type {string[]} */ const problems = [];
  try {
    for (const [one, other] of [[here, there], [there, here]]) {
      one.onicecandidate = ({ candidate }) => void other.addIceCandidate(candidate ?? undefined).catch(() => {});
      one.onicecandidateerror = (event) => {
        const { errorCode, errorText } = /** @type {RTCPeerConnectionIceErrorEvent} */ (event);
        problems.push(`${errorCode} ${errorText}`);
      };
    }
    const channel = here.createDataChannel("probe");
    const echoed = new Promise((resolve) => {
      channel.onopen = () => channel.send("x".repeat(MESSAGE_BYTES));
      channel.onmessage = resolve;
    });
    there.ondatachannel = ({ channel: end }) => (end.onmessage = ({ data }) => end.send(data));
    await here.setLocalDescription();
    await there.setRemoteDescription(/** @type {RTCSessionDescription} */ (here.localDescription));
    await there.setLocalDescription();
    await here.setRemoteDescription(/** @type {RTCSessionDescription} */ (there.localDescription));
    await within(echoed, problems[0] ?? "no connection");
    return `${MESSAGE_BYTES} bytes went through the relay and back.`;
  } catch (error) {
    throw problems.length > 0 ? new Error(problems[0]) : error;
  } finally {
    here.close();
    there.close();
  }
}
