// @ts-check

/** What the REST API answers in `error`. */
export const restErrorIds = /** @type {const} */ ([
  "bad_request", "conflict", "forbidden", "headers_too_large", "internal", "invalid_field", "invalid_json",
  "method_not_allowed", "missing_field", "not_a_member", "not_found", "not_found_or_expired", "pairing_disabled",
  "rate_limited", "too_large", "unauthorized", "unavailable",
]);

/** What the signaling connection says in `code`, and `room_full`, which has a message of its own. */
export const signalingErrorIds = /** @type {const} */ ([
  "invalid_json", "invalid_message", "invalid_room_id", "not_in_room", "peer_absent", "rate_limited", "room_full",
  "too_large", "unknown_type",
]);

/**
 * What the client finds out by itself. `network`: no answer; `timeout`: none in time; `bad_answer`: one that no
 * Switchboard gives; `closed`: the server has closed the connection for a fault of this client.
 */
export const clientErrorIds = /** @type {const} */ (["network", "timeout", "bad_answer", "closed"]);

/**
 * Ids stay the same from version to version. A later server may have further ones.
 * @typedef {typeof restErrorIds[number] | typeof signalingErrorIds[number] | typeof clientErrorIds[number]} ErrorId
 */

/** @type {ReadonlySet<string>} */
const temporary = new Set(["network", "timeout", "rate_limited", "unavailable", "internal"]);

/** A refusal of the server, or the lack of an answer. `id` is what programs decide by; `message` is for people. */
export class SwitchboardError extends Error {
  /**
   * @param {ErrorId | (string & {})} id
   * @param {string} message
   * @param {{status?: number, field?: string, retryAfter?: number, cause?: unknown}} details
   */
  constructor(id, message, { status, field, retryAfter, cause } = {}) {
    super(message, { cause });
    this.name = "SwitchboardError";
    /** The stable id, for example `not_found_or_expired`. */
    this.id = id;
    /** The HTTP status, where an answer came. */
    this.status = status;
    /** The member that is to blame, where one is. */
    this.field = field;
    /** Seconds after which the same call may work. */
    this.retryAfter = retryAfter;
  }

  /** Whether the same call may work later without anybody changing anything. */
  get isTemporary() {
    return temporary.has(this.id);
  }
}
