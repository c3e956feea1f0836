// @ts-check
import { PathMonitor } from "../client/switchboard.js";
import { element, rate } from "../common/page.js";

const INTERVAL = 1_000;
const SAMPLES = 60;

/** The line that says how the call travels, and the graph of the last minute. */
export class Quality {
  /** @type {(number | null)[]} */ #history = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */ #timer;

  /** @param {RTCPeerConnection} connection */
  follow(connection) {
    this.stop();
    const monitor = new PathMonitor(connection);
    this.#timer = setInterval(async () => this.#show(await monitor.sample()), INTERVAL);
  }

  stop() {
    clearInterval(this.#timer);
    this.#history = [];
    element("path").textContent = "Not connected.";
  }

  /** @param {import("../client/path.js").PathReport | null} report */
  #show(report) {
    if (!report) return;
    this.#history = [...this.#history, report.roundTripTime].slice(-SAMPLES);
    element("path").textContent = [route(report), ...quality(report)].join(" · ");
    this.#draw();
  }

  #draw() {
    const known = this.#history.map((value) => value ?? 0);
    const top = Math.max(50, ...known);
    const points = known.map((value, index) => `${index + SAMPLES - known.length},${(19 - (value / top) * 18).toFixed(2)}`);
    element("graph").querySelector("polyline")?.setAttribute("points", points.join(" "));
    element("graph-caption").textContent = `Round-trip time of the last minute, up to ${Math.round(Math.max(0, ...known))} ms.`;
  }
}

/** @param {import("../client/path.js").PathReport} report */
function route({ kind, protocol, relayed, family }) {
  const ip = family === "ipv6" ? ", IPv6" : family === "ipv4" ? ", IPv4" : "";
  if (kind === "direct") return `Direct (${protocol.toUpperCase()}${ip})`;
  if (kind === "stun") return `Direct through a router (${protocol.toUpperCase()}${ip})`;
  const where = { both: "for both sides", here: "for this side", there: "for the other side" }[relayed ?? "both"];
  const how = relayed === "there" ? "" : ` over ${protocol.toUpperCase()}`;
  return `Relayed ${where}${how}${ip}`;
}

/** @param {import("../client/path.js").PathReport} report */
function quality({ roundTripTime, sendRate, receiveRate, loss }) {
  return [
    roundTripTime === null ? "" : `${Math.round(roundTripTime)} ms`,
    sendRate === null ? "" : `↑ ${rate(sendRate)}`,
    receiveRate === null ? "" : `↓ ${rate(receiveRate)}`,
    loss === null ? "" : `${(loss * 100).toFixed(1)} % lost`,
  ].filter(Boolean);
}
