// @ts-check
import { Peer, Signaling } from "../client/switchboard.js";
import { element } from "../common/page.js";
import { Chat } from "./chat.js";
import { Files } from "./files.js";
import { Media } from "./media.js";
import { Quality } from "./quality.js";
import { notify } from "./views.js";
import { dismissal, otherSeen, serverSeen, standing, whyNoPath } from "./words.js";

/** Data channels that both ends open with the same number. */
const CHAT_CHANNEL = 0;
const FILE_CHANNEL = 1;

/** @typedef {import("../client/errors.js").SwitchboardError} SwitchboardError */

/** One call at a time, as the page shows it. */
export class Call {
  media = new Media();
  chat = new Chat();
  files = new Files();
  quality = new Quality();
  /** @type {Signaling | null} */ signaling = null;
  /** @type {Peer | null} */ peer = null;
  /**
   * When the two were connected first.
   * @type {number | null}
   */
  began = null;
  /** @type {import("./words.js").Standing["other"]} */ #other = "unknown";
  /** @type {import("./words.js").Standing["signaling"]} */ #server = "idle";
  /** @type {import("./words.js").Standing["trouble"]} */ #trouble = null;
  /** Whether this side offers the lines that both send on. */
  #isInitiator = false;
  /**
   * The server ended the call, for a reason that does not pass.
   * @type {(error: SwitchboardError) => void}
   */
  onend = () => {};

  /**
   * @param {URL} server
   * @param {string} device
   */
  constructor(server, device) {
    this.server = server;
    this.device = device;
    this.remote = /** @type {HTMLVideoElement} */ (element("remote"));
    this.media.onchange = (kind, track) => this.#replace(kind, track);
    this.media.onproblem = (words, retry) => notify(words, { tone: "warn", action: retry && { text: "Try again", act: retry } });
    this.chat.onopen = () => this.chat.tell(this.media.devices);
    this.chat.ondevices = (devices) => this.#showDevices(devices);
    element("play").onclick = () => this.#play();
    const devices = element("devices");
    devices.onclick = () => {
      const isOpen = element("device-panel").hidden;
      element("device-panel").hidden = !isOpen;
      devices.setAttribute("aria-expanded", String(isOpen));
    };
  }

  get isOn() {
    return this.signaling !== null;
  }

  /** @param {string} roomId */
  start(roomId) {
    this.chat.clear();
    this.files.clear();
    this.#other = "unknown";
    this.#server = "idle";
    this.#trouble = null;
    this.began = null;
    const signaling = new Signaling(this.server, { device: this.device });
    const peer = new Peer(signaling, { setUp: (connection, { isInitiator }) => this.#setUp(connection, isInitiator) });
    this.signaling = signaling;
    this.peer = peer;
    listen(signaling, "state", (state) => {
      this.#server = serverSeen(this.#server, state);
      this.#describe();
    });
    listen(signaling, "error", (error) => this.#fail(error));
    listen(signaling, "joined", ({ ready }) => this.#see(otherSeen(this.#other, ready)));
    listen(signaling, "ready", () => this.#see("here"));
    listen(signaling, "peerleft", ({ deliberate }) => this.#see(deliberate ? "left" : "lost"));
    listen(peer, "state", () => this.#followPeer());
    listen(peer, "track", ({ track }) => this.#receive(track));
    listen(peer, "error", (error) => {
      this.#trouble = String(error);
      this.#describe();
    });
    this.#describe();
    signaling.connect();
    signaling.join(roomId);
    this.media.open();
  }

  end() {
    const [peer, signaling] = [this.peer, this.signaling];
    this.peer = this.signaling = null;
    peer?.close();
    signaling?.close();
    this.#detach();
    this.quality.stop();
    this.media.close();
    this.remote.srcObject = null;
    element("play").hidden = true;
  }

  /**
   * @param {RTCPeerConnection} connection
   * @param {boolean} isInitiator
   */
  #setUp(connection, isInitiator) {
    this.#trouble = null;
    this.#isInitiator = isInitiator;
    this.remote.srcObject = new MediaStream();
    this.#showDevices(null);
    // Both kinds from the start, with or without devices: turning one on later needs no negotiation.
    for (const kind of /** @type {import("./media.js").Kind[]} */ (isInitiator ? ["audio", "video"] : [])) {
      connection.addTransceiver(this.#track(kind) ?? kind, { streams: [this.media.stream] });
    }
    this.chat.attach(connection.createDataChannel("chat", { negotiated: true, id: CHAT_CHANNEL }));
    this.files.attach(connection.createDataChannel("files", { negotiated: true, id: FILE_CHANNEL }));
    this.quality.follow(connection);
  }

  /** @param {MediaStreamTrack} track */
  #receive(track) {
    /** @type {MediaStream} */ (this.remote.srcObject).addTrack(track);
    this.#play();
    if (!this.#isInitiator) this.#answerOn(/** @type {import("./media.js").Kind} */ (track.kind));
  }

  /** Some browsers play sound only where people have touched the page, which a reload leaves out. */
  async #play() {
    try {
      await this.remote.play();
      element("play").hidden = true;
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError") element("play").hidden = false;
    }
  }

  /**
   * Sends on the line that the other side offers.
   * @param {import("./media.js").Kind} kind
   */
  #answerOn(kind) {
    const line = this.#line(kind);
    if (!line) return;
    line.direction = "sendrecv";
    const track = this.#track(kind);
    if (track) line.sender.replaceTrack(track);
  }

  /** @param {import("./media.js").Kind} kind */
  #line(kind) {
    return this.peer?.connection?.getTransceivers().find(({ receiver }) => receiver.track.kind === kind);
  }

  /** @param {import("./media.js").Kind} kind */
  #track(kind) {
    return this.media.stream.getTracks().find((track) => track.kind === kind);
  }

  /** @param {import("./media.js").Kind} kind @param {MediaStreamTrack | null} track */
  #replace(kind, track) {
    this.#line(kind)?.sender.replaceTrack(track);
    this.chat.tell(this.media.devices);
  }

  // How it stands

  #followPeer() {
    if (this.peer?.state === "connected") {
      this.#other = "here";
      this.#trouble = null;
      this.began ??= Date.now();
    } else if (this.peer?.state === "waiting") {
      this.#detach();
    }
    this.#describe();
  }

  /** The channels are closed with their connection, which not every browser says of a connection closed at this end. */
  #detach() {
    this.chat.detach();
    this.files.detach();
  }

  /** @param {import("./words.js").Standing["other"]} other */
  #see(other) {
    this.#other = other;
    this.#describe();
  }

  #describe() {
    const { peer, signaling } = this;
    if (!peer || !signaling) return;
    const { tone, title, text, isOver } = standing({
      peer: peer.state, signaling: this.#server, other: this.#other, wasConnected: this.began !== null,
      reason: whyNoPath(peer), trouble: this.#trouble,
    });
    if (isOver) this.quality.stop();
    element("dot").dataset.tone = tone;
    say("status", title);
    say("explanation", text);
    const isConnected = peer.state === "connected" && !isOver;
    if (!isConnected) this.quality.hide();
    element("veil").hidden = isConnected;
    element("veil-title").textContent = title;
    element("veil-text").textContent = text;
    element("veil-spinner").hidden = Boolean(isOver);
    element("veil-action").hidden = !isOver && this.#other !== "lost" && peer.state !== "failed";
    element("veil-check").hidden = peer.state !== "failed";
  }

  /**
   * What the other person has turned off.
   * @param {import("./media.js").Devices | null} devices
   */
  #showDevices(devices) {
    const said = [];
    if (devices?.screen) said.push("Sharing a screen");
    if (devices?.microphone === false) said.push("Microphone off");
    if (devices?.camera === false) said.push("Camera off");
    element("remote-devices").textContent = said.join(" · ");
    element("remote-devices").hidden = said.length === 0;
    this.remote.classList.toggle("blank", devices?.camera === false);
  }

  /** @param {SwitchboardError} error */
  #fail(error) {
    switch (error.id) {
      case "room_full":
      case "invalid_room_id":
      case "closed":
        if (this.peer?.state !== "connected" && this.peer?.state !== "interrupted") return this.onend(error);
        this.#server = "closed";
        notify(dismissal, { tone: "warn" });
        return this.#describe();
      case "peer_absent":
      case "not_in_room":
      case "rate_limited":
        return; // The other may go while something is on its way to it.
      default:
        notify({ title: "The server refused a message.", text: error.message }, { tone: "warn" });
    }
  }
}

/**
 * Screen readers read what is written anew, even if it is the same.
 * @param {string} id
 * @param {string} text
 */
function say(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

/** @param {EventTarget} target @param {string} type @param {(detail: any) => void} handle */
function listen(target, type, handle) {
  target.addEventListener(type, (event) => handle(/** @type {CustomEvent} */ (event).detail));
}
