// @ts-check
import { element, make } from "../common/page.js";

const MAX_TEXT = 4_000;
/** Older lines are dropped from the page. */
const MAX_LINES = 500;

/**
 * Text, and what each side tells the other about its devices, over an ordered data channel: JSON objects
 * `{text}` and `{devices: {microphone, camera, screen}}`.
 */
export class Chat {
  /** @type {RTCDataChannel | null} */ #channel = null;
  /** Called when the channel opens. */
  onopen = () => {};
  /** @type {(devices: import("./media.js").Devices) => void} */
  ondevices = () => {};

  constructor() {
    this.input = /** @type {HTMLInputElement} */ (element("chat-input"));
    this.button = /** @type {HTMLButtonElement} */ (element("chat-send"));
    element("chat-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#say(this.input.value.trim());
    });
  }

  /** @param {RTCDataChannel} channel */
  attach(channel) {
    this.#channel = channel;
    channel.onopen = () => {
      this.button.disabled = false;
      this.onopen();
    };
    channel.onclose = () => {
      if (this.#channel === channel) this.detach();
    };
    channel.onmessage = ({ data }) => this.#receive(String(data));
  }

  /** @param {import("./media.js").Devices} devices */
  tell(devices) {
    this.#send({ devices });
  }

  /** There is no channel any more. */
  detach() {
    this.#channel = null;
    this.button.disabled = true;
  }

  clear() {
    this.detach();
    for (const line of [...element("messages").children].slice(1)) line.remove();
    element("no-messages").hidden = false;
  }

  /** @param {string} text */
  #say(text) {
    if (!text || !this.#send({ text })) return;
    this.#show("You", text, "message own");
    this.input.value = "";
  }

  /** @param {object} message @returns {boolean} whether it is on its way */
  #send(message) {
    if (this.#channel?.readyState !== "open") return false;
    this.#channel.send(JSON.stringify(message));
    return true;
  }

  /** @param {string} data */
  #receive(data) {
    const { text, devices } = parsed(data);
    if (typeof text === "string") this.#show("Other person", text.slice(0, MAX_TEXT), "message");
    if (devices && typeof devices === "object") this.ondevices(devices);
  }

  /** @param {string} who @param {string} text @param {string} className */
  #show(who, text, className) {
    this.#add(make("p", { className }, make("span", { className: "visually-hidden", text: `${who}: ` }), document.createTextNode(text)));
  }

  /** @param {HTMLElement} line */
  #add(line) {
    const list = element("messages");
    element("no-messages").hidden = true;
    list.append(line);
    if (list.childElementCount > MAX_LINES) list.children[1].remove();
    list.scrollTop = list.scrollHeight;
  }
}

/** @param {string} data @returns {any} */
function parsed(data) {
  try {
    return JSON.parse(data) ?? {};
  } catch {
    return {};
  }
}
