// @ts-check
import { element, make } from "../common/page.js";
import { insecure, mediaFailure } from "./words.js";

/**
 * @typedef {"audio" | "video"} Kind
 * @typedef {{microphone: boolean, camera: boolean, screen: boolean}} Devices what the other person is given
 */

/** The own camera, microphone and screen, and the controls for them. A call works without any of them. */
export class Media {
  /** What is sent: at most one track of each kind. */
  stream = new MediaStream();
  #isSharing = false;
  /** Whether a call is on: what the browser gives after it is let go at once. */
  #isWanted = false;
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
    this.camera.onchange = () => this.#inOrder(async () => {
      if (!this.#isSharing && !this.#isOff("blind")) await this.#open({ video: this.#wantedCamera() });
    });
    this.microphone.onchange = () => this.#inOrder(() => this.#open({ audio: this.#wantedMicrophone() }));
    element("mute").onclick = () => this.#toggleMicrophone();
    element("blind").onclick = () => this.#toggleCamera();
    const share = element("share");
    share.hidden = !navigator.mediaDevices?.getDisplayMedia;
    share.onclick = () => this.#inOrder(() => (this.#isSharing ? this.#showCamera() : this.#shareScreen()));
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.#listDevices());
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
      if (!navigator.mediaDevices) {
        this.#allowSwitches();
        return this.onproblem(insecure);
      }
      element("self-note").textContent = "Allow the camera when the browser asks";
      await this.#open({ audio: this.#wantedMicrophone(), video: this.#isOff("blind") ? false : this.#wantedCamera() });
      this.#allowSwitches();
      await this.#listDevices();
    });
  }

  close() {
    this.#isWanted = false;
    for (const kind of /** @type {Kind[]} */ (["audio", "video"])) this.#stop(kind);
    this.#enterSharing(false);
    for (const id of ["mute", "blind"]) press(id, false);
    this.#allowSwitches(true);
  }

  /** @param {() => Promise<void>} work */
  #inOrder(work) {
    this.#turn = this.#turn.then(work).catch((error) => this.onproblem(mediaFailure(error, "devices")));
    return this.#turn;
  }

  #wantedCamera() {
    return { width: { ideal: 1280 }, height: { ideal: 720 }, ...wanted(this.camera) };
  }

  #wantedMicrophone() {
    return { ...wanted(this.microphone), echoCancellation: true };
  }

  /**
   * @param {MediaStreamConstraints} constraints
   * @returns {Promise<void>}
   */
  async #open(constraints) {
    try {
      const opened = await navigator.mediaDevices.getUserMedia(constraints);
      if (!this.#isWanted) return opened.getTracks().forEach((track) => track.stop());
      for (const track of opened.getTracks()) this.#use(track);
    } catch (error) {
      if (!this.#isWanted) return;
      const isRefused = error instanceof DOMException && error.name === "NotAllowedError";
      if (constraints.audio && constraints.video && !isRefused) {
        // Not both: perhaps there is one of them.
        await this.#open({ audio: constraints.audio });
        return this.#open({ video: constraints.video });
      }
      this.#describe();
      const what = !constraints.audio ? "camera" : !constraints.video ? "microphone" : "devices";
      this.onproblem(mediaFailure(error, what), () => this.open());
    }
  }

  /** @param {Kind} kind */
  #track(kind) {
    return this.stream.getTracks().find((track) => track.kind === kind);
  }

  /** @param {MediaStreamTrack} track */
  #use(track) {
    const kind = /** @type {Kind} */ (track.kind);
    this.#stop(kind);
    if (kind === "audio") track.enabled = !this.#isOff("mute");
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
    if (!this.#isOff("blind")) await this.#open({ video: this.#wantedCamera() });
  }

  /** @param {boolean} isSharing */
  #enterSharing(isSharing) {
    this.#isSharing = isSharing;
    this.video.classList.toggle("screen", isSharing);
    element("share").setAttribute("aria-pressed", String(isSharing));
  }

  #toggleMicrophone() {
    press("mute", !this.#isOff("mute"));
    const track = this.#track("audio");
    if (track) track.enabled = !this.#isOff("mute");
    this.onchange("audio", track ?? null);
  }

  /** A stopped camera is let go, so that its light goes out. */
  #toggleCamera() {
    press("blind", !this.#isOff("blind"));
    this.#inOrder(async () => {
      if (this.#isSharing) return;
      if (this.#isOff("blind")) this.#stop("video");
      else if (!this.#track("video")) await this.#open({ video: this.#wantedCamera() });
    });
  }

  /** @param {string} id */
  #isOff(id) {
    return element(id).getAttribute("aria-pressed") === "true";
  }

  /** What is not there cannot be switched off. */
  #allowSwitches(isAllowed = false) {
    const [mute, blind] = /** @type {HTMLButtonElement[]} */ ([element("mute"), element("blind")]);
    mute.disabled = !isAllowed && !this.#track("audio");
    blind.disabled = !isAllowed && !this.#track("video") && !this.#isOff("blind");
  }

  /** What is seen where the own picture would be. */
  #describe() {
    const note = element("self-note");
    note.hidden = this.#track("video") !== undefined;
    // A stream without a track would keep the page from ever having loaded.
    const shown = note.hidden ? this.stream : null;
    if (this.video.srcObject !== shown) this.video.srcObject = shown;
    note.textContent = this.#isOff("blind") ? "Camera off" : "No camera";
  }

  async #listDevices() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    for (const kind of /** @type {Kind[]} */ (["audio", "video"])) {
      const select = kind === "video" ? this.camera : this.microphone;
      const before = select.value || this.#track(kind)?.getSettings().deviceId;
      const found = devices.filter((device) => device.kind === `${kind}input` && device.deviceId);
      select.replaceChildren(...found.map(({ deviceId, label }, index) => option(deviceId, label || `Device ${index + 1}`)));
      select.disabled = found.length === 0;
      if (select.disabled) select.append(option("", "None that this page may use"));
      if (found.some(({ deviceId }) => deviceId === before)) select.value = before ?? "";
    }
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

/** @param {string} id @param {boolean} isPressed */
function press(id, isPressed) {
  element(id).setAttribute("aria-pressed", String(isPressed));
}
