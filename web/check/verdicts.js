// @ts-check
import { NO_ANSWER, ProbeFailure } from "./probes.js";

/**
 * What the outcomes mean, and what can be done about them.
 *
 * @typedef {"good" | "warn" | "bad" | "none"} Tone
 * @typedef {"HTTP" | "WebSocket" | "STUN over UDP" | "TURN over UDP" | "TURN over TCP" | "TURN over TLS" | "IPv6"} Way
 * @typedef {object} Outcome
 * @property {boolean} isGood
 * @property {boolean} isOffered false when the server has no such thing
 * @property {boolean} [isTried] false when something else had to be there first
 * @property {boolean} [isUnclear] whether it may work, which could not be told
 *
 * @typedef {{tone: Tone, verdict: string, meaning: string}} Conclusion
 */

/**
 * Where a server of an ICE list listens, for people who open ports.
 * @param {RTCIceServer[]} servers
 */
export function places(servers) {
  const found = servers.flatMap(({ urls }) => urls).map((url) => {
    const [, scheme, place] = /^(stuns?|turns?):([^?]*)/.exec(url) ?? ["", "", url];
    return /:\d+$/.test(place) ? place : `${place}:${scheme.endsWith("s") ? 5349 : 3478}`;
  });
  return [...new Set(found)].join(" or ");
}

/**
 * Why a relay did not carry a message, and what to do.
 * @param {unknown} error
 * @param {"UDP" | "TCP" | "TLS"} transport
 * @param {RTCIceServer[]} servers
 */
export function relayAdvice(error, transport, servers) {
  const { code, wasReached } = error instanceof ProbeFailure ? error : new ProbeFailure("");
  const where = places(servers);
  if (wasReached) return `${where} gives out addresses, but nothing comes through. On the server, open the UDP ports from RELAY_MIN_PORT to RELAY_MAX_PORT, and check that RELAY_EXTERNAL_IPS is its address outside.`;
  switch (code) {
    case 401:
    case 403:
      return `${where} refuses the credentials. The relay and this server need the same secret (RELAY_SECRETS), and clocks that agree.`;
    case 486:
    case 508:
      return `${where} is full (${code}). Try again later, or raise the relay’s quotas.`;
  }
  if (code !== undefined && code !== NO_ANSWER) return `${where} refuses with the error ${code}. The server’s log says why.`;
  return {
    UDP: `${where} does not answer over UDP. Ask whoever runs this network to let UDP out to it; if this happens everywhere, open the port on the server.`,
    TCP: `${where} does not answer over TCP. Open the port on the server, or let it out of this network.`,
    TLS: `${where} does not answer over TLS. The port may be closed, or the certificate not valid for this name: browsers take no self-signed ones here.`,
  }[transport];
}

/**
 * What all of it means for calls from here.
 * @param {(way: Way) => Outcome | undefined} outcome
 * @returns {Conclusion}
 */
export function summary(outcome) {
  const works = (/** @type {Way} */ way) => outcome(way)?.isGood === true;
  const isOffered = (/** @type {Way} */ way) => outcome(way)?.isOffered === true;
  const relays = /** @type {Way[]} */ (["TURN over UDP", "TURN over TCP", "TURN over TLS"]);
  const working = relays.filter(works).map((way) => way.slice("TURN over ".length));
  if (!works("HTTP")) return { tone: "bad", verdict: "The server cannot be reached.", meaning: "Is this device online, and the server running?" };
  if (!works("WebSocket")) return { tone: "bad", verdict: "Calls cannot be set up.", meaning: "Without WebSocket the two sides cannot find each other." };
  if (working.includes("UDP")) {
    return { tone: "good", verdict: "Calls work from this network.", meaning: "Directly where possible, otherwise through the relay over UDP, which is the best there is." };
  }
  if (working.length > 0) {
    return { tone: "warn", verdict: "Calls work, but may stutter.", meaning: `What cannot go directly is relayed over ${working.join(" or ")}, where one lost packet holds up those behind it.` };
  }
  if (relays.every((way) => outcome(way)?.isTried === false)) {
    return { tone: "warn", verdict: "Calls could not be tried.", meaning: "The server can be reached, but it gave out no list of STUN and TURN servers. The line of WebSocket says why." };
  }
  const direct = works("STUN over UDP") ? "works" : outcome("STUN over UDP")?.isUnclear ? "unclear" : "fails";
  return (relays.some(isOffered) ? withoutWorkingRelay : withoutRelay)[direct];
}

/** @type {Record<"works" | "unclear" | "fails", Conclusion>} */
const withoutRelay = {
  works: { tone: "warn", verdict: "Many calls work from this network.", meaning: "There is no relay for those that find no direct way: switch it on at the server (USE_RELAY)." },
  unclear: { tone: "warn", verdict: "Some calls may work from this network.", meaning: "Whether there are direct ways could not be told, and the server offers no relay for want of one (USE_RELAY)." },
  fails: { tone: "warn", verdict: "Calls work inside this network at best.", meaning: "The server offers no relay (USE_RELAY), and no STUN server answers." },
};

/** @type {Record<"works" | "unclear" | "fails", Conclusion>} */
const withoutWorkingRelay = {
  works: { tone: "warn", verdict: "Only direct calls work from this network.", meaning: "No relay can be used from here. The lines below say what to open." },
  unclear: { tone: "warn", verdict: "At best direct calls work from this network.", meaning: "No relay can be used from here, and whether there are direct ways could not be told. The lines below say what to open." },
  fails: { tone: "bad", verdict: "Calls will hardly work from this network.", meaning: "Neither STUN nor a relay can be reached. The lines below say what to open." },
};

/** @type {Conclusion} of a browser that lacks what calls are made with */
export const noWebRtc = {
  tone: "bad", verdict: "This browser makes no calls.", meaning: "WebRTC is switched off in it. Switch it on in the browser’s settings, or use another browser.",
};
