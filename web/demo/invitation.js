// @ts-check
import { clock, copy, element, make } from "../common/page.js";
import { qrPath } from "../common/qr.js";
import { linkWith } from "./link.js";
import { notify, show } from "./views.js";

/** Names and addresses by which a device means itself. */
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;
const COPIED_FOR = 2_500;

/** What is shown while nobody has accepted: the code, its link, and the QR code of that. */
export class Invitation {
  /** @type {ReturnType<typeof setInterval> | undefined} */ #timer;
  /** @type {() => void} */ oncancel = () => {};

  constructor() {
    element("copy-link").onclick = () => this.#copy();
    element("cancel").onclick = () => this.oncancel();
    const share = element("share-link");
    share.hidden = !navigator.share;
    share.onclick = () => navigator.share({ title: "Switchboard", text: "Join my call", url: this.#link.href }).catch(() => {});
  }

  /** @returns {HTMLAnchorElement} */
  get #link() {
    return element("link");
  }

  /** @param {import("../client/pairing.js").Invitation} invitation */
  show({ code, expires }) {
    const link = linkWith(code, location.href);
    showCode(code, element("code"), element("code-digits"));
    element("page-address").textContent = location.host + location.pathname;
    this.#link.href = link;
    this.#link.textContent = link;
    this.#showWaysIn(link);
    this.setTrouble(false);
    clearInterval(this.#timer);
    const tick = () => (element("remaining").textContent = `${clock(expires.getTime() - Date.now())} minutes`);
    this.#timer = setInterval(tick, 1_000);
    tick();
    show("invitation");
  }

  hide() {
    clearInterval(this.#timer);
  }

  /**
   * Says that the server has gone, or that it is back.
   * @param {boolean} isServerGone
   */
  setTrouble(isServerGone) {
    const text = isServerGone ? "The server cannot be reached. Trying again…" : "Waiting for the other person…";
    const line = element("waiting-text");
    if (line.textContent !== text) line.textContent = text;
    line.className = isServerGone ? "bad" : "";
  }

  /**
   * Draws the link. A name that other devices take for themselves is no use to them: then the server may know another.
   * @param {string} link
   */
  async #showWaysIn(link) {
    const isLocal = LOOPBACK.test(location.hostname);
    if (!isLocal) this.#draw(link);
    const origin = isLocal ? await originInNetwork() : undefined;
    if (this.#link.href !== link) return;
    if (origin) this.#draw(link.replace(location.origin, origin));
    element("local-name").textContent = location.hostname;
    element("network-address").textContent = origin ? origin + location.pathname : "";
    element("only-here").hidden = !isLocal;
    element("in-network").hidden = !origin;
    element("not-in-network").hidden = !!origin;
    element("qr-figure").hidden = isLocal && !origin;
    element("or-scan").hidden = isLocal;
  }

  /** @param {string} link */
  #draw(link) {
    const { size, path } = qrPath(link);
    element("qr").setAttribute("viewBox", `0 0 ${size} ${size}`);
    element("qr").querySelector("path")?.setAttribute("d", path);
  }

  async #copy() {
    if (await copy(this.#link.href)) {
      element("copy-label").textContent = "Copied";
      setTimeout(() => (element("copy-label").textContent = "Copy link"), COPIED_FOR);
    } else {
      notify({ title: "The link was not copied.", text: "The browser does not let this page copy. Select the link instead." }, { tone: "warn" });
    }
  }
}

/**
 * Where other devices of the network find this page, as far as its server knows.
 * @returns {Promise<string | undefined>}
 */
async function originInNetwork() {
  try {
    const response = await fetch("network.json");
    return response.ok ? (await response.json()).origin : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} code
 * @param {HTMLElement} read where screen readers find it, digit by digit
 * @param {HTMLElement} seen where it is seen
 */
export function showCode(code, read, seen) {
  read.textContent = [...code].join(" ");
  seen.replaceChildren(...grouped(code).map((text) => make("span", { text })));
}

/**
 * Two halves are easier to read out than one row of digits.
 * @param {string} code
 */
function grouped(code) {
  const middle = Math.ceil(code.length / 2);
  return code.length < 6 ? [code] : [code.slice(0, middle), code.slice(middle)];
}
