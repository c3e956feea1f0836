// @ts-check
import { element, make, rate, size } from "../common/page.js";

/** People cannot read faster. */
const REFRESH_INTERVAL = 150;

/** One file in the list, with a bar while it travels. */
export class FileRow {
  #start = performance.now();
  #shown = 0;
  /** @type {HTMLElement | null} */ #action = null;

  /** @param {string} name @param {number} bytes @param {"in" | "out"} direction */
  constructor(name, bytes, direction) {
    this.name = name;
    this.bytes = bytes;
    this.verb = direction === "out" ? "Sending" : "Receiving";
    this.state = make("span", { className: "file-state quiet small number", text: `${this.verb}, ${size(bytes)}` });
    this.bar = make("progress", {});
    this.bar.max = bytes || 1;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", `${this.verb} ${name}`);
    this.item = make("li", { className: "file" }, make("span", { className: "file-name", text: name }), this.state, this.bar);
    this.item.dataset.direction = direction;
    element("files").append(this.item);
  }

  /** @param {number} done bytes */
  show(done) {
    const now = performance.now();
    if (now - this.#shown < REFRESH_INTERVAL) return;
    this.#shown = now;
    this.bar.value = done;
    const seconds = (now - this.#start) / 1_000;
    const speed = seconds > 0.5 ? `, ${rate((done * 8) / seconds)}` : "";
    const percent = Math.floor((done / (this.bytes || 1)) * 100);
    this.state.textContent = `${this.verb}, ${percent} % of ${size(this.bytes)}${speed}`;
  }

  /**
   * Something that can be done about the file, in place of what could be before.
   * @param {string} text
   * @param {() => void} act
   */
  offer(text, act) {
    const button = make("button", { text });
    button.type = "button";
    button.setAttribute("aria-label", `${text}: ${this.name}`);
    button.onclick = act;
    this.#replaceAction(button);
  }

  /** @param {string} outcome @param {HTMLElement} [action] */
  finish(outcome, action) {
    this.bar.remove();
    this.state.textContent = `${outcome}, ${size(this.bytes)}`;
    this.#replaceAction(action ?? null);
    element("files-said").textContent = `${this.name}: ${outcome}`;
  }

  /** @param {string} outcome */
  fail(outcome) {
    this.finish(outcome);
    this.state.classList.replace("quiet", "bad");
  }

  remove() {
    this.item.remove();
  }

  /** @param {HTMLElement | null} action */
  #replaceAction(action) {
    const hadFocus = this.#action !== null && this.#action === document.activeElement;
    this.#action?.remove();
    this.#action = action;
    if (action) this.item.append(action);
    if (hadFocus) (action ?? /** @type {HTMLElement} */ (element("file-input"))).focus();
  }
}
