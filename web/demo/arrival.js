// @ts-check

/**
 * What this tab comes with.
 * @typedef {object} Luggage
 * @property {string | null} code of the link that led here
 * @property {string | null} room of a call that was left without hanging up
 * @property {import("../client/pairing.js").Invitation | null} invitation that was not taken back
 * @property {number} now milliseconds since 1970
 * @property {boolean} isReload whether the person has reloaded the page, rather than come from somewhere else
 *
 * @typedef {{to: "join", code: string} | {to: "return", room: string} |
 *   {to: "wait", invitation: import("../client/pairing.js").Invitation}} Move
 */

/**
 * Where a page that is opened, or shown again, goes on. Other pages can lead a tab here at any time, with any code and
 * without a click; so a call is entered at once only where a reload broke it off, and after a question otherwise. A
 * reload is the person's own, no other page can make one.
 * @param {Luggage} luggage
 * @returns {{move: Move, asks: boolean} | null} null: the page begins at its beginning
 */
export function arrival({ code, room, invitation, now, isReload }) {
  if (isReload && room) return { move: { to: "return", room }, asks: false };
  if (isReload && invitation && !code) return { move: { to: "wait", invitation }, asks: false };
  if (code !== null) return { move: { to: "join", code }, asks: true };
  if (room) return { move: { to: "return", room }, asks: true };
  if (invitation && now < invitation.expires.getTime()) return { move: { to: "wait", invitation }, asks: true };
  return null;
}
