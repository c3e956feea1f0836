// @ts-check
import { Pairing, Peer, Signaling, SwitchboardError } from "../client/switchboard.js";
import { element, make, randomId, remembered } from "../common/page.js";
import { qrPath } from "../common/qr.js";
import { Files } from "./files.js";
import { Media } from "./media.js";
import { Quality } from "./quality.js";

const INVITATION_SECONDS = 600;
/** Data channels that both ends open with the same number. */
const CHAT_CHANNEL = 0;
const FILE_CHANNEL = 1;

const server = new URL("..", location.href);
const device = remembered("device", randomId);
const pairing = new Pairing(server);
const media = new Media();
const files = new Files();
const quality = new Quality();

/** @type {Signaling | null} */ let signaling = null;
/** @type {Peer | null} */ let peer = null;
/** @type {RTCDataChannel | null} */ let chat = null;
/** @type {AbortController | null} */ let waiting = null;

// What is on the page

/** @param {"start" | "invitation" | "call"} name */
function show(name) {
  for (const id of ["start", "invitation", "call"]) element(id).hidden = id !== name;
}

/** @param {string} text */
function notify(text) {
  element("notice-text").textContent = text;
  element("notice").hidden = false;
}

/** @param {string} text */
function setStatus(text) {
  element("status").textContent = text;
}

/** @param {unknown} error @param {string} [code] */
function explain(error, code) {
  if (!(error instanceof SwitchboardError)) return `Something went wrong: ${error}`;
  switch (error.id) {
    case "not_found_or_expired":
      return code ? `Nobody is waiting with the code ${code}. It may be mistyped or expired.` : "The invitation has expired. Make a new code.";
    case "conflict":
      return "Somebody else has used this code already. Ask for a new one.";
    case "room_full":
      return "Two others are in this call already.";
    case "rate_limited":
      return `Too many attempts. Try again in ${error.retryAfter ?? 60} seconds.`;
    case "pairing_disabled":
      return "Pairing is switched off on this server.";
    case "network":
    case "timeout":
    case "unavailable":
      return "The server cannot be reached. Check your connection and try again.";
    default:
      return `The server refused: ${error.message}`;
  }
}

// Pairing

async function invite() {
  waiting = new AbortController();
  const { signal } = waiting;
  try {
    const invitation = await pairing.createCode({ client: device, expiresInSeconds: INVITATION_SECONDS, signal });
    showInvitation(invitation);
    const { roomId } = await pairing.waitForPeer({ client: device, code: invitation.code, signal });
    await enter(roomId);
  } catch (error) {
    if (signal.aborted) return;
    show("start");
    notify(explain(error));
  }
}

/** @param {import("../client/pairing.js").Invitation} invitation */
function showInvitation({ code, expires }) {
  const link = `${location.origin}${location.pathname}#code=${code}`;
  element("code").textContent = code;
  element("page-address").textContent = location.host + location.pathname;
  const anchor = /** @type {HTMLAnchorElement} */ (element("link"));
  anchor.href = link;
  anchor.textContent = link;
  const { size, path } = qrPath(link);
  element("qr").setAttribute("viewBox", `0 0 ${size} ${size}`);
  element("qr").querySelector("path")?.setAttribute("d", path);
  show("invitation");
  const tick = () => {
    const seconds = Math.max(0, Math.round((expires.getTime() - Date.now()) / 1_000));
    element("remaining").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} minutes`;
    if (element("invitation").hidden) clearInterval(timer);
  };
  const timer = setInterval(tick, 1_000);
  tick();
}

/** @param {string} code */
async function join(code) {
  try {
    const { roomId } = await pairing.accept({ client: device, code });
    await enter(roomId);
  } catch (error) {
    show("start");
    notify(explain(error, code));
  }
}

// The call

/** @param {string} roomId */
async function enter(roomId) {
  sessionStorage.setItem("room", roomId);
  show("call");
  setStatus("Asking for camera and microphone…");
  await media.open();
  signaling = new Signaling(server, { device });
  signaling.addEventListener("state", followSignaling);
  signaling.addEventListener("error", (event) => failSignaling(/** @type {CustomEvent} */ (event).detail));
  signaling.addEventListener("peerleft", (event) => followDeparture(/** @type {CustomEvent} */ (event).detail.deliberate));
  peer = new Peer(signaling, { setUp });
  peer.addEventListener("state", followPeer);
  peer.addEventListener("track", (event) => showTrack(/** @type {CustomEvent} */ (event).detail.track));
  signaling.connect();
  signaling.join(roomId);
  setStatus("Connecting to the server…");
}

/** @param {RTCPeerConnection} connection */
function setUp(connection) {
  for (const kind of /** @type {const} */ (["audio", "video"])) {
    const track = media.stream.getTracks().find((other) => other.kind === kind);
    connection.addTransceiver(track ?? kind, { streams: [media.stream] });
  }
  remoteVideo().srcObject = new MediaStream();
  chat = connection.createDataChannel("chat", { negotiated: true, id: CHAT_CHANNEL });
  chat.onmessage = ({ data }) => addMessage("The other", String(data).slice(0, 4_000), "");
  chat.onopen = () => enableChat(true);
  chat.onclose = () => enableChat(false);
  files.attach(connection.createDataChannel("files", { negotiated: true, id: FILE_CHANNEL }));
  quality.follow(connection);
}

/** @param {"audio" | "video"} kind @param {MediaStreamTrack | null} track */
media.onchange = (kind, track) => {
  const transceiver = peer?.connection?.getTransceivers().find(({ receiver }) => receiver.track.kind === kind);
  transceiver?.sender.replaceTrack(track);
};
media.onproblem = notify;

const remoteVideo = () => /** @type {HTMLVideoElement} */ (element("remote"));

/** @param {MediaStreamTrack} track */
function showTrack(track) {
  /** @type {MediaStream} */ (remoteVideo().srcObject).addTrack(track);
}

function followPeer() {
  switch (peer?.state) {
    case "waiting":
      return setStatus("Waiting for the other to come…");
    case "connecting":
      return setStatus("The other is here. Looking for a way…");
    case "connected":
      return setStatus("Connected.");
    case "interrupted":
      return setStatus("The connection is interrupted. Trying to mend it…");
    case "failed":
      return setStatus(`No way to the other was found. ${whyNot()} Still trying.`);
  }
}

/** Why a path has not come about, as far as this side can know. */
function whyNot() {
  const errors = peer?.candidateErrors ?? [];
  const isRelayConfigured = (peer?.configuration.iceServers ?? []).some(({ urls }) => [urls].flat().some((url) => url.startsWith("turn")));
  if (!isRelayConfigured) return "This server offers no relay, and a direct way is blocked.";
  if (errors.some(({ code, url }) => code === 401 && url.startsWith("turn"))) return "The relay refused the credentials.";
  if (errors.some(({ code, url }) => code === 486 && url.startsWith("turn"))) return "The relay allows no further calls at the moment.";
  if (errors.some(({ url }) => url.startsWith("turn"))) return "The relay does not answer from this network; “Check this network” tells more.";
  return "The other side may be cut off.";
}

function followSignaling() {
  switch (signaling?.state) {
    case "open":
      return followPeer();
    case "waiting":
      if (peer?.state !== "connected") setStatus("The server cannot be reached. Trying again…");
      return;
  }
}

/** @param {SwitchboardError} error */
function failSignaling(error) {
  // The other may go while something is on its way to it.
  if (error.id === "peer_absent" || error.id === "rate_limited") return;
  if (error.id === "room_full" || error.id === "invalid_room_id" || error.id === "closed") endCall();
  notify(error.id === "invalid_room_id" ? "This call has ended." : explain(error));
}

/** @param {boolean} isDeliberate */
function followDeparture(isDeliberate) {
  if (isDeliberate) setStatus("The other has left.");
  else if (peer?.state !== "connected") setStatus("The other is gone. Waiting for it to come back…");
}

function endCall() {
  peer?.close();
  signaling?.close();
  peer = signaling = chat = null;
  quality.stop();
  media.close();
  remoteVideo().srcObject = null;
  element("messages").replaceChildren();
  element("files").replaceChildren();
  enableChat(false);
  sessionStorage.removeItem("room");
  show("start");
  element("create-form").querySelector("button")?.focus();
}

// Chat

/** @param {boolean} isOpen */
function enableChat(isOpen) {
  /** @type {HTMLButtonElement} */ (element("chat-send")).disabled = !isOpen;
}

/** @param {string} who @param {string} text @param {string} className */
function addMessage(who, text, className) {
  const list = element("messages");
  list.append(make("li", { className, text: `${who}: ${text}` }));
  if (list.childElementCount > 500) list.firstElementChild?.remove();
  list.scrollTop = list.scrollHeight;
}

// What people do

/** @param {string} id @param {(event: Event) => void} act */
function onSubmit(id, act) {
  element(id).addEventListener("submit", (event) => {
    event.preventDefault();
    element("notice").hidden = true;
    act(event);
  });
}

onSubmit("create-form", invite);
onSubmit("join-form", () => {
  const code = /** @type {HTMLInputElement} */ (element("code-input")).value.trim();
  if (code) join(code);
});
onSubmit("chat-form", () => {
  const input = /** @type {HTMLInputElement} */ (element("chat-input"));
  if (!input.value || chat?.readyState !== "open") return;
  chat.send(input.value);
  addMessage("You", input.value, "own");
  input.value = "";
});
element("cancel").onclick = () => {
  waiting?.abort();
  show("start");
};
element("copy-link").onclick = async () => {
  try {
    await navigator.clipboard.writeText(/** @type {HTMLAnchorElement} */ (element("link")).href);
    element("copy-link").textContent = "Copied";
  } catch {
    notify("The browser does not let this page copy. Select the link instead.");
  }
};
element("hang-up").onclick = endCall;
element("notice-close").onclick = () => (element("notice").hidden = true);

/** A link with a code joins; a reload returns to the call. */
function begin() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  const room = sessionStorage.getItem("room");
  if (code) {
    history.replaceState(null, "", location.pathname);
    join(code);
  } else if (room) {
    enter(room);
  }
}

window.addEventListener("hashchange", begin);
begin();
