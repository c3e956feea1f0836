// @ts-check

/**
 * What can go wrong between this page and its server. The ids below `network` are the client's own; all others are
 * the server's and stay the same from version to version.
 *
 * @typedef {"bad_request" | "conflict" | "forbidden" | "headers_too_large" | "internal" | "invalid_field"
 *   | "invalid_json" | "invalid_message" | "invalid_room_id" | "method_not_allowed" | "missing_field" | "not_a_member"
 *   | "not_found" | "not_found_or_expired" | "not_in_room" | "pairing_disabled" | "peer_absent" | "rate_limited"
 *   | "room_full" | "too_large" | "unauthorized" | "unavailable" | "unknown_type"
 *   | "network" | "timeout" | "bad_answer" | "closed"} ErrorId
 */

/** A refusal of the server, or the lack of an answer. `id` is what programs decide by; `message` is for people. */
export class SwitchboardError extends Error {
  /**
   * @param {ErrorId | string} id
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
    return ["network", "timeout", "rate_limited", "unavailable", "internal"].includes(this.id);
  }
}
