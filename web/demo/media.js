// @ts-check
import { element, make } from "../common/page.js";
import { KINDS, isRefusal, permissions, subject, worthAskingAlone } from "./permissions.js";
import { insecure, mediaFailure } from "./words.js";

/**
 * @typedef {import("./permissions.js").Kind} Kind
 * @typedef {{microphone: boolean, camera: boolean, screen: boolean}} Devices what the other person is given
 */

/** The own camera, microphone and screen, and the controls for them. A call works without any of them. */
export class Media {
  /** What is sent: at most one track of each kind. */
  stream = new MediaStream();
  #isSharing = false;
  /** Whether a call is on: what the browser gives after it is let go at once. */
  #isWanted = false;
  /** Whether the browser has said once what there is. */
  #isTried = false;
  /**
   * What people have switched off.
   * @type {Record<Kind, boolean>}
   */
  #isOff = { audio: false, video: false };
  /**
   * Which kinds this machine has a device of.
   * @type {Record<Kind, boolean>}
   */
  #isThere = { audio: false, video: false };
  /** Devices are opened one after the other. */
  #turn = Promise.resolve();
  /**
   * Called with the track that is sent from now on.
   * @type {(kind: Kind, track: MediaStreamTrack | null) => void}
   */
  onchange = () => {};
  /**
   * Called with what to tell people, and what to do when they want to try again.
   * @type {(words: import("./words.js").Words, retry?: () => void) => void}
   */
  onproblem = () => {};

  constructor() {
    this.video = /** @type {HTMLVideoElement} */ (element("local"));
    this.camera = /** @type {HTMLSelectElement} */ (element("camera"));
    this.microphone = /** @type {HTMLSelectElement} */ (element("microphone"));
    this.camera.onchange = () => this.#inOrder(() => this.#open(["video"]));
    this.microphone.onchange = () => this.#inOrder(() => this.#open(["audio"]));
    element("mute").onclick = () => this.#toggleMicrophone();
    element("blind").onclick = () => this.#toggleCamera();
    const share = element("share");
    share.hidden = !navigator.mediaDevices?.getDisplayMedia;
    share.onclick = () => this.#inOrder(() => (this.#isSharing ? this.#showCamera() : this.#shareScreen()));
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.#inOrder(() => {}));
    this.#describe();
  }

  /** @returns {Devices} */
  get devices() {
    const track = (/** @type {Kind} */ kind) => this.#track(kind);
    return { microphone: track("audio")?.enabled === true, camera: track("video") !== undefined, screen: this.#isSharing };
  }

  /** Asks for camera and microphone. */
  open() {
    this.#isWanted = true;
    return this.#inOrder(async () => {
      if (navigator.mediaDevices) {
        element("self-note").textContent = "Allow the camera when the browser asks";
        await this.#open(KINDS);
      } else {
        this.onproblem(insecure);
      }
      this.#isTried = this.#isWanted;
    });
  }

  close() {
    this.#isWanted = this.#isTried = false;
    this.#isOff = { audio: false, video: false };
    for (const kind of KINDS) this.#stop(kind);
    this.#enterSharing(false);
    this.#showSwitches();
  }

  /**
   * What is done to the devices may change which of them the page is told of.
   * @param {() => void | Promise<void>} work
   */
  #inOrder(work) {
    this.#turn = this.#turn
      .then(work)
      .then(() => this.#listDevices())
      .catch((error) => this.onproblem(mediaFailure(error, "devices")));
    return this.#turn;
  }

  /**
   * @param {Kind} kind
   * @returns {MediaStreamConstraints}
   */
  #constraints(kind) {
    if (kind === "audio") return { audio: { ...wanted(this.microphone), echoCancellation: true } };
    return { video: { width: { ideal: 1280 }, height: { ideal: 720 }, ...wanted(this.camera) } };
  }

  /**
   * Asks for devices, and says why when there is none.
   * @param {Kind[]} asked
   */
  async #open(asked) {
    const kinds = asked.filter((kind) => kind === "audio" || this.#showsCamera);
    if (kinds.length === 0) return;
    const error = await this.#take(kinds);
    if (!error) return;
    // Not both: perhaps there is one of them.
    const single = kinds.length < 2 ? [] : isRefusal(error) ? worthAskingAlone(...(await permissions())) : kinds;
    /** @type {{kind: Kind, error: unknown}[]} */ const missing = [];
    for (const kind of kinds) {
      const reason = single.includes(kind) ? await this.#take([kind]) : error;
      if (reason) missing.push({ kind, error: reason });
    }
    this.#describe();
    if (missing.length === 0 || !this.#isWanted) return;
    const retry = () => this.#inOrder(() => this.#open(missing.map(({ kind }) => kind)));
    this.onproblem(mediaFailure(missing[0].error, subject(missing)), retry);
  }

  /**
   * @param {Kind[]} kinds
   * @returns {Promise<unknown>} why there is none; null when it is there
   */
  async #take(kinds) {
    try {
      const constraints = Object.assign({}, ...kinds.map((kind) => this.#constraints(kind)));
      const opened = await navigator.mediaDevices.getUserMedia(constraints);
      for (const track of opened.getTracks()) {
        if (this.#isWanted) this.#use(track);
        else track.stop();
      }
      return null;
    } catch (error) {
      return error;
    }
  }

  /** Whether the camera is to be seen by the other. */
  get #showsCamera() {
    return !this.#isSharing && !this.#isOff.video;
  }

  /** @param {Kind} kind */
  #track(kind) {
    return this.stream.getTracks().find((track) => track.kind === kind);
  }

  /** @param {MediaStreamTrack} track */
  #use(track) {
    const kind = /** @type {Kind} */ (track.kind);
    this.#stop(kind);
    if (kind === "audio") track.enabled = !this.#isOff.audio;
    track.addEventListener("ended", () => this.#lose(track));
    this.stream.addTrack(track);
    this.onchange(kind, track);
    this.#describe();
  }

  /** @param {Kind} kind */
  #stop(kind) {
    const track = this.#track(kind);
    if (!track) return;
    track.stop();
    this.stream.removeTrack(track);
    this.onchange(kind, null);
    this.#describe();
  }

  /**
   * A device was unplugged, or sharing was ended in the browser's own bar.
   * @param {MediaStreamTrack} track
   */
  #lose(track) {
    if (!this.stream.getTracks().includes(track)) return;
    if (track.kind === "video" && this.#isSharing) return this.#inOrder(() => this.#showCamera());
    this.#stop(/** @type {Kind} */ (track.kind));
  }

  async #shareScreen() {
    try {
      const [track] = (await navigator.mediaDevices.getDisplayMedia({ video: true })).getVideoTracks();
      if (!this.#isWanted) return track.stop();
      track.contentHint = "detail";
      this.#enterSharing(true);
      this.#use(track);
    } catch (error) {
      if (this.#isWanted) this.onproblem(mediaFailure(error, "screen"));
    }
  }

  async #showCamera() {
    this.#enterSharing(false);
    this.#stop("video");
    await this.#open(["video"]);
  }

  /** @param {boolean} isSharing */
  #enterSharing(isSharing) {
    this.#isSharing = isSharing;
    this.video.classList.toggle("screen", isSharing);
    element("share").setAttribute("aria-pressed", String(isSharing));
  }

  /** Without a microphone that is open, this opens one. */
  #toggleMicrophone() {
    this.#isOff.audio = !this.#isSilent("audio");
    const track = this.#track("audio");
    if (track) track.enabled = !this.#isOff.audio;
    this.onchange("audio", track ?? null);
    this.#showSwitches();
    if (!track && !this.#isOff.audio) this.#inOrder(() => (this.#track("audio") ? undefined : this.#open(["audio"])));
  }

  /** A stopped camera is let go, so that its light goes out. */
  #toggleCamera() {
    this.#isOff.video = !this.#isSilent("video");
    this.#showSwitches();
    this.#inOrder(async () => {
      if (this.#isSharing) return;
      if (this.#isOff.video) this.#stop("video");
      else if (!this.#track("video")) await this.#open(["video"]);
    });
  }

  /**
   * Whether nothing of a kind is sent: it was switched off, or its device is there but could not be opened.
   * @param {Kind} kind
   */
  #isSilent(kind) {
    return this.#isOff[kind] || (this.#isTried && this.#isThere[kind] && !this.#track(kind));
  }

  /** What is not there cannot be switched on or off. */
  #showSwitches() {
    for (const [kind, id] of /** @type {[Kind, string][]} */ ([["audio", "mute"], ["video", "blind"]])) {
      const button = /** @type {HTMLButtonElement} */ (element(id));
      button.setAttribute("aria-pressed", String(this.#isSilent(kind)));
      button.disabled = this.#isTried && !this.#isThere[kind] && !this.#track(kind) && !this.#isOff[kind];
    }
  }

  /** What is seen where the own picture would be. */
  #describe() {
    const note = element("self-note");
    note.hidden = this.#track("video") !== undefined;
    // A stream without a track would keep the page from ever having loaded.
    const shown = note.hidden ? this.stream : null;
    if (this.video.srcObject !== shown) this.video.srcObject = shown;
    note.textContent = this.#isOff.video ? "Camera off" : "No camera";
    this.#showSwitches();
  }

  async #listDevices() {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    for (const kind of KINDS) {
      this.#isThere[kind] = devices.some((device) => device.kind === `${kind}input`);
      const select = kind === "video" ? this.camera : this.microphone;
      const before = select.value || this.#track(kind)?.getSettings().deviceId;
      const found = devices.filter((device) => device.kind === `${kind}input` && device.deviceId);
      select.replaceChildren(...found.map(({ deviceId, label }, index) => option(deviceId, label || `Device ${index + 1}`)));
      select.disabled = found.length === 0;
      if (select.disabled) select.append(option("", "None that this page may use"));
      if (found.some(({ deviceId }) => deviceId === before)) select.value = before ?? "";
    }
    this.#showSwitches();
  }
}

/** @param {HTMLSelectElement} select */
function wanted({ value }) {
  return value ? { deviceId: { exact: value } } : {};
}

/** @param {string} value @param {string} text */
function option(value, text) {
  const made = make("option", { text });
  made.value = value;
  return made;
}
