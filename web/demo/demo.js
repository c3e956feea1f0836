// @ts-check
import { Pairing } from "../client/switchboard.js";
import { clock, element, make, randomId, size } from "../common/page.js";
import { Call } from "./call.js";
import { saveLink } from "./files.js";
import { Invitation } from "./invitation.js";
import { dismiss, notify, show } from "./views.js";
import { failure } from "./words.js";

const INVITATION_SECONDS = 600;
const LOOK_INTERVAL = 2_000;
/** What this tab remembers over a reload. */
const REMEMBERED = { device: "device", room: "room", invitation: "invitation" };

const server = new URL("..", location.href);
const device = sessionStorage.getItem(REMEMBERED.device) ?? randomId();
sessionStorage.setItem(REMEMBERED.device, device);

const invitation = new Invitation();
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

/** @param {string} entered */
function join(entered) {
  const code = entered.replace(/[\s-]/g, "");
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
  const room = sessionStorage.getItem(REMEMBERED.room);
  end();
  // Nobody comes back to it.
  if (room) pairing.deleteRoom(room).catch(() => {});
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
  const isMissing = input.value.trim() === "";
  element("code-problem").textContent = isMissing ? "Enter the code that the other person sees." : "";
  if (isMissing) {
    input.setAttribute("aria-invalid", "true");
    input.focus();
  } else {
    input.removeAttribute("aria-invalid");
    join(input.value);
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

/** A link with a code joins; a reload goes back to the call or the code that it broke off. */
function resume() {
  // A code would be used up for nothing.
  if (!canCall) return;
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (code) {
    history.replaceState(null, "", location.pathname + location.search);
    if (call.isOn) end();
    return join(code);
  }
  const room = sessionStorage.getItem(REMEMBERED.room);
  const kept = JSON.parse(sessionStorage.getItem(REMEMBERED.invitation) ?? "null");
  if (room) begin(room);
  else if (kept) invite({ code: kept.code, expires: new Date(kept.expires) });
}

addEventListener("hashchange", resume);
resume();
