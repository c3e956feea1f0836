// @ts-check
import { SwitchboardError } from "./errors.js";
import { Backoff, delay } from "./timing.js";

/** How long a call may take. The server holds an attempt to accept for up to 5 s when many guess codes. */
const CALL_LIMIT = 15_000;
/** Codes drawn anew when somebody else has the code. */
const CODE_ATTEMPTS = 5;

/**
 * @typedef {object} Invitation
 * @property {string} code what the other device enters
 * @property {Date} expires when it is worth nothing any more
 *
 * @typedef {object} IceServerList
 * @property {RTCIceServer[]} iceServers as `RTCConfiguration` takes them
 * @property {Date | null} expires when the credentials in it end; null if it has none
 */

/** The REST API that gets two devices into one room. */
export class Pairing {
  /**
   * @param {string | URL} [server] its address, for example `https://call.example.org`; that of the page by default
   * @param {{fetch?: typeof fetch}} options `fetch`: what to call instead of the browser's
   */
  constructor(server = globalThis.location?.origin, { fetch = globalThis.fetch.bind(globalThis) } = {}) {
    this.server = new URL(server);
    this.fetch = fetch;
  }

  /**
   * Makes an invitation. Without a `code` it draws one of `digits` digits, and another if somebody has it already.
   * @param {{client: string, code?: string, digits?: number, expiresInSeconds?: number, signal?: AbortSignal}} invitation
   * @returns {Promise<Invitation>}
   * @throws {SwitchboardError} `conflict` when another device has the code
   */
  async createCode({ client, code, digits = 6, expiresInSeconds = 600, signal }) {
    for (let attempt = 1; ; attempt += 1) {
      const joinid = code ?? randomDigits(digits);
      try {
        const body = { joinid, client1: client, expiresInSeconds };
        const answer = await this.#call("POST", "/api/rooms", { body, signal });
        return { code: joinid, expires: new Date(answer.exp) };
      } catch (error) {
        const isTaken = error instanceof SwitchboardError && error.id === "conflict";
        if (!isTaken || code !== undefined || attempt === CODE_ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Accepts an invitation.
   * @param {{client: string, code: string, signal?: AbortSignal}} acceptance
   * @returns {Promise<{roomId: string}>}
   * @throws {SwitchboardError} `not_found_or_expired`; `conflict` when somebody else accepted first
   */
  async accept({ client, code, signal }) {
    const body = { joinid: code, client2: client };
    const answer = await this.#call("POST", "/api/rooms/accept", { body, signal });
    return { roomId: answer.roomid };
  }

  /**
   * Asks once whether the invitation was accepted. The room id is handed over once, so keep it.
   * @param {{client: string, code: string, signal?: AbortSignal}} invitation
   * @returns {Promise<{roomId: string} | null>} null while nobody has accepted
   */
  async check({ client, code, signal }) {
    const body = { joinid: code, client1: client };
    const answer = await this.#call("POST", "/api/rooms/check", { body, signal });
    return answer && { roomId: answer.roomid };
  }

  /**
   * Asks until somebody has accepted: every second at first, every six seconds later. A server that does not answer
   * for a while is asked again; `signal` ends the wait.
   * @param {{client: string, code: string, signal?: AbortSignal}} invitation
   * @returns {Promise<{roomId: string}>}
   * @throws {SwitchboardError} `not_found_or_expired` when the invitation has ended
   */
  async waitForPeer({ client, code, signal }) {
    const pace = new Backoff({ first: 1_000, longest: 6_000, factor: 1.3 });
    for (;;) {
      let wait = pace.next();
      try {
        const room = await this.check({ client, code, signal });
        if (room) return room;
      } catch (error) {
        if (!(error instanceof SwitchboardError) || !error.isTemporary) throw error;
        wait = Math.max(wait, (error.retryAfter ?? 0) * 1_000);
      }
      await delay(wait, signal);
    }
  }

  /**
   * Looks a room up.
   * @param {string} roomId
   * @returns {Promise<{roomId: string, client1: string, client2: string}>}
   * @throws {SwitchboardError} `not_found`
   */
  async room(roomId) {
    const answer = await this.#call("GET", `/api/rooms?roomid=${encodeURIComponent(roomId)}`);
    return { roomId: answer.roomid, client1: answer.client1, client2: answer.client2 };
  }

  /**
   * Deletes a room; harmless when there is none.
   * @param {string} roomId
   */
  async deleteRoom(roomId) {
    await this.#call("DELETE", "/api/rooms", { body: { roomid: roomId } });
  }

  /**
   * Deletes every room and invitation of these devices.
   * @param {...string} clients
   * @returns {Promise<{rooms: number, invitations: number}>} how many were deleted
   */
  async forget(...clients) {
    const answer = await this.#call("POST", "/api/user/purge", { body: { deviceIds: clients } });
    return { rooms: answer.roomsDeleted, invitations: answer.pendingsDeleted };
  }

  /**
   * Fresh ICE servers for a member of a paired room.
   * @param {{roomId: string, client: string, signal?: AbortSignal}} member
   * @returns {Promise<IceServerList>}
   * @throws {SwitchboardError} `not_a_member`
   */
  async iceServers({ roomId, client, signal }) {
    const query = new URLSearchParams({ roomid: roomId, client });
    return iceServerList(await this.#call("GET", `/api/ice-servers?${query}`, { signal }));
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{body?: object, signal?: AbortSignal}} options
   * @returns {Promise<any>} the JSON of the answer; null for 204
   */
  async #call(method, path, { body, signal } = {}) {
    const limit = /** @type {any} */ (AbortSignal).timeout(CALL_LIMIT);
    const ended = signal ? anyOf(signal, limit) : limit;
    let response, text;
    try {
      response = await this.fetch(new URL(path, this.server), {
        method,
        headers: body && { "Content-Type": "application/json" },
        body: body && JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
        signal: ended,
      });
      text = await response.text();
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      if (limit.aborted) throw new SwitchboardError("timeout", "The server did not answer in time.", { cause });
      throw new SwitchboardError("network", "The server cannot be reached.", { cause });
    }
    const answer = parsed(text);
    if (!response.ok) throw refusal(response, answer);
    if (response.status !== 204 && answer === null) {
      throw new SwitchboardError("bad_answer", "The server's answer is no JSON.", { status: response.status });
    }
    return response.status === 204 ? null : answer;
  }
}

/**
 * The list in an answer of the server's, be it of the REST API or in `room_joined`.
 * @param {{iceServers?: RTCIceServer[], iceServersExpire?: string | number}} answer
 * @returns {IceServerList}
 */
export function iceServerList({ iceServers = [], iceServersExpire }) {
  const expires = typeof iceServersExpire === "number" ? iceServersExpire * 1_000 : iceServersExpire;
  return { iceServers, expires: expires === undefined ? null : new Date(expires) };
}

/**
 * @param {Response} response
 * @param {any} answer
 */
function refusal(response, answer) {
  const retryAfter = answer?.retryAfter ?? (Number(response.headers.get("Retry-After")) || undefined);
  const id = typeof answer?.error === "string" ? answer.error : response.status >= 500 ? "unavailable" : "bad_answer";
  const message = answer?.message ?? `The server answered ${response.status}.`;
  return new SwitchboardError(id, message, { status: response.status, field: answer?.field, retryAfter });
}

/**
 * @param {string} text
 * @returns {any}
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * `AbortSignal.any`, which not every browser in use has.
 * @param {...AbortSignal} signals
 */
function anyOf(...signals) {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}

/**
 * Decimal digits, each equally likely.
 * @param {number} count
 */
function randomDigits(count) {
  let digits = "";
  while (digits.length < count) {
    for (const byte of crypto.getRandomValues(new Uint8Array(count))) {
      // 250 is the largest multiple of ten in a byte; above it low digits would be likelier.
      if (byte < 250 && digits.length < count) digits += byte % 10;
    }
  }
  return digits;
}
