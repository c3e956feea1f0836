// @ts-check

/** Messages kept while there is no way to the peer; beyond either bound the oldest go. */
const MAX_MESSAGES = 256;
const MAX_CHARACTERS = 1024 * 1024;

/** Encoded messages that wait to be sent, in order and bounded. */
export class Outbox {
  /** @type {import("./limits.js").Encoded[]} */ #messages = [];
  #characters = 0;

  /** @param {import("./limits.js").Encoded} message */
  add(message) {
    this.#messages.push(message);
    this.#characters += message.text.length;
    while (this.#messages.length > MAX_MESSAGES || this.#characters > MAX_CHARACTERS) {
      this.#characters -= this.#messages.shift()?.text.length ?? 0;
    }
  }

  /** Takes all of them out. */
  take() {
    this.#characters = 0;
    return this.#messages.splice(0);
  }
}
