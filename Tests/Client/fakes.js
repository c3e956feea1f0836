// @ts-check
// A server's end of a WebSocket, an HTTP server and a browser's peer connection, as far as the tests need them.

import { webcrypto } from "node:crypto";

// Node 18 has these two behind flags only.
globalThis.crypto ??= /** @type {any} */ (webcrypto);
globalThis.CustomEvent ??= /** @type {any} */ (
  class extends Event {
    /**
     * @param {string} type
     * @param {{detail?: unknown}} [init]
     */
    constructor(type, { detail } = {}) {
      super(type);
      this.detail = detail;
    }
  }
);

/** A WebSocket whose other end is the test. The sockets made since `reset` are in `made`. */
export class FakeSocket {
  /** @type {FakeSocket[]} */ static made = [];
  readyState = 0;
  /** @type {any[]} */ sent = [];
  /** @type {((event: any) => void) | null} */ onmessage = null;
  /** @type {((event: any) => void) | null} */ onclose = null;

  /** @param {URL | string} url */
  constructor(url) {
    this.url = String(url);
    FakeSocket.made.push(this);
  }

  static reset() {
    FakeSocket.made = [];
  }

  static get latest() {
    return /** @type {FakeSocket} */ (FakeSocket.made.at(-1));
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }

  /** The connection opens and the server greets. */
  greet() {
    this.readyState = 1;
    this.say({ type: "connected", clientId: "c", server: "Switchboard" });
  }

  /** @param {object} message */
  say(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** @param {number} code */
  end(code) {
    this.readyState = 3;
    this.onclose?.({ code, reason: "" });
  }
}

/**
 * Collects the details of events of one type.
 * @param {EventTarget} target
 * @param {string} type
 */
export function collect(target, type) {
  /** @type {any[]} */ const details = [];
  target.addEventListener(type, (event) => details.push(/** @type {CustomEvent} */ (event).detail));
  return details;
}

/**
 * Answers of an HTTP server, in order.
 * @param {...[number, object | null] | Error} answers
 */
export function fakeFetch(...answers) {
  /** @type {{method: string, url: string, body: any}[]} */ const calls = [];
  /** @type {any} */
  const fetch = async (/** @type {URL} */ url, /** @type {any} */ { method, body }) => {
    calls.push({ method, url: `${url.pathname}${url.search}`, body: body && JSON.parse(body) });
    const answer = answers.shift();
    if (!answer) throw new Error(`no answer left for ${method} ${url}`);
    if (answer instanceof Error) throw answer;
    const [status, content] = answer;
    return new Response(content && JSON.stringify(content), { status });
  };
  return { fetch, calls };
}

/**
 * A browser's window, page and network, in Node's place until the test ends.
 * @param {import("node:test").TestContext} context
 */
export function fakeBrowser(context) {
  const network = Object.assign(new EventTarget(), { type: "wifi" });
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const window = new EventTarget();
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { connection: network }, configurable: true });
  Object.assign(globalThis, { addEventListener: window.addEventListener.bind(window), document: page });
  context.after(() => {
    Reflect.deleteProperty(globalThis, "navigator");
    if (before) Object.defineProperty(globalThis, "navigator", before);
    for (const name of ["addEventListener", "document"]) Reflect.deleteProperty(globalThis, name);
  });
  return { network, page, window };
}

/**
 * Puts time into the hands of a test. Node's own mock differs between the versions that Debian has had.
 * @param {import("node:test").TestContext} context
 */
export function stopTheClock(context) {
  const { setTimeout, clearTimeout } = globalThis;
  /** @type {Map<number, {due: number, act: () => void}>} */ const waiting = new Map();
  let [now, last] = [0, 0];
  Object.assign(globalThis, {
    setTimeout: (/** @type {() => void} */ act, wait = 0) => {
      waiting.set((last += 1), { due: now + wait, act });
      return last;
    },
    clearTimeout: (/** @type {number} */ id) => waiting.delete(id),
  });
  context.after(() => void Object.assign(globalThis, { setTimeout, clearTimeout }));
  return {
    /** How many timers run. */
    get waiting() {
      return waiting.size;
    },
    /**
     * Lets time pass.
     * @param {number} milliseconds
     */
    tick(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const [id, next] = [...waiting].sort(([, one], [, other]) => one.due - other.due)[0] ?? [0, undefined];
        if (!next || next.due > end) break;
        waiting.delete(id);
        now = next.due;
        next.act();
      }
      now = end;
    },
  };
}
