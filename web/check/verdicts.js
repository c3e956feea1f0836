// @ts-check
import { NO_ANSWER, ProbeFailure } from "./probes.js";

/**
 * What the outcomes mean, and what can be done about them.
 *
 * @typedef {"good" | "warn" | "bad" | "none"} Tone
 * @typedef {"HTTP" | "WebSocket" | "STUN over UDP" | "TURN over UDP" | "TURN over TCP" | "TURN over TLS" | "IPv6"} Way
 * @typedef {{isGood: boolean, isOffered: boolean}} Outcome
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
 * @returns {{tone: Tone, verdict: string, meaning: string}}
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
  if (!relays.some(isOffered)) {
    return works("STUN over UDP")
      ? { tone: "warn", verdict: "Many calls work from this network.", meaning: "There is no relay for those that find no direct way: switch it on at the server (USE_RELAY)." }
      : { tone: "warn", verdict: "Calls work inside this network at best.", meaning: "The server offers no relay (USE_RELAY), and no STUN server answers." };
  }
  return works("STUN over UDP")
    ? { tone: "warn", verdict: "Only direct calls work from this network.", meaning: "No relay can be used from here. The lines below say what to open." }
    : { tone: "bad", verdict: "Calls will hardly work from this network.", meaning: "Neither STUN nor a relay can be reached. The lines below say what to open." };
}
