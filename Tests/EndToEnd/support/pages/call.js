// @ts-check
// A client for the tests. It is given a server and a join code in its address, nothing else, and puts what
// happens to it into `window.call`, where the test reads it.

const query = new URLSearchParams(location.search);
const server = query.get("server") ?? location.host;
const code = query.get("code") ?? "";

/** What the test looks at. A rejected promise or a failed call ends up in `failure`. */
const call = {
  phase: "starting",
  failure: /** @type {string | null} */ (null),
  roomId: /** @type {string | null} */ (null),
  isInitiator: /** @type {boolean | null} */ (null),
  /** Types of all signaling messages received, in order. */
  signals: /** @type {string[]} */ ([]),
  /** What the server said about STUN and TURN when the room was joined. */
  iceServers: /** @type {RTCIceServer[]} */ ([]),
  /** Frames of the other peer that this page has put on the screen in the present call. */
  framesShown: 0,
  /** Data-channel messages received in the present call. */
  received: /** @type {string[]} */ ([]),
  leave, rejoin, sendNumbered, framesDecoded, selectedPair,
};
Object.assign(window, { call });

/** @type {WebSocket} */ let socket;
/** @type {MediaStream} */ let camera;
/** @type {RTCPeerConnection | null} */ let peer = null;
/** @type {RTCDataChannel | null} */ let channel = null;
/** Signaling is handled strictly one message after the other. */
let signaling = Promise.resolve();

/** @param {string} name */
function enter(name) {
  call.phase = name;
  element("phase").textContent = name;
}

/** @param {unknown} error */
function fail(error) {
  call.failure ??= String(error);
  enter("failed");
}

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found;
}

/** @param {string} id */
const video = (id) => /** @type {HTMLVideoElement} */ (element(id));

// Pairing

/** A value of this tab that outlives a reload. @param {string} name @param {() => string} make */
function remembered(name, make) {
  const value = sessionStorage.getItem(name) ?? make();
  sessionStorage.setItem(name, value);
  return value;
}

/** @param {string} path @param {object} body */
async function post(path, body) {
  const response = await fetch(`http://${server}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : null };
}

/** Accepts the code when it is there, else creates it and waits for the other; whoever is first creates. */
async function pair() {
  const device = remembered("device", () => crypto.randomUUID());
  for (;;) {
    const accepted = await post("/api/rooms/accept", { joinid: code, client2: device });
    if (accepted.status === 200) return accepted.body.roomid;
    if (accepted.status !== 404) throw new Error(`accept: ${accepted.status}`);
    const created = await post("/api/rooms", { joinid: code, client1: device, expiresInSeconds: 60 });
    if (created.status === 409) continue;  // the other one was quicker
    if (created.status !== 201) throw new Error(`create: ${created.status}`);
    enter("waiting");
    for (;;) {
      const checked = await post("/api/rooms/check", { joinid: code, client1: device });
      if (checked.status === 200) return checked.body.roomid;
      if (checked.status !== 204) throw new Error(`check: ${checked.status}`);
      await new Promise((resume) => setTimeout(resume, 100));
    }
  }
}

/** A room that is remembered from before a reload must still be known to the server. */
async function findRoom() {
  const known = sessionStorage.getItem("room");
  if (known) {
    const response = await fetch(`http://${server}/api/rooms?roomid=${encodeURIComponent(known)}`);
    if (response.status !== 200) throw new Error(`room: ${response.status}`);
    return (await response.json()).roomid;
  }
  const roomId = await pair();
  sessionStorage.setItem("room", roomId);
  return roomId;
}

// Signaling

/** @param {object} message */
const send = (message) => socket.send(JSON.stringify(message));

function connect() {
  socket = new WebSocket(`ws://${server}/`);
  socket.onmessage = ({ data }) => {
    signaling = signaling.then(() => receive(JSON.parse(data))).catch(fail);
  };
  socket.onclose = ({ code, reason }) => fail(`socket closed: ${code} ${reason}`);
}

/** @param {any} message */
async function receive(message) {
  call.signals.push(message.type);
  switch (message.type) {
    case "connected":
      send({ type: "join_room", roomId: call.roomId });
      break;
    case "room_joined":
      call.iceServers = message.iceServers ?? [];
      enter("joined");
      break;
    case "room_ready":
      call.isInitiator = message.isInitiator;
      startCall();
      if (message.isInitiator) await offer();
      break;
    case "webrtc_offer":
      await peer?.setRemoteDescription({ type: "offer", sdp: message.sdp });
      await peer?.setLocalDescription();
      send({ type: "webrtc_answer", sdp: peer?.localDescription?.sdp });
      break;
    case "webrtc_answer":
      await peer?.setRemoteDescription({ type: "answer", sdp: message.sdp });
      break;
    case "ice_candidate":
      await peer?.addIceCandidate(message.candidate ?? undefined);
      break;
    case "peer_left":
    case "peer_disconnected":
      endCall();
      enter("alone");
      break;
    case "left_room":
      enter("left");
      break;
    default:
      throw new Error(`unexpected message: ${JSON.stringify(message)}`);
  }
}

function leave() {
  endCall();
  send({ type: "leave_room" });
}

function rejoin() {
  send({ type: "join_room", roomId: call.roomId });
}

// The call

/** How TURN is reached over a transport: how its URL begins and ends. */
const ways = {
  udp: ["turn:", "transport=udp"],
  tcp: ["turn:", "transport=tcp"],
  tls: ["turns:", "transport=tcp"],
};

/** What the room told, or if the page's address asks for it nothing but the relay, over one transport. */
function configuration() {
  const way = ways[/** @type {keyof typeof ways} */ (query.get("relay"))];
  if (!way) return { iceServers: call.iceServers };
  const iceServers = call.iceServers
    .map((server) => ({ ...server, urls: [server.urls].flat().filter(
      (url) => url.startsWith(way[0]) && url.endsWith(way[1]),
    ) }))
    .filter(({ urls }) => urls.length > 0);
  return { iceServers, iceTransportPolicy: /** @type {const} */ ("relay") };
}

function startCall() {
  endCall();
  enter("connecting");
  const connection = new RTCPeerConnection(configuration());
  peer = connection;
  for (const track of camera.getTracks()) connection.addTrack(track, camera);
  connection.onicecandidate = ({ candidate }) => {
    if (connection === peer) send({ type: "ice_candidate", candidate });
  };
  connection.ontrack = ({ streams }) => {
    video("remote").srcObject = streams[0];
    countFrames(connection);
  };
  connection.ondatachannel = ({ channel: opened }) => adopt(opened);
}

async function offer() {
  if (!peer) return;
  adopt(peer.createDataChannel("messages"));
  await peer.setLocalDescription();
  send({ type: "webrtc_offer", sdp: peer.localDescription?.sdp });
}

/** @param {RTCDataChannel} opened */
function adopt(opened) {
  channel = opened;
  opened.onmessage = ({ data }) => call.received.push(data);
  const open = () => enter("in call");
  if (opened.readyState === "open") open();
  else opened.onopen = open;
}

/** @param {RTCPeerConnection} connection */
function countFrames(connection) {
  const next = () => {
    if (connection !== peer) return;
    call.framesShown += 1;
    video("remote").requestVideoFrameCallback(next);
  };
  video("remote").requestVideoFrameCallback(next);
}

function endCall() {
  peer?.close();
  peer = null;
  channel = null;
  call.framesShown = 0;
  call.received = [];
  video("remote").srcObject = null;
}

/** Video frames of the other peer decoded in the present call, from the browser's own statistics. */
async function framesDecoded() {
  let frames = 0;
  for (const report of (await peer?.getStats())?.values() ?? []) {
    if (report.type === "inbound-rtp" && report.kind === "video") frames += report.framesDecoded ?? 0;
  }
  return frames;
}

/** Both ends of the way that the call takes, and how this page reaches its relay if it uses one. */
async function selectedPair() {
  const reports = [...((await peer?.getStats())?.values() ?? [])];
  /** @param {string | undefined} id */
  const report = (id) => reports.find((found) => found.id === id);
  const transport = reports.find(({ type }) => type === "transport");
  const pair = report(transport?.selectedCandidatePairId) ?? reports.find(({ selected }) => selected);
  const local = report(pair?.localCandidateId);
  return {
    local: local?.candidateType, remote: report(pair?.remoteCandidateId)?.candidateType,
    relayProtocol: local?.relayProtocol,
  };
}

/** Sends the numbers from 0 on. @param {number} count */
function sendNumbered(count) {
  for (let number = 0; number < count; number += 1) channel?.send(String(number));
}

try {
  element("code").textContent = code;
  camera = await navigator.mediaDevices.getUserMedia({
    video: { width: 320, height: 240, frameRate: 15 }, audio: true,
  });
  video("local").srcObject = camera;
  enter("pairing");
  call.roomId = await findRoom();
  connect();
} catch (error) {
  fail(error);
}
