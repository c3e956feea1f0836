// @ts-check
import { element } from "../common/page.js";

/** The parts of the page of which one is shown, and the title that goes with it. */
const VIEWS = {
  start: "Switchboard: try a call",
  question: "Join? · Switchboard",
  busy: "Joining · Switchboard",
  invitation: "Waiting · Switchboard",
  call: "Call · Switchboard",
  ended: "Call ended · Switchboard",
};

/**
 * For so long nothing is taken for an answer: a click that was meant for what was there before, or for the page before,
 * is none.
 */
const SETTLING = 500;

/** @type {Map<HTMLButtonElement, ReturnType<typeof setTimeout>>} */ const settling = new Map();

/**
 * Lets a button that has just come up take no click for half a second.
 * @param {HTMLButtonElement} button
 */
export function settle(button) {
  clearTimeout(settling.get(button));
  button.disabled = true;
  settling.set(button, setTimeout(() => (button.disabled = false), SETTLING));
}

/**
 * Shows a part of the page, and moves the keyboard and the screen reader there.
 * @param {keyof typeof VIEWS} name
 */
export function show(name) {
  for (const id of Object.keys(VIEWS)) element(id).hidden = id !== name;
  document.title = VIEWS[name];
  element(`${name}-title`).focus({ preventScroll: true });
  scrollTo(0, 0);
}

/**
 * Says something that needs attention, above all else.
 * @param {import("./words.js").Words} words
 * @param {{tone?: "bad" | "warn", action?: {text: string, act: () => void}, isUnasked?: boolean}} options `isUnasked`: the
 *   action may be none that the person came for
 */
export function notify({ title, text }, { tone = "bad", action, isUnasked = false } = {}) {
  element("notice").dataset.tone = tone;
  element("notice-title").textContent = title;
  element("notice-text").textContent = text;
  const button = /** @type {HTMLButtonElement} */ (element("notice-action"));
  if (isUnasked) settle(button);
  button.hidden = !action;
  button.textContent = action?.text ?? "";
  button.onclick = () => {
    dismiss();
    action?.act();
  };
  element("notice").hidden = false;
}

/** What was said has been read, or is not so any more. */
export function dismiss() {
  element("notice").hidden = true;
}
