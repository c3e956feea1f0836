// @ts-check
import { serverAddress } from "./address.js";
import { readJoinCode } from "./code.js";
import { SwitchboardError } from "./errors.js";
import { Backoff, delay } from "./timing.js";

/** How long a call may take. The server holds an attempt to accept for up to 5 s when many guess codes. */
const CALL_LIMIT = 15_000;
/** For how long the server is asked to hold back an answer; proxies give up after 30 to 60 s. */
const HOLD_SECONDS = 20;
/** Codes drawn anew when somebody else has the code. */
const CODE_ATTEMPTS = 5;
/** How many digits a code has: out of one address's reach for the minutes that it lives, and still easily typed. */
const CODE_DIGITS = 8;
const INVITATION_SECONDS = 600;

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
   * @param {string | URL} [server] its address, for example `https://call.example.org`; by default the server that
   *   this module came from
   * @param {{fetch?: typeof fetch}} options `fetch`: what to call instead of the browser's
   */
  constructor(server, { fetch = globalThis.fetch } = {}) {
    this.server = serverAddress(server);
    this.fetch = fetch;
  }

  /**
   * Makes an invitation. Without a `code` it draws one of `digits` digits, and another if somebody has it already.
   * A `code` of the caller's own is {@link readJoinCode read} like one that is typed; show the one that comes back.
   * @param {{client: string, code?: string, digits?: number, expiresInSeconds?: number, signal?: AbortSignal}} invitation
   * @returns {Promise<Invitation>}
   * @throws {SwitchboardError} `conflict` when another device has the code; `invalid_field` when `code` cannot be one
   */
  async createCode({ client, code, digits = CODE_DIGITS, expiresInSeconds = INVITATION_SECONDS, signal }) {
    const own = code === undefined ? undefined : readJoinCode(code);
    for (let attempt = 1; ; attempt += 1) {
      const joinid = own ?? randomDigits(digits);
      try {
        const body = { joinid, client1: client, expiresInSeconds };
        const answer = await this.#call("POST", "api/rooms", { body, signal });
        return { code: joinid, expires: new Date(member(answer, "exp", "string")) };
      } catch (error) {
        const isTaken = error instanceof SwitchboardError && error.id === "conflict";
        if (!isTaken || own !== undefined || attempt === CODE_ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Accepts an invitation. The server counts codes that nobody has, and locks out who tries too many: what cannot be a
   * code is refused here.
   * @param {{client: string, code: string, signal?: AbortSignal}} acceptance `code` as somebody typed it
   * @returns {Promise<{roomId: string}>}
   * @throws {SwitchboardError} `not_found_or_expired`; `conflict` when somebody else accepted first; `invalid_field` for
   *   what cannot be a code
   */
  async accept({ client, code, signal }) {
    const body = { joinid: readJoinCode(code), client2: client };
    const answer = await this.#call("POST", "api/rooms/accept", { body, signal });
    return { roomId: member(answer, "roomid", "string") };
  }

  /**
   * Asks once whether the invitation was accepted. The room id is handed over once, so keep it.
   * @param {{client: string, code: string, waitSeconds?: number, signal?: AbortSignal}} invitation `waitSeconds`: for
   *   how long the server may hold the answer back until somebody accepts; one that does not do that answers at once
   * @returns {Promise<{roomId: string} | null>} null while nobody has accepted
   */
  async check(invitation) {
    return (await this.#ask(invitation)).room;
  }

  /**
   * @param {{client: string, code: string, waitSeconds?: number, signal?: AbortSignal}} invitation
   * @returns {Promise<{room: {roomId: string} | null, isAccepted: boolean}>} `isAccepted` without a room: somebody
   *   accepted while the answer was held back, and the next one has the room
   */
  async #ask({ client, code, waitSeconds, signal }) {
    const body = { joinid: readJoinCode(code), client1: client, waitSeconds };
    const limit = CALL_LIMIT + (waitSeconds ?? 0) * 1_000;
    const { answer, headers } = await this.#exchange("POST", "api/rooms/check", { body, signal, limit });
    if (answer) return { room: { roomId: member(answer, "roomid", "string") }, isAccepted: true };
    return { room: null, isAccepted: headers.get("Retry-After") === "0" };
  }

  /**
   * Waits until somebody has accepted. A server that holds its answers back tells at once; any other is asked every
   * second at first, every six seconds later. One that does not answer for a while is asked again; `signal` ends the
   * wait.
   * @param {{client: string, code: string, signal?: AbortSignal}} invitation
   * @returns {Promise<{roomId: string}>}
   * @throws {SwitchboardError} `not_found_or_expired` when the invitation has ended
   */
  async waitForPeer({ client, code, signal }) {
    const pace = new Backoff({ first: 1_000, longest: 6_000, factor: 1.3 });
    for (;;) {
      // From one question to the next, so that an answer that was held back for longer is followed at once.
      const pause = delay(pace.next(), signal);
      pause.catch(() => {});  // Nobody waits for it once the wait is over.
      try {
        let { room, isAccepted } = await this.#ask({ client, code, waitSeconds: HOLD_SECONDS, signal });
        if (!room && isAccepted) room = await this.check({ client, code, signal });
        if (room) return room;
      } catch (error) {
        if (!(error instanceof SwitchboardError) || !error.isTemporary) throw error;
        await delay((error.retryAfter ?? 0) * 1_000, signal);
      }
      await pause;
    }
  }

  /**
   * Looks a room up.
   * @param {string} roomId
   * @param {{signal?: AbortSignal}} options
   * @returns {Promise<{roomId: string, client1: string, client2: string}>}
   * @throws {SwitchboardError} `not_found`
   */
  async room(roomId, { signal } = {}) {
    const answer = await this.#call("GET", `api/rooms?${new URLSearchParams({ roomid: roomId })}`, { signal });
    return { roomId: member(answer, "roomid", "string"), client1: answer.client1, client2: answer.client2 };
  }

  /**
   * Deletes a room; harmless when there is none. Also from a page that is being left.
   * @param {string} roomId
   */
  async deleteRoom(roomId) {
    await this.#call("DELETE", "api/rooms", { body: { roomid: roomId }, keepalive: true });
  }

  /**
   * Deletes every room and invitation of these devices. Also from a page that is being left.
   * @param {...string} clients
   * @returns {Promise<{rooms: number, invitations: number}>} how many were deleted
   */
  async forget(...clients) {
    const answer = await this.#call("POST", "api/user/purge", { body: { deviceIds: clients }, keepalive: true });
    return { rooms: member(answer, "roomsDeleted", "number"), invitations: member(answer, "pendingsDeleted", "number") };
  }

  /**
   * Fresh ICE servers for a member of a paired room.
   * @param {{roomId: string, client: string, signal?: AbortSignal}} member
   * @returns {Promise<IceServerList>}
   * @throws {SwitchboardError} `not_a_member`
   */
  async iceServers({ roomId, client, signal }) {
    const query = new URLSearchParams({ roomid: roomId, client });
    return iceServerList(await this.#call("GET", `api/ice-servers?${query}`, { signal }));
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {{body?: object, signal?: AbortSignal, keepalive?: boolean, limit?: number}} options
   * @returns {Promise<any>} the JSON of the answer; null for 204
   */
  async #call(method, path, options) {
    return (await this.#exchange(method, path, options)).answer;
  }

  /**
   * @param {string} method
   * @param {string} path below the server's address
   * @param {{body?: object, signal?: AbortSignal, keepalive?: boolean, limit?: number}} options `limit`: milliseconds
   * @returns {Promise<{answer: any, headers: Headers}>} the JSON of the answer, null for 204
   */
  async #exchange(method, path, { body, signal, keepalive, limit = CALL_LIMIT } = {}) {
    const call = new AbortController();
    const stop = () => call.abort(signal?.reason);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
    const timer = setTimeout(() => call.abort(), limit);
    let response, text;
    try {
      // Taken off the object first: the browser's own wants no other `this` than the page.
      const { fetch } = this;
      response = await fetch(new URL(path, this.server), {
        method,
        headers: body && { "Content-Type": "application/json" },
        body: body && JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
        keepalive,
        signal: call.signal,
      });
      text = await response.text();
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      if (call.signal.aborted) throw new SwitchboardError("timeout", "The server did not answer in time.", { cause });
      throw new SwitchboardError("network", "The server cannot be reached.", { cause });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
    const answer = parsed(text);
    if (!response.ok) throw refusal(response, answer);
    if (response.status === 204) return { answer: null, headers: response.headers };
    if (typeof answer !== "object" || answer === null) throw badAnswer(response.status);
    return { answer, headers: response.headers };
  }
}

/** @param {number} [status] */
function badAnswer(status) {
  return new SwitchboardError("bad_answer", "This is not the answer of a Switchboard server.", { status });
}

/**
 * A member that an answer has to have.
 * @param {any} answer
 * @param {string} name
 * @param {"string" | "number"} type
 */
function member(answer, name, type) {
  if (typeof answer[name] !== type) throw badAnswer();
  return answer[name];
}

/**
 * The list in an answer of the server's, be it of the REST API or in `room_joined`.
 * @param {{iceServers?: RTCIceServer[], iceServersExpire?: number}} answer
 * @returns {IceServerList}
 */
export function iceServerList({ iceServers = [], iceServersExpire }) {
  return { iceServers, expires: iceServersExpire === undefined ? null : new Date(iceServersExpire * 1_000) };
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
