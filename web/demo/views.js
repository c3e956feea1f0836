// @ts-check
import { element } from "../common/page.js";

/** The parts of the page of which one is shown, and the title that goes with it. */
const VIEWS = {
  start: "Switchboard: try a call",
  busy: "Joining · Switchboard",
  invitation: "Waiting · Switchboard",
  call: "Call · Switchboard",
  ended: "Call ended · Switchboard",
};

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
 * @param {{tone?: "bad" | "warn", action?: {text: string, act: () => void}}} options
 */
export function notify({ title, text }, { tone = "bad", action } = {}) {
  element("notice").dataset.tone = tone;
  element("notice-title").textContent = title;
  element("notice-text").textContent = text;
  const button = element("notice-action");
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
