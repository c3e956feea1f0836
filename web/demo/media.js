// @ts-check
import { element, make } from "../common/page.js";

/** The own camera, microphone and screen, and the controls for them. */
export class Media {
  /** What is shown to the other, camera or screen. */
  stream = new MediaStream();
  #isSharing = false;
  /** @type {((kind: "audio" | "video", track: MediaStreamTrack | null) => void)} */ onchange = () => {};
  /** @type {((text: string) => void)} */ onproblem = () => {};

  constructor() {
    this.video = /** @type {HTMLVideoElement} */ (element("local"));
    this.camera = /** @type {HTMLSelectElement} */ (element("camera"));
    this.microphone = /** @type {HTMLSelectElement} */ (element("microphone"));
    this.video.srcObject = this.stream;
    this.camera.onchange = () => this.#open({ video: { deviceId: { exact: this.camera.value } } });
    this.microphone.onchange = () => this.#open({ audio: { deviceId: { exact: this.microphone.value } } });
    this.#addSwitch("mute", "audio");
    this.#addSwitch("blind", "video");
    const share = element("share");
    share.hidden = !navigator.mediaDevices?.getDisplayMedia;
    share.onclick = () => (this.#isSharing ? this.#showCamera() : this.#shareScreen());
  }

  /** Asks for camera and microphone. Without them the call goes on: one can watch, listen, chat and send files. */
  async open() {
    if (this.stream.getTracks().length > 0) return;
    if (!navigator.mediaDevices) {
      this.onproblem("This browser gives camera and microphone to secure pages only (https). You can still watch, listen and write.");
      return;
    }
    await this.#open({ audio: true, video: { width: { ideal: 1280 } } });
    await this.#listDevices();
  }

  close() {
    for (const track of this.stream.getTracks()) {
      track.stop();
      this.stream.removeTrack(track);
    }
    this.#isSharing = false;
  }

  /**
   * @param {MediaStreamConstraints} constraints
   * @returns {Promise<void>}
   */
  async #open(constraints) {
    try {
      const opened = await navigator.mediaDevices.getUserMedia(constraints);
      for (const track of opened.getTracks()) this.#use(track);
    } catch (error) {
      if (constraints.audio && constraints.video) return this.#openOne(/** @type {DOMException} */ (error));
      this.onproblem(explanation(/** @type {DOMException} */ (error)));
    }
  }

  /**
   * Not both: perhaps there is no camera.
   * @param {DOMException} error
   * @returns {Promise<void>}
   */
  async #openOne(error) {
    if (error.name === "NotFoundError" || error.name === "OverconstrainedError") return this.#open({ audio: true });
    this.onproblem(explanation(error));
  }

  /** @param {MediaStreamTrack} track */
  #use(track) {
    const kind = /** @type {"audio" | "video"} */ (track.kind);
    for (const old of this.stream.getTracks().filter((other) => other.kind === kind)) {
      old.stop();
      this.stream.removeTrack(old);
    }
    track.enabled = element(kind === "audio" ? "mute" : "blind").getAttribute("aria-pressed") !== "true";
    this.stream.addTrack(track);
    this.onchange(kind, track);
  }

  async #shareScreen() {
    try {
      const [track] = (await navigator.mediaDevices.getDisplayMedia({ video: true })).getVideoTracks();
      track.onended = () => this.#showCamera();
      this.#use(track);
      this.#enterSharing(true);
    } catch (error) {
      this.onproblem(explanation(/** @type {DOMException} */ (error)));
    }
  }

  async #showCamera() {
    this.#enterSharing(false);
    await this.#open({ video: this.camera.value ? { deviceId: { exact: this.camera.value } } : true });
  }

  /** @param {boolean} isSharing */
  #enterSharing(isSharing) {
    this.#isSharing = isSharing;
    this.video.classList.toggle("screen", isSharing);
    element("share").textContent = isSharing ? "Stop sharing" : "Share screen";
  }

  /** @param {string} id @param {"audio" | "video"} kind */
  #addSwitch(id, kind) {
    const button = element(id);
    button.onclick = () => {
      const isOff = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(isOff));
      for (const track of this.stream.getTracks()) if (track.kind === kind) track.enabled = !isOff;
    };
  }

  async #listDevices() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    for (const [select, kind] of /** @type {[HTMLSelectElement, string][]} */ ([[this.camera, "videoinput"], [this.microphone, "audioinput"]])) {
      const found = devices.filter((device) => device.kind === kind);
      select.replaceChildren(...found.map((device, index) => {
        const option = make("option", { text: device.label || `${index + 1}` });
        option.value = device.deviceId;
        return option;
      }));
      select.disabled = found.length === 0;
    }
  }
}

/** @param {DOMException} error */
function explanation({ name }) {
  switch (name) {
    case "NotAllowedError":
      return "The browser was not allowed to use the camera or microphone. Allow it in the address bar and reload; until then you can watch, listen and write.";
    case "NotFoundError":
      return "No camera or microphone was found. You can still watch, listen and write.";
    case "NotReadableError":
      return "Another program uses the camera or microphone. Close it and reload.";
    default:
      return "Camera and microphone cannot be used here. You can still watch, listen and write.";
  }
}
