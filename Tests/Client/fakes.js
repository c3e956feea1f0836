// @ts-check
// A server's end of a WebSocket, an HTTP server and a browser's peer connection, as far as the tests need them.

// Node 18 has CustomEvent behind a flag only.
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
