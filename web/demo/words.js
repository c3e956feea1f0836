// @ts-check
import { SwitchboardError } from "../client/switchboard.js";

/**
 * What people are told, in one place.
 *
 * @typedef {"good" | "busy" | "warn" | "bad"} Tone
 * @typedef {{title: string, text: string}} Words
 *
 * @typedef {object} Standing of a call
 * @property {import("../client/peer.js").PeerState} peer
 * @property {import("../client/signaling.js").SignalingState} signaling
 * @property {"here" | "unknown" | "lost" | "left"} other whether the other person is in the room
 * @property {boolean} wasConnected whether the two have been connected in this call
 * @property {string} reason why no path has come about, as far as this side can know
 * @property {string | null} trouble what the browser could not do for the connection
 */

/**
 * How a call stands.
 * @param {Standing} standing
 * @returns {Words & {tone: Tone, isOver?: boolean}}
 */
export function standing({ peer, signaling, other, wasConnected, reason, trouble }) {
  const isServerGone = signaling === "waiting" || signaling === "closed";
  if (other === "left") {
    return { tone: "warn", title: "The other person has left", text: "This call is over. You can still read the chat and save what you received.", isOver: true };
  }
  if (signaling === "closed" && peer !== "connected" && peer !== "interrupted") {
    return { tone: "bad", title: "The connection is lost", text: `${dismissed} You can still read the chat and save what you received.`, isOver: true };
  }
  switch (peer) {
    case "connected":
      if (signaling === "closed") return { tone: "warn", title: "Connected, but the server is gone", text: "The call goes on without it, for as long as nothing breaks." };
      if (!isServerGone) return { tone: "good", title: "Connected", text: "" };
      return { tone: "warn", title: "Connected, but the server is gone", text: "The call goes on without it. Reconnecting to the server…" };
    case "interrupted":
      if (isServerGone) return { tone: "bad", title: "Reconnecting…", text: signaling === "closed" ? dismissed : unreachable };
      if (other === "lost") return gone;
      return { tone: "warn", title: "Reconnecting…", text: "The connection to the other person broke. A new way is being looked for." };
    case "failed": {
      const title = wasConnected ? "The connection is lost" : "No connection came about";
      if (isServerGone) return { tone: "bad", title, text: unreachable };
      if (other === "lost") return gone;
      // The relay may have been reached from a network that this device has left since.
      const why = trouble ? problem(trouble) : wasConnected ? "No way to the other person has been found any more." : reason;
      return { tone: "bad", title, text: `${why} It is still being tried.` };
    }
  }
  if (isServerGone) return { tone: "bad", title: "The server is gone", text: "It cannot be reached at the moment. Reconnecting…" };
  if (other === "lost") return gone;
  if (trouble) return { tone: "bad", title: "Connecting…", text: `${problem(trouble)} It is still being tried.` };
  if (peer === "connecting") return { tone: "busy", title: "Connecting…", text: "The other person is here. Looking for a way to them." };
  if (signaling === "open") return { tone: "busy", title: "Waiting for the other person…", text: "They have the code and should be here in a moment." };
  return { tone: "busy", title: "Connecting to the server…", text: "" };
}

/** @type {Words & {tone: Tone}} */
const gone = { tone: "warn", title: "The other person is gone", text: "Their connection broke off. If they come back, the call goes on." };

const unreachable = "Neither the other person nor the server can be reached. Is this device online?";

const dismissed = "The server has let go of this call, and without it no new way can be found.";

/** @param {string} trouble */
const problem = (trouble) => `The browser could not set up the call (${trouble}).`;

/**
 * What is known of the connection to the server after it changed: an attempt to get it back is no news, and a server
 * that has let go of the call is of no more use to it.
 * @param {import("../client/signaling.js").SignalingState} before
 * @param {import("../client/signaling.js").SignalingState} now
 */
export function serverSeen(before, now) {
  return before === "closed" || (before === "waiting" && now === "connecting") ? before : now;
}

/** Said to two whose call goes from browser to browser. */
export const dismissal = {
  title: "The server has let go of this call.",
  text: "It goes on between the two browsers, but cannot be mended when it breaks.",
};

/**
 * What is known of the other person when this side has (again) entered the room, alone or not. Who was there before
 * has gone meanwhile, which nobody could tell this side.
 * @param {Standing["other"]} before
 * @param {boolean} isReady whether the other is in the room
 */
export function otherSeen(before, isReady) {
  return !isReady && before === "here" ? "lost" : before;
}

const seenAndHeard = (/** @type {boolean} */ hasDevices) =>
  hasDevices ? "camera and microphone are turned on, and the other person sees and hears you" : "you see and hear the other person";

/**
 * What is asked before a call is entered.
 * @param {import("./arrival.js").Move} move
 * @param {boolean} hasDevices whether the browser may give camera and microphone to the page
 * @returns {Words & {yes: string}}
 */
export function question(move, hasDevices) {
  switch (move.to) {
    case "join":
      return { title: "Join this call?", text: `The link starts a call with the person who made it. Once you join, ${seenAndHeard(hasDevices)}.`, yes: "Join" };
    case "return":
      return { title: "Go back to your call?", text: `You left this page without hanging up. Once you are back, ${seenAndHeard(hasDevices)}.`, yes: "Go back" };
    case "wait":
      return { title: "Wait for the other person again?", text: `You left this page while your code was valid. Once somebody joins with it, ${seenAndHeard(hasDevices)}.`, yes: "Show the code" };
  }
}

/** Said to somebody who is in a call, or about to be, when a link leads into another. */
export const proposal = {
  title: "A link leads into another call.",
  text: "Nothing changes unless you want to go there.",
  action: "Join it instead",
};

/** Said to what is typed into the field for the code. */
export const noCode = {
  missing: "Enter the code that the other person sees.",
  wrong: "This is not a code. Enter the digits that the other person sees, or the link that they sent.",
};

/**
 * Why something failed that was asked of the server.
 * @param {unknown} error
 * @param {string} [code] that was entered
 * @returns {Words}
 */
export function failure(error, code) {
  if (!(error instanceof SwitchboardError)) return { title: "Something went wrong.", text: String(error) };
  switch (error.id) {
    case "not_found_or_expired":
      if (!code) return { title: "The code has expired.", text: "Create a new one." };
      return { title: `Nobody is waiting with the code ${code}.`, text: "It may be mistyped, used or expired. Compare the digits, or ask for a new code." };
    case "conflict":
      return { title: `The code ${code ?? ""} has been used.`, text: "Somebody else joined with it first. Ask for a new code." };
    case "invalid_field":
      return { title: "This is not a code.", text: "Codes are the digits that the other person sees on their screen." };
    case "room_full":
      return { title: "This call is full.", text: "Two people are in it already, and there is room for no more. Start a call of your own." };
    case "invalid_room_id":
      return { title: "This call does not exist any more.", text: "Start a new one." };
    case "rate_limited":
      return { title: "Too many attempts.", text: `Try again in ${seconds(error.retryAfter ?? 60)}.` };
    case "pairing_disabled":
      return { title: "This server makes no codes.", text: "Pairing is switched off in its configuration (USE_SQLITE)." };
    case "network":
    case "timeout":
    case "unavailable":
    case "internal":
      return { title: "The server cannot be reached.", text: "Check that this device is online, then try again." };
    case "closed":
      return { title: "The server ended the connection.", text: error.message };
    default:
      return { title: "The server refused.", text: error.message };
  }
}

/** @param {number} count */
const seconds = (count) => (count === 1 ? "one second" : `${Math.ceil(count)} seconds`);

/**
 * Why camera, microphone or screen cannot be had.
 * @param {unknown} error
 * @param {"devices" | "camera" | "microphone" | "screen"} what
 * @returns {Words}
 */
export function mediaFailure(error, what) {
  const name = error instanceof Error ? error.name : "";
  const meanwhile = "Until then you can watch, listen, chat and send files.";
  if (what === "screen") {
    return { title: "The screen is not shared.", text: name === "NotAllowedError" ? "You or this device did not allow it." : "This browser cannot do it here." };
  }
  const [subject, is, it] = what === "devices" ? ["Camera and microphone", "are", "them"] : [`The ${what}`, "is", "it"];
  switch (name) {
    case "NotAllowedError":
      return { title: `${subject} ${is} blocked.`, text: `Allow ${it} for this page at the sign beside its address, then try again. ${meanwhile}` };
    case "NotFoundError":
    case "OverconstrainedError":
      return { title: `No ${what === "devices" ? "camera or microphone" : what} was found.`, text: "Connect one and try again, or go on without." };
    case "NotReadableError":
    case "AbortError":
      return { title: `${subject} cannot be opened.`, text: `Another program may be using ${it}. Close it, then try again. ${meanwhile}` };
    default:
      return { title: `${subject} cannot be used.`, text: meanwhile };
  }
}

/** On a page without https there is nothing to ask the browser for. */
export const insecure = {
  title: "No camera and microphone without https.",
  text: "Browsers give them to encrypted pages only. You can watch, listen, chat and send files.",
};

/**
 * Why no path has come about, as far as this side can know.
 * @param {(Pick<import("../client/switchboard.js").Peer, "configuration" | "candidateErrors"> & {hasRelay?: boolean}) | null} peer
 */
export function whyNoPath(peer) {
  const urls = (peer?.configuration.iceServers ?? []).flatMap(({ urls }) => urls);
  if (!urls.some((url) => /^turns?:/.test(url))) return "The direct ways are blocked, and this server offers no relay.";
  const refusals = (peer?.candidateErrors ?? []).filter(({ url }) => /^turns?:/.test(url));
  // An error is that of one URL on one interface; another may have led to the relay.
  if (peer?.hasRelay || refusals.length === 0) return "This side can reach the relay; the other person’s network may be blocking the call.";
  if (refusals.some(({ code }) => code === 401)) return "The direct ways are blocked, and the relay refused our credentials.";
  if (refusals.some(({ code }) => code === 486 || code === 508)) return "The direct ways are blocked, and the relay is full.";
  return "The direct ways are blocked, and the relay does not answer from this network.";
}
