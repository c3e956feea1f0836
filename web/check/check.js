// @ts-check
import { Pairing } from "../client/switchboard.js";
import { element, make, randomId } from "../common/page.js";
import { relayLoop, reflexiveAddress, webSocket } from "./probes.js";

/**
 * @typedef {{isGood: boolean, text: string}} Verdict
 * @typedef {object} Check
 * @property {string} name
 * @property {boolean} isNeeded whether calls suffer without it
 * @property {() => Promise<string>} run what was found; throws why not
 * @property {string} advice what to do when it does not work
 */

const server = new URL("..", location.href);
const pairing = new Pairing(server);
/** @type {RTCIceServer[]} */ let iceServers = [];

/**
 * Servers of the list whose URL is of this form.
 * @param {RegExp} pattern
 */
function servers(pattern) {
  const found = iceServers.flatMap(({ urls, ...rest }) => [urls].flat().filter((url) => pattern.test(url)).map((url) => ({ urls: url, ...rest })));
  if (found.length === 0) throw new Skipped("The server does not offer it.");
  return found;
}

class Skipped extends Error {}

/** @type {Check[]} */
const checks = [
  {
    name: "HTTP", isNeeded: true, advice: "The server cannot be reached at all: is it running, is the address right?",
    async run() {
      // A room of two devices that nobody else knows, only to be handed ICE servers.
      const [here, there] = [randomId(), randomId()];
      const { code } = await pairing.createCode({ client: here, digits: 9, expiresInSeconds: 60 });
      const { roomId } = await pairing.accept({ client: there, code });
      ({ iceServers } = await pairing.iceServers({ roomId, client: here }));
      await pairing.check({ client: here, code });
      addEventListener("pagehide", () => pairing.forget(here, there), { once: true });
      return "The server answers.";
    },
  },
  { name: "WebSocket", isNeeded: true, advice: "A proxy between here and the server blocks WebSockets: it must pass Upgrade on.", run: () => webSocket(server) },
  { name: "STUN over UDP", isNeeded: false, advice: "UDP is blocked here: calls have to be relayed over TCP or TLS.", run: () => reflexiveAddress(servers(/^stun:/)) },
  { name: "TURN over UDP", isNeeded: false, advice: "Relaying over UDP is blocked: calls will use TCP or TLS, which is slower when packets are lost.", run: () => relayLoop(servers(/^turn:.*(transport=udp|[^=]$|:\d+$)/)) },
  { name: "TURN over TCP", isNeeded: false, advice: "The relay's TCP port is blocked.", run: () => relayLoop(servers(/^turn:.*transport=tcp/)) },
  { name: "TURN over TLS", isNeeded: false, advice: "The relay's TLS port is blocked, or its certificate is not trusted.", run: () => relayLoop(servers(/^turns:/)) },
  {
    name: "IPv6", isNeeded: false, advice: "This network or this server has no IPv6; calls use IPv4.",
    run: () => reflexiveAddress(servers(/^stun:/), { family: "ipv6" }),
  },
];

/** @type {string[]} */ let report = [];

async function runAll() {
  for (const id of ["again", "copy"]) /** @type {HTMLButtonElement} */ (element(id)).disabled = true;
  element("rows").replaceChildren();
  element("verdict").textContent = "Checking…";
  report = [`Switchboard network check of ${server.host}, ${new Date().toISOString()}`, navigator.userAgent];
  /** @type {Map<string, boolean>} */ const outcomes = new Map();
  for (const check of checks) outcomes.set(check.name, await runOne(check));
  const verdict = judge(outcomes);
  element("verdict").textContent = verdict;
  report.push(verdict);
  for (const id of ["again", "copy"]) /** @type {HTMLButtonElement} */ (element(id)).disabled = false;
}

/** @param {Check} check */
async function runOne({ name, isNeeded, run, advice }) {
  const [outcome, time, meaning] = [make("td", { text: "…" }), make("td", {}), make("td", {})];
  const header = make("th", { text: name });
  header.scope = "row";
  element("rows").append(make("tr", {}, header, outcome, time, meaning));
  const start = performance.now();
  let word, kind, text;
  try {
    text = await run();
    [word, kind] = ["works", "good"];
  } catch (error) {
    const isSkipped = error instanceof Skipped;
    text = isSkipped ? error.message : `${advice} (${/** @type {Error} */ (error).message})`;
    [word, kind] = isSkipped ? ["not offered", "quiet"] : ["fails", isNeeded ? "bad" : "warn"];
  }
  const milliseconds = `${Math.round(performance.now() - start)} ms`;
  outcome.replaceChildren(make("span", { text: word, className: kind }));
  time.textContent = milliseconds;
  meaning.textContent = text;
  report.push(`${name}: ${word}, ${milliseconds}. ${text}`);
  return word === "works";
}

/** @param {Map<string, boolean>} outcomes */
function judge(outcomes) {
  const works = (/** @type {string} */ name) => outcomes.get(name) === true;
  if (!works("HTTP") || !works("WebSocket")) return "Calls cannot be set up from this network.";
  const relays = ["TURN over UDP", "TURN over TCP", "TURN over TLS"].filter(works);
  if (relays.length > 0) return `Calls work from this network, if need be relayed (${relays.map((name) => name.slice(10)).join(", ")}).`;
  if (works("STUN over UDP")) return "Calls work where a direct way exists; there is no relay for the others.";
  return "Calls will work within this network at best: neither STUN nor a relay can be reached.";
}

element("again").onclick = runAll;
element("copy").onclick = async () => {
  try {
    await navigator.clipboard.writeText(report.join("\n"));
    element("copied").textContent = "Copied.";
  } catch {
    element("copied").textContent = "The browser does not let this page copy.";
  }
};

runAll();
