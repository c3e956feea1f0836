// @ts-check
import { Pairing, readJoinCode } from "../client/switchboard.js";
import { clock, element, make, randomId, size } from "../common/page.js";
import { arrival } from "./arrival.js";
import { Call } from "./call.js";
import { saveLink } from "./files.js";
import { Invitation } from "./invitation.js";
import { codeEntered, codeInFragment } from "./link.js";
import { Question } from "./question.js";
import { dismiss, notify, show } from "./views.js";
import { failure, noCode, proposal, question as questionFor } from "./words.js";

const INVITATION_SECONDS = 600;
const LOOK_INTERVAL = 2_000;
/** What this tab remembers over a reload. */
const REMEMBERED = { device: "device", room: "room", invitation: "invitation" };

const server = new URL("..", location.href);
const device = sessionStorage.getItem(REMEMBERED.device) ?? randomId();
sessionStorage.setItem(REMEMBERED.device, device);

const invitation = new Invitation();
const question = new Question();
const pairing = new Pairing(server, { fetch: watchedFetch });
const call = new Call(server, device);
/** Ends whatever is being asked of the server. */
let asking = new AbortController();
/** @type {ReturnType<typeof setTimeout> | undefined} */ let lookingForServer;

/**
 * Notices on the way whether the server answers.
 * @param {RequestInfo | URL} url
 * @param {RequestInit} [request]
 */
async function watchedFetch(url, request) {
  try {
    const response = await fetch(url, request);
    noteServer(response.status < 500);
    return response;
  } catch (error) {
    if (!request?.signal?.aborted) noteServer(false);
    throw error;
  }
}

/**
 * A server that has gone is looked for, since an answer about the code may take its time.
 * @param {boolean} isThere
 */
function noteServer(isThere) {
  clearTimeout(lookingForServer);
  invitation.setTrouble(!isThere);
  if (isThere) return;
  const look = async () => noteServer(await fetch(new URL("healthz", server)).then(({ ok }) => ok, () => false));
  lookingForServer = setTimeout(look, LOOK_INTERVAL);
}

/**
 * Asks something of the server; when that fails, says why and goes back to the start.
 * @param {(signal: AbortSignal) => Promise<string>} ask gives the room to enter
 * @param {(error: unknown) => void} fail
 */
async function enter(ask, fail) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  dismiss();
  try {
    const roomId = await ask(signal);
    if (!signal.aborted) begin(roomId);
  } catch (error) {
    if (!signal.aborted) fail(error);
  } finally {
    if (asking.signal === signal) {
      invitation.hide();
      clearTimeout(lookingForServer);
    }
    if (!signal.aborted) sessionStorage.removeItem(REMEMBERED.invitation);
  }
}

/**
 * Makes a code, or goes on with that of before a reload.
 * @param {import("../client/pairing.js").Invitation} [earlier]
 */
function invite(earlier) {
  const button = /** @type {HTMLButtonElement} */ (element("create"));
  button.disabled = true;
  const wait = async (/** @type {AbortSignal} */ signal) => {
    const made = earlier ?? (await pairing.createCode({ client: device, expiresInSeconds: INVITATION_SECONDS, signal }));
    sessionStorage.setItem(REMEMBERED.invitation, JSON.stringify(made));
    invitation.show(made);
    const { roomId } = await pairing.waitForPeer({ client: device, code: made.code, signal });
    return roomId;
  };
  enter(wait, (error) => {
    show("start");
    notify(failure(error));
  }).finally(() => (button.disabled = false));
}

/** @param {string} code */
function join(code) {
  show("busy");
  element("busy-title").textContent = `Joining with the code ${code}…`;
  const accept = async (/** @type {AbortSignal} */ signal) => {
    const { roomId } = await pairing.accept({ client: device, code, signal });
    return roomId;
  };
  enter(accept, (error) => {
    show("start");
    notify(failure(error, code));
    const input = /** @type {HTMLInputElement} */ (element("code-input"));
    input.value = code;
    input.focus();
    input.select();
  });
}

/** @param {string} roomId */
function begin(roomId) {
  sessionStorage.setItem(REMEMBERED.room, roomId);
  show("call");
  call.start(roomId);
}

function hangUp() {
  const lasted = call.began === null ? "" : `It lasted ${clock(Date.now() - call.began)} minutes.`;
  leave();
  element("ended-text").textContent = lasted;
  const kept = call.files.received;
  element("kept").hidden = kept.length === 0;
  element("kept-files").replaceChildren(...kept.map((file) =>
    make("li", { className: "file" },
      make("span", { className: "file-name", text: file.name }),
      make("span", { className: "file-state quiet small number", text: size(file.bytes) }),
      saveLink(file))));
  show("ended");
}

/** Ends the call for both. */
function leave() {
  const room = sessionStorage.getItem(REMEMBERED.room);
  end();
  // Nobody comes back to it.
  if (room) pairing.deleteRoom(room).catch(() => {});
}

function end() {
  call.end();
  dismiss();
  sessionStorage.removeItem(REMEMBERED.room);
}

call.onend = (/** @type {unknown} */ error) => {
  end();
  show("start");
  notify(failure(error));
};

invitation.oncancel = () => {
  asking.abort();
  sessionStorage.removeItem(REMEMBERED.invitation);
  show("start");
};

element("create-form").addEventListener("submit", (event) => {
  event.preventDefault();
  invite();
});

element("join-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = /** @type {HTMLInputElement} */ (element("code-input"));
  try {
    const code = codeEntered(input.value);
    element("code-problem").textContent = "";
    input.removeAttribute("aria-invalid");
    join(code);
  } catch {
    element("code-problem").textContent = input.value.trim() === "" ? noCode.missing : noCode.wrong;
    input.setAttribute("aria-invalid", "true");
    input.focus();
  }
});

element("hang-up").onclick = hangUp;
element("notice-close").onclick = dismiss;
for (const id of ["again", "veil-action"]) {
  element(id).onclick = () => {
    end();
    show("start");
  };
}
const canCall = typeof RTCPeerConnection === "function";
element("no-webrtc").hidden = canCall;
element("insecure").hidden = !canCall || window.isSecureContext;
for (const id of ["create", "join", "code-input"]) /** @type {HTMLButtonElement} */ (element(id)).disabled = !canCall;

// Where the page goes on

/** @returns {import("../client/pairing.js").Invitation | null} */
function keptInvitation() {
  const kept = JSON.parse(sessionStorage.getItem(REMEMBERED.invitation) ?? "null");
  return kept && { code: kept.code, expires: new Date(kept.expires) };
}

/**
 * Goes on with what this tab comes with, a link or what was left behind, perhaps after a question.
 * @param {boolean} isReload
 */
function arrive(isReload) {
  // A code would be used up for nothing.
  if (!canCall) return;
  /** @type {string | null} */ let code;
  try {
    code = codeOfLink();
  } catch (error) {
    forgetLink();
    arrive(isReload);
    return notify(failure(error));
  }
  const room = sessionStorage.getItem(REMEMBERED.room);
  const next = arrival({ code, room, invitation: keptInvitation(), now: Date.now(), isReload });
  if (!next) return question.isOn ? show("start") : undefined;
  if (next.asks) return ask(next.move);
  go(next.move);
  if (code) propose(code);
}

/** The code of the link that led here, null without one; throws for what is none. */
function codeOfLink() {
  const entered = codeInFragment(location.hash);
  return entered === null ? null : readJoinCode(entered);
}

/** @param {import("./arrival.js").Move} move */
function ask(move) {
  const code = move.to === "join" ? move.code : move.to === "wait" ? move.invitation.code : "";
  dismiss();
  question.ask(questionFor(move, window.isSecureContext), code, {
    yes() {
      forgetLink();
      go(move);
    },
    no() {
      if (move.to === "join") forgetLink();
      else sessionStorage.removeItem(move.to === "return" ? REMEMBERED.room : REMEMBERED.invitation);
      arrive(false);
    },
  });
}

/** @param {import("./arrival.js").Move} move */
function go(move) {
  if (move.to === "join") join(move.code);
  else if (move.to === "return") begin(move.room);
  else invite(move.invitation);
}

/**
 * Says that a link leads elsewhere, to somebody who is in a call, waits for one, or looks at what came in one.
 * @param {string} code
 */
function propose(code) {
  forgetLink();
  const act = () => {
    if (call.isOn) leave();
    join(code);
  };
  notify(proposal, { tone: "warn", action: { text: proposal.action, act }, isUnasked: true });
}

/** A reload would come to it again. */
function forgetLink() {
  history.replaceState(null, "", location.pathname + location.search);
}

addEventListener("hashchange", () => {
  if (codeInFragment(location.hash) === null || !canCall) return;
  const hasSomethingToLose = call.files.received.length > 0 || ["start", "question", "ended"].every((id) => element(id).hidden);
  if (!hasSomethingToLose) return arrive(false);
  try {
    propose(codeOfLink() ?? "");
  } catch {
    forgetLink();
  }
});

// A page that the browser kept while another was shown comes back without having been asked for.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted || !(call.isOn || keptInvitation())) return;
  asking.abort();
  call.end();
  show("start");
  arrive(false);
});

// What is dropped on the page would be opened in place of it.
for (const type of /** @type {const} */ (["dragover", "drop"])) {
  addEventListener(type, (event) => {
    const isText = event.target instanceof HTMLInputElement && !event.dataTransfer?.types.includes("Files");
    if (call.isOn && !isText) event.preventDefault();
  });
}

const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
arrive(navigation?.type === "reload");
