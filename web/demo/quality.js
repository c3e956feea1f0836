// @ts-check
import { PathMonitor } from "../client/switchboard.js";
import { element, rate } from "../common/page.js";

/** @typedef {import("../client/path.js").PathReport & {sendLoss?: number | null}} PathReport */

const INTERVAL = 1_000;
const SAMPLES = 60;
/** The graph is never stretched further than this, or a calm network would look wild. */
const LOWEST_SCALE = 50;
/** Above this loss, or this round trip in milliseconds, people begin to notice, and then to complain. */
const FAIR = { loss: 0.02, roundTripTime: 200 };
const POOR = { loss: 0.08, roundTripTime: 450 };

/** Says how the call travels and how well, with a graph of the last minute. */
export class Quality {
  /** @type {{roundTripTime: number | null, isLossy: boolean}[]} */ #history = [];
  /** @type {ReturnType<typeof setInterval> | undefined} */ #timer;

  /** @param {RTCPeerConnection} connection */
  follow(connection) {
    this.stop();
    const monitor = new PathMonitor(connection);
    this.#timer = setInterval(async () => {
      const report = connection.connectionState === "connected" ? await monitor.sample() : null;
      if (report) this.#show(report);
      else this.#note(null, false);
    }, INTERVAL);
  }

  stop() {
    clearInterval(this.#timer);
    this.#history = [];
    element("graph-box").hidden = true;
    this.hide();
  }

  /** There is no path at the moment. The graph goes on, with a gap. */
  hide() {
    element("path").hidden = true;
    element("figures").hidden = true;
  }

  /** @param {PathReport} report */
  #show(report) {
    element("path").hidden = false;
    element("path").textContent = `${route(report)}. ${verdict(report)}.`;
    for (const [id, text] of Object.entries(figures(report))) element(id).textContent = text;
    element("figures").hidden = false;
    element("graph-box").hidden = false;
    this.#note(report.roundTripTime, (worstLoss(report) ?? 0) > FAIR.loss);
  }

  /** @param {number | null} roundTripTime @param {boolean} isLossy */
  #note(roundTripTime, isLossy) {
    this.#history = [...this.#history, { roundTripTime, isLossy }].slice(-SAMPLES);
    this.#draw();
  }

  #draw() {
    const known = this.#history.flatMap(({ roundTripTime }) => roundTripTime ?? []);
    const top = Math.max(LOWEST_SCALE, ...known) * 1.1;
    const first = SAMPLES - this.#history.length;
    const points = this.#history.map(({ roundTripTime, isLossy }, index) => ({
      x: first + index, y: roundTripTime === null ? null : 20 - (roundTripTime / top) * 20, isLossy,
    }));
    const runs = unbroken(points);
    const lines = runs.map((run) => run.map(({ x, y }, index) => `${index ? "L" : "M"}${x} ${y?.toFixed(2)}`).join(""));
    draw("line", lines.join(""));
    draw("area", runs.map((run, index) => `${lines[index]}V20H${run[0].x}z`).join(""));
    draw("lost", points.filter(({ isLossy }) => isLossy).map(({ x }) => `M${x} 20v-4`).join(""));
    element("graph-top").textContent = known.length > 0 ? `longest ${Math.round(Math.max(...known))} ms` : "";
    element("graph").setAttribute("aria-label", spoken(known));
  }
}

/**
 * The graph for those who do not see it.
 * @param {number[]} milliseconds
 */
function spoken(milliseconds) {
  const title = "Round-trip time of the last minute";
  if (milliseconds.length === 0) return title;
  const [low, high, now] = [Math.min(...milliseconds), Math.max(...milliseconds), milliseconds[milliseconds.length - 1]];
  return `${title}: between ${Math.round(low)} and ${Math.round(high)} milliseconds, now ${Math.round(now)}`;
}

/** @param {string} name @param {string} path */
function draw(name, path) {
  element("graph").querySelector(`.${name}`)?.setAttribute("d", path);
}

/**
 * Cuts the points where nothing is known.
 * @template {{y: number | null}} Point
 * @param {Point[]} points
 */
function unbroken(points) {
  /** @type {Point[][]} */ const runs = [];
  let isOpen = false;
  for (const point of points) {
    if (point.y !== null && isOpen) runs[runs.length - 1].push(point);
    else if (point.y !== null) runs.push([point]);
    isOpen = point.y !== null;
  }
  return runs;
}

/** @param {PathReport} report */
export function route({ kind, protocol, relayed, family }) {
  const over = `over ${protocol.toUpperCase()}${family === "ipv6" ? ", IPv6" : family === "ipv4" ? ", IPv4" : ""}`;
  if (kind === "direct") return `Direct, ${over}`;
  if (kind === "stun") return `Direct through a router, ${over}`;
  if (relayed === "there") return "Relayed, for the other side";
  return `Relayed, ${over}${relayed === "both" ? ", for both sides" : ""}`;
}

/**
 * The loss of the direction that fares worse: who sends badly is to see it, since the other side is who hears it.
 * @param {PathReport} report
 * @returns {number | null} null while neither is known
 */
export function worstLoss({ loss, sendLoss = null }) {
  return loss === null && sendLoss === null ? null : Math.max(loss ?? 0, sendLoss ?? 0);
}

/** @param {PathReport} report */
export function verdict(report) {
  const [loss, roundTripTime] = [worstLoss(report) ?? 0, report.roundTripTime ?? 0];
  const exceeds = (/** @type {typeof FAIR} */ bound) => loss > bound.loss || roundTripTime > bound.roundTripTime;
  return exceeds(POOR) ? "Poor quality" : exceeds(FAIR) ? "Fair quality" : "Good quality";
}

/** @param {PathReport} report */
function figures(report) {
  const { roundTripTime, sendRate, receiveRate } = report;
  const loss = worstLoss(report);
  return {
    "figure-trip": roundTripTime === null ? "–" : `${Math.max(1, Math.round(roundTripTime))} ms`,
    "figure-loss": loss === null ? "–" : `${(loss * 100).toFixed(loss > 0 && loss < 0.1 ? 1 : 0)} %`,
    "figure-send": sendRate === null ? "–" : rate(sendRate),
    "figure-receive": receiveRate === null ? "–" : rate(receiveRate),
  };
}
