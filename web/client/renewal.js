// @ts-check

/** Credentials are renewed when this share of their time has passed. */
const SHARE = 0.8;
/** Bounds of that wait, whatever this device's clock makes of the server's. */
const SHORTEST = 5_000;
const LONGEST = 40 * 60_000;

/** Asks for fresh ICE servers before those that it has expire. */
export class Renewal {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;

  /**
   * @param {import("./signaling.js").Signaling} signaling
   * @param {(iceServers: RTCIceServer[]) => void} use is given every list, beginning with one that is there already
   * @param {AbortSignal} signal ends it
   */
  constructor(signaling, use, signal) {
    this.signaling = signaling;
    this.use = use;
    signaling.on("iceservers", (list) => this.#take(list), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    if (signaling.iceServers) this.#take(signaling.iceServers);
  }

  /** @param {import("./pairing.js").IceServerList} list */
  #take({ iceServers, expires }) {
    this.use(iceServers);
    clearTimeout(this.#timer);
    if (!expires) return;
    const remaining = expires.getTime() - Date.now();
    // Expired on arrival: it is this device's clock that is wrong.
    const wait = remaining > 0 ? Math.min(Math.max(remaining * SHARE, SHORTEST), LONGEST) : LONGEST;
    this.#timer = setTimeout(() => this.#renew(), wait);
  }

  /** Joining the room that one is in changes nothing there and is answered with fresh credentials. */
  #renew() {
    const { roomId } = this.signaling;
    if (roomId !== null) this.signaling.join(roomId);
  }
}
