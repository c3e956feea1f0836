// @ts-check
import { isOf } from "./description.js";

/**
 * How a connection travels, and how well. Rates and loss are those since the sample before.
 *
 * @typedef {object} PathReport
 * @property {"direct" | "stun" | "relay"} kind `direct`: host to host; `stun`: through a NAT; `relay`: by a TURN server
 * @property {"udp" | "tcp" | "tls"} protocol of the path; for a relay of ours, that of our way to it
 * @property {"here" | "there" | "both" | null} relayed which end uses a relay
 * @property {"ipv4" | "ipv6" | null} family
 * @property {number | null} roundTripTime milliseconds
 * @property {number | null} sendRate bits per second
 * @property {number | null} receiveRate bits per second
 * @property {number | null} loss share of media packets that did not arrive here, 0 to 1
 * @property {number | null} sendLoss the same of those sent from here, as the other last reported it
 */

/** A report of the other that is older, in milliseconds, says nothing of now; there is one in 5 s at the least. */
const REPORT_AGE = 15_000;

/** Samples the path of one connection. */
export class PathMonitor {
  /** @type {Sample | null} */ #last = null;

  /** @param {Pick<RTCPeerConnection, "getStats">} connection */
  constructor(connection) {
    this.connection = connection;
  }

  /** @returns {Promise<PathReport | null>} null while no path is selected */
  async sample() {
    const stats = await this.connection.getStats();
    const pair = selectedPair(stats);
    if (!pair) return null;
    const sample = measure(stats, pair);
    const before = this.#last?.pair === sample.pair ? this.#last : null;
    this.#last = sample;
    return { ...describePath(stats, pair), ...rates(sample, before), roundTripTime: roundTrip(pair) };
  }
}

/**
 * The pair of candidates in use. Chromium and Safari name it in the transport, Firefox marks the pair.
 * @param {RTCStatsReport} stats
 * @returns {any} its statistics; undefined while there is none
 */
export function selectedPair(stats) {
  const all = [...stats.values()];
  const transport = all.find(({ type, selectedCandidatePairId }) => type === "transport" && selectedCandidatePairId);
  if (transport) return stats.get(transport.selectedCandidatePairId);
  const pairs = all.filter(({ type }) => type === "candidate-pair");
  return pairs.find(({ selected }) => selected) ?? pairs.find(({ nominated, state }) => nominated && state === "succeeded");
}

/**
 * Whether no pair is in use, or one of another ICE generation than a local description's.
 * @param {RTCStatsReport} stats
 * @param {string} sdp
 */
export function isOutdated(stats, sdp) {
  const pair = selectedPair(stats);
  return !pair || !isOf(stats.get(pair.localCandidateId) ?? {}, sdp);
}

/**
 * @param {RTCStatsReport} stats
 * @param {any} pair
 * @returns {Pick<PathReport, "kind" | "protocol" | "relayed" | "family">}
 */
export function describePath(stats, pair) {
  const here = stats.get(pair.localCandidateId) ?? {};
  const there = asSignaled(stats, stats.get(pair.remoteCandidateId) ?? {});
  const isRelayedHere = here.candidateType === "relay";
  const isRelayedThere = there.candidateType === "relay";
  const relayed = isRelayedHere ? (isRelayedThere ? "both" : "here") : isRelayedThere ? "there" : null;
  const isMapped = [here, there].some(({ candidateType }) => candidateType === "srflx" || candidateType === "prflx");
  const address = here.address ?? here.ip ?? there.address ?? there.ip ?? null;
  return {
    kind: relayed ? "relay" : isMapped ? "stun" : "direct",
    protocol: (isRelayedHere && here.relayProtocol) || here.protocol || "udp",
    relayed,
    family: address === null || address.endsWith(".local") ? null : address.includes(":") ? "ipv6" : "ipv4",
  };
}

/**
 * A check that overtakes the candidate it comes from makes that one peer-reflexive; its true type comes later.
 * @param {RTCStatsReport} stats
 * @param {any} candidate
 * @returns {any}
 */
function asSignaled(stats, candidate) {
  if (candidate.candidateType !== "prflx" || !candidate.address) return candidate;
  const isSame = (/** @type {any} */ other) =>
    other.type === "remote-candidate" && other.candidateType !== "prflx" && other.address === candidate.address &&
    other.port === candidate.port && other.protocol === candidate.protocol;
  return [...stats.values()].find(isSame) ?? candidate;
}

/**
 * @typedef {object} Sample
 * @property {string} pair
 * @property {number} time milliseconds
 * @property {number} sent bytes
 * @property {number} received bytes
 * @property {number} packets received
 * @property {number} lost packets
 * @property {Map<string, {packets: number, share: number}>} sending packets sent by each stream, and their share that the
 *   other reports lost
 */

/**
 * @param {RTCStatsReport} stats
 * @param {any} pair
 * @returns {Sample}
 */
function measure(stats, pair) {
  const sample = {
    pair: pair.id, time: pair.timestamp, sent: pair.bytesSent ?? 0, received: pair.bytesReceived ?? 0, packets: 0, lost: 0,
    sending: new Map(),
  };
  for (const entry of stats.values()) {
    if (entry.type === "inbound-rtp") {
      sample.packets += entry.packetsReceived ?? 0;
      sample.lost += entry.packetsLost ?? 0;
    } else if (entry.type === "remote-inbound-rtp" && pair.timestamp - entry.timestamp < REPORT_AGE) {
      const packets = stats.get(entry.localId)?.packetsSent ?? 0;
      if (typeof entry.fractionLost === "number") sample.sending.set(entry.id, { packets, share: entry.fractionLost });
    }
  }
  return sample;
}

/**
 * @param {Sample} now
 * @param {Sample | null} before
 * @returns {Pick<PathReport, "sendRate" | "receiveRate" | "loss" | "sendLoss">}
 */
function rates(now, before) {
  const seconds = before ? (now.time - before.time) / 1_000 : 0;
  if (!before || seconds <= 0) return { sendRate: null, receiveRate: null, loss: null, sendLoss: null };
  const lost = Math.max(0, now.lost - before.lost);
  const expected = lost + Math.max(0, now.packets - before.packets);
  return {
    sendRate: Math.max(0, ((now.sent - before.sent) * 8) / seconds),
    receiveRate: Math.max(0, ((now.received - before.received) * 8) / seconds),
    loss: expected > 0 ? lost / expected : null,
    sendLoss: reportedLoss(now.sending, before.sending),
  };
}

/**
 * The share that the other misses of all that was sent between two samples.
 * @param {Sample["sending"]} now
 * @param {Sample["sending"]} before
 */
function reportedLoss(now, before) {
  let [sent, missed] = [0, 0];
  for (const [id, { packets, share }] of now) {
    const count = Math.max(0, packets - (before.get(id)?.packets ?? packets));
    sent += count;
    missed += count * share;
  }
  return sent > 0 ? missed / sent : null;
}

/**
 * @param {any} pair
 * @returns {number | null} milliseconds
 */
function roundTrip(pair) {
  return typeof pair.currentRoundTripTime === "number" ? pair.currentRoundTripTime * 1_000 : null;
}
