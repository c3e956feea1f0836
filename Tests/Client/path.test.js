// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { PathMonitor } from "../../web/client/path.js";

/** @param {...any} entries */
const connection = (...entries) => ({ getStats: async () => new Map(entries.map((entry) => [entry.id, entry])) });

/**
 * @param {any} here
 * @param {any} there
 * @param {any} [pair]
 */
const monitor = (here, there, pair) =>
  new PathMonitor(/** @type {any} */ (connection(
    { id: "T", type: "transport", selectedCandidatePairId: "P" },
    { id: "P", type: "candidate-pair", localCandidateId: "L", remoteCandidateId: "R", timestamp: 0, ...pair },
    { id: "L", type: "local-candidate", ...here }, { id: "R", type: "remote-candidate", ...there },
  )));

test("while nothing is selected there is no path", async () => {
  const entries = connection({ id: "P", type: "candidate-pair", state: "in-progress" });
  assert.equal(await new PathMonitor(/** @type {any} */ (entries)).sample(), null);
});

for (const [name, here, there, expected] of /** @type {[string, object, object, object][]} */ ([
  ["host to host", { candidateType: "host", protocol: "udp", address: "10.0.0.1" }, { candidateType: "host" },
    { kind: "direct", protocol: "udp", relayed: null, family: "ipv4" }],
  ["through a NAT", { candidateType: "host", protocol: "udp", address: "x.local" }, { candidateType: "prflx" },
    { kind: "stun", protocol: "udp", relayed: null, family: null }],
  ["relayed here over TLS", { candidateType: "relay", protocol: "udp", relayProtocol: "tls", address: "2001:db8::1" }, { candidateType: "srflx" },
    { kind: "relay", protocol: "tls", relayed: "here", family: "ipv6" }],
  ["relayed there", { candidateType: "host", protocol: "udp" }, { candidateType: "relay" },
    { kind: "relay", protocol: "udp", relayed: "there", family: null }],
  ["relayed at both ends", { candidateType: "relay", relayProtocol: "tcp" }, { candidateType: "relay" },
    { kind: "relay", protocol: "tcp", relayed: "both", family: null }],
])) {
  test(`a path ${name}`, async () => {
    const report = await monitor(here, there).sample();
    for (const [member, value] of Object.entries(expected)) assert.equal(/** @type {any} */ (report)[member], value, member);
  });
}

test("rates and loss are those since the sample before", async () => {
  const pair = { id: "P", type: "candidate-pair", selected: true, timestamp: 1_000, bytesSent: 0, bytesReceived: 1_000, currentRoundTripTime: 0.025 };
  const stream = { id: "S", type: "inbound-rtp", packetsReceived: 100, packetsLost: 0 };
  const path = new PathMonitor(/** @type {any} */ (connection(pair, stream)));
  const first = await path.sample();
  assert.equal(first?.sendRate, null);
  assert.equal(first?.roundTripTime, 25);
  Object.assign(pair, { timestamp: 3_000, bytesSent: 2_500, bytesReceived: 2_000 });
  Object.assign(stream, { packetsReceived: 190, packetsLost: 10 });
  const second = await path.sample();
  assert.equal(second?.sendRate, 10_000);
  assert.equal(second?.receiveRate, 4_000);
  assert.equal(second?.loss, 0.1);
});

test("loss on the way to the other is what it reports of each stream, by their shares of what was sent", async () => {
  const pair = { id: "P", type: "candidate-pair", selected: true, timestamp: 20_000 };
  const video = { id: "V", type: "outbound-rtp", packetsSent: 0 };
  const audio = { id: "A", type: "outbound-rtp", packetsSent: 0 };
  const ofVideo = { id: "RV", type: "remote-inbound-rtp", localId: "V", timestamp: 19_000, fractionLost: 0.5 };
  const ofAudio = { id: "RA", type: "remote-inbound-rtp", localId: "A", timestamp: 19_000, fractionLost: 0 };
  const path = new PathMonitor(/** @type {any} */ (connection(pair, video, audio, ofVideo, ofAudio)));
  assert.equal((await path.sample())?.sendLoss, null, "nothing to compare with");
  Object.assign(video, { packetsSent: 300 });
  Object.assign(audio, { packetsSent: 100 });
  pair.timestamp = 21_000;
  assert.equal((await path.sample())?.sendLoss, 0.375);
  pair.timestamp = 22_000;
  assert.equal((await path.sample())?.sendLoss, null, "nothing was sent");
  video.packetsSent = 400;
  pair.timestamp = 40_000;
  assert.equal((await path.sample())?.sendLoss, null, "the report is old");
});

test("a candidate of the other that a check overtook is what it was signaled as", async () => {
  const at = { type: "remote-candidate", protocol: "udp", address: "198.51.100.7" };
  const report = await new PathMonitor(/** @type {any} */ (connection(
    { id: "P", type: "candidate-pair", selected: true, localCandidateId: "L", remoteCandidateId: "R", timestamp: 0 },
    { id: "L", type: "local-candidate", candidateType: "host", protocol: "udp" },
    { ...at, id: "R", candidateType: "prflx", port: 5 },
    { ...at, id: "S", candidateType: "srflx", port: 4 }, { ...at, id: "T", candidateType: "relay", port: 5 },
  ))).sample();
  assert.deepEqual([report?.kind, report?.relayed], ["relay", "there"]);
});
