// @ts-check
import { element } from "../common/page.js";
import { showCode } from "./invitation.js";
import { settle, show } from "./views.js";

/** Asks before a call is entered that the person may not have wanted. */
export class Question {
  constructor() {
    this.yes = /** @type {HTMLButtonElement} */ (element("question-yes"));
    this.no = /** @type {HTMLButtonElement} */ (element("question-no"));
  }

  /** Whether it is being asked. */
  get isOn() {
    return !element("question").hidden;
  }

  /**
   * @param {import("./words.js").Words & {yes: string}} words
   * @param {string} code that is shown with it; it may be the text of anybody, so nothing but digits is
   * @param {{yes: () => void, no: () => void}} answers
   */
  ask({ title, text, yes }, code, answers) {
    element("question-title").textContent = title;
    element("question-text").textContent = text;
    const isShort = /^\d{1,16}$/.test(code);
    element("question-code").hidden = !isShort;
    if (isShort) showCode(code, element("question-code-read"), element("question-code-seen"));
    this.yes.textContent = yes;
    this.yes.onclick = answers.yes;
    this.no.onclick = answers.no;
    settle(this.yes);
    show("question");
  }
}
