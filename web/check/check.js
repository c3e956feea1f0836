// @ts-check
import { copy, element, make } from "../common/page.js";
import * as probes from "./probes.js";
import { noWebRtc, places, relayAdvice, summary } from "./verdicts.js";

/**
 * @typedef {import("./verdicts.js").Way} Way
 * @typedef {import("./verdicts.js").Tone} Tone
 * @typedef {object} Finding
 * @property {string} word
 * @property {Tone} tone
 * @property {string} text
 * @property {boolean} [isOffered] false when the server has no such thing
 * @property {boolean} [isTried] false when something else has to be there first
 * @typedef {Finding & {milliseconds: number}} Result
 */

const server = new URL("..", location.href);
/** @type {Way[]} */
const WAYS = ["HTTP", "WebSocket", "STUN over UDP", "TURN over UDP", "TURN over TCP", "TURN over TLS", "IPv6"];
const SIGNS = { good: "✓", warn: "!", bad: "✕", none: "–" };
const UNCLEAR = "Unclear";
const COPIED_FOR = 3_000;

/** @type {Map<Way, Result>} */ const results = new Map();

/** @param {string} text @returns {Finding} */
const good = (text) => ({ word: "Works", tone: "good", text });
/** @param {Tone} tone @param {string} text @returns {Finding} */
const bad = (tone, text) => ({ word: "Fails", tone, text });
/** @param {string} text @returns {Finding} */
const untried = (text) => ({ word: "Not tried", tone: "none", text, isTried: false });

const canCall = typeof RTCPeerConnection === "function";

async function runAll() {
  for (const id of ["again", "copy"]) button(id).disabled = true;
  element("by-hand").hidden = true;
  results.clear();
  element("rows").replaceChildren(...WAYS.map(emptyRow));
  conclude({ tone: "none", verdict: "Checking…", meaning: "This takes about ten seconds at most." });
  await run("HTTP", http);
  /** @type {RTCIceServer[]} */ let list = [];
  /** @type {Finding | undefined} */ let obstacle;
  await run("WebSocket", async () => {
    const { finding, ...rest } = await webSocket();
    ({ list = [], obstacle } = rest);
    return finding;
  });
  if (!canCall) obstacle = untried("WebRTC is switched off in this browser.");
  await Promise.all([
    run("STUN over UDP", () => obstacle ?? stun(of(list, /^stun:/))),
    run("TURN over UDP", () => obstacle ?? relay("UDP", of(list, /^turn:(?!.*transport=tcp)/))),
    run("TURN over TCP", () => obstacle ?? relay("TCP", of(list, /^turn:.*transport=tcp/))),
    run("TURN over TLS", () => obstacle ?? relay("TLS", of(list, /^turns:/), of(list, /^turn:/).length > 0)),
    run("IPv6", () => obstacle ?? ipv6(of(list, /^stun:/))),
  ]);
  conclude(canCall ? summary(outcome) : noWebRtc);
  for (const id of ["again", "copy"]) button(id).disabled = false;
}

/** @param {Way} way @returns {import("./verdicts.js").Outcome | undefined} */
function outcome(way) {
  const result = results.get(way);
  if (!result) return undefined;
  const { tone, word, isOffered, isTried } = result;
  return { isGood: tone === "good", isUnclear: word === UNCLEAR, isOffered: isOffered !== false, isTried: isTried !== false };
}

// The ways

/** @returns {Promise<Finding>} */
async function http() {
  try {
    await probes.http(server);
    if (!window.isSecureContext) return good("The server answers. The page came without https, though: browsers give it no camera and microphone.");
    return good(location.protocol === "https:" ? "The server answers, encrypted." : "The server answers.");
  } catch (error) {
    return bad("bad", `No answer from ${server.host}: is this device online, and the server running?`);
  }
}

/** @returns {Promise<{finding: Finding, list?: RTCIceServer[], obstacle?: Finding}>} the other ways need the list */
async function webSocket() {
  /** @type {import("../client/switchboard.js").Signaling} */ let signaling;
  try {
    signaling = await probes.webSocket(server);
  } catch {
    const text = "Something between here and the server lets no WebSocket through. A proxy in front of the server has to pass on Upgrade and Connection; a company’s proxy may need an exception. If it happens everywhere, ALLOWED_ORIGINS on the server may lack this page’s own origin.";
    return { finding: bad("bad", text), obstacle: untried("The server has to be reached first.") };
  }
  const text = "The two sides of a call can find each other.";
  try {
    return { list: await probes.iceServers(server, signaling), finding: good(text) };
  } catch (error) {
    const finding = good(`${text} The server gave out no list of STUN and TURN servers, though: ${sentence(error)}`);
    return { finding, obstacle: untried("There is nothing to try without the server’s list.") };
  } finally {
    signaling.close();
  }
}

/** @param {unknown} error */
function sentence(error) {
  const text = error instanceof Error ? error.message : String(error);
  return text.endsWith(".") ? text : `${text}.`;
}

/** @param {RTCIceServer[]} servers @returns {Promise<Finding>} */
async function stun(servers) {
  if (servers.length === 0) return missing("The server names no STUN server (USE_RELAY or ICE_SERVERS).");
  try {
    const address = await probes.outsideAddress(servers);
    return good(address ? `Direct calls are possible. From outside, this device is ${address}.` : "Direct calls are possible. Nothing changes this device’s address on the way.");
  } catch (error) {
    if (error instanceof probes.ProbeFailure && error.isUnclear) {
      return { word: UNCLEAR, tone: "warn", text: "This device has a public address, and not all of its network interfaces reach the STUN server. Whether the one that calls would use does, the browser does not tell." };
    }
    return bad("warn", `${places(servers)} does not answer over UDP. Direct calls are unlikely to work; ask whoever runs this network to let UDP out.`);
  }
}

/**
 * @param {"UDP" | "TCP" | "TLS"} transport
 * @param {RTCIceServer[]} servers
 * @param {boolean} hasRelay whether there is one over another transport
 * @returns {Promise<Finding>}
 */
async function relay(transport, servers, hasRelay = true) {
  if (servers.length === 0) {
    return missing(transport === "TLS" && hasRelay ? "The relay speaks no TLS: give it a certificate (TLS_CERT and TLS_KEY, or behind a proxy RELAY_CERT and RELAY_KEY), for networks that let nothing else out." : `The server offers no relay over ${transport}.`);
  }
  try {
    const trip = await probes.relayLoop(servers);
    return good(`A message went through the relay and back in ${Math.max(1, Math.round(trip))} ms.`);
  } catch (error) {
    return bad("warn", relayAdvice(error, transport, servers));
  }
}

/** @param {RTCIceServer[]} servers @returns {Promise<Finding>} */
async function ipv6(servers) {
  if (servers.length === 0) return missing("Without a STUN server this cannot be told.");
  try {
    return good(`Calls can go over IPv6. From outside, this device is ${await probes.outsideAddress(servers, "ipv6")}.`);
  } catch {
    return { word: "None", tone: "none", text: "Calls use IPv4, and nothing has to be done. With IPv6 on both sides more of them would be direct." };
  }
}

/** @param {string} text @returns {Finding} */
const missing = (text) => ({ word: "Not offered", tone: "none", text, isOffered: false });

/**
 * Servers of the list with the URLs that have this form.
 * @param {RTCIceServer[]} list
 * @param {RegExp} form
 */
function of(list, form) {
  return list
    .map((entry) => ({ ...entry, urls: [entry.urls].flat().filter((url) => form.test(url)) }))
    .filter(({ urls }) => urls.length > 0);
}

// What is on the page

/** @param {Way} way */
function emptyRow(way) {
  const header = make("th", { text: way });
  header.scope = "row";
  const cells = ["outcome busy", "", ""].map((className) => make("td", {}, make("span", { className })));
  cells[0].firstElementChild?.append("Waiting");
  const row = make("tr", {}, header, ...cells);
  row.id = rowId(way);
  row.setAttribute("role", "row");
  header.setAttribute("role", "rowheader");
  for (const cell of cells) cell.setAttribute("role", "cell");
  return row;
}

/** @param {Way} way */
const rowId = (way) => `row-${way.toLowerCase().replaceAll(" ", "-")}`;

/** @param {Way} way @param {() => Finding | Promise<Finding>} probe */
async function run(way, probe) {
  const [outcome, time, meaning] = [...element(rowId(way)).querySelectorAll("td > span")];
  outcome.replaceChildren(make("span", { className: "spinner" }), "Trying");
  const start = performance.now();
  const finding = await probe();
  const milliseconds = Math.max(1, Math.round(performance.now() - start));
  results.set(way, { ...finding, milliseconds });
  const sign = make("span", { text: SIGNS[finding.tone] });
  sign.setAttribute("aria-hidden", "true");
  outcome.className = `outcome ${finding.tone === "none" ? "busy" : finding.tone}`;
  outcome.replaceChildren(sign, finding.word);
  time.textContent = took(finding, milliseconds);
  meaning.textContent = finding.text;
}

/**
 * The time of what was tried.
 * @param {Finding} finding
 * @param {number} milliseconds
 */
const took = ({ isOffered, isTried }, milliseconds) => (isOffered === false || isTried === false ? "" : duration(milliseconds));

/** @param {number} milliseconds */
const duration = (milliseconds) =>
  milliseconds < 1_000 ? `${milliseconds} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;

/** @param {ReturnType<typeof summary>} conclusion */
function conclude({ tone, verdict, meaning }) {
  element("summary").dataset.tone = tone;
  element("verdict").textContent = verdict;
  element("meaning").textContent = meaning;
}

/** The findings as text. */
function report() {
  const lines = WAYS.map((way) => {
    const result = results.get(way) ?? { ...untried(""), milliseconds: 0 };
    const how = [result.word, took(result, result.milliseconds)].filter(Boolean).join(", ");
    return `${way.padEnd(13)}  ${how}. ${result.text}`;
  });
  return [
    `Switchboard network check of ${server.host}`, new Date().toISOString(), navigator.userAgent, "",
    `${element("verdict").textContent} ${element("meaning").textContent}`, "", ...lines, "",
  ].join("\n");
}

/** @param {string} id @returns {HTMLButtonElement} */
const button = (id) => element(id);

button("again").onclick = runAll;
button("copy").onclick = async () => {
  const text = report();
  if (await copy(text)) {
    element("copied").textContent = "Copied.";
    setTimeout(() => (element("copied").textContent = ""), COPIED_FOR);
    return;
  }
  const area = /** @type {HTMLTextAreaElement} */ (element("report"));
  area.value = text;
  element("by-hand").hidden = false;
  area.focus();
  area.select();
};

element("server").textContent = server.host;
runAll();
