// @ts-check
import { substance } from "./description.js";
import { Postponed } from "./postponed.js";

/** Where the browser asks for an offer that says nothing new, it is looked so often whether the next one does. */
const NEWS_INTERVAL = 1_000;

/**
 * @typedef {object} Negotiation whose descriptions go out
 * @property {(connection: RTCPeerConnection) => boolean} isCurrent whether the connection is still the one
 * @property {() => void} retry what was put off may be possible now
 * @property {() => void} renew replaces the connection by a new one
 * @property {(error: unknown) => void} fail tells the application
 */

/**
 * The descriptions of a connection on their way out. Each is measured before it is set. One that is too long for the
 * server, as measured here or found by the server, leaves no trace, and is tried again later, when there may be less to
 * describe.
 */
export class OutgoingDescriptions {
  #postponed = new Postponed(() => this.negotiation.retry());
  /** @type {string | null} */ #unanswered = null;
  #withoutNews = new Postponed(() => this.negotiation.retry(), NEWS_INTERVAL);

  /**
   * @param {import("./signaling.js").Signaling} signaling
   * @param {Negotiation} negotiation
   */
  constructor(signaling, negotiation) {
    this.signaling = signaling;
    this.negotiation = negotiation;
  }

  /** An offer of the other's whose answer is too long for the server. */
  get unanswered() {
    return this.#unanswered;
  }

  /**
   * Whether the server takes the offer that the connection would make now; else it is not even set, since a rollback
   * makes the browser ask for it again. Nor is an offer worth it that says what was answered last: Chromium asks for one
   * after the other when a transceiver was stopped that was never negotiated. It does not tell of a later change then,
   * so one is looked for.
   * @param {RTCPeerConnection} connection
   */
  async isWorthOffering(connection) {
    const { sdp = "" } = await connection.createOffer();
    if (!this.negotiation.isCurrent(connection) || connection.signalingState !== "stable") return false;
    const obstacle = this.signaling.obstacle({ type: "webrtc_offer", sdp });
    if (!obstacle) {
      const last = connection.currentLocalDescription;
      const isNews = last?.type !== "offer" || substance(last.sdp) !== substance(sdp);
      if (isNews) this.#withoutNews.end();
      else this.#withoutNews.begin();
      return isNews;
    }
    const isKnown = this.#postponed.isOn;
    this.#postponed.begin();
    if (isKnown) return false;
    this.negotiation.fail(obstacle);
    // Who was told may have made room at once, and the browser, which has asked already, does not ask again.
    this.negotiation.retry();
    return false;
  }

  /**
   * Whether the server takes the answer to an offer that has just been set; else the offer is taken back. An answer
   * cannot be, once it is set.
   * @param {RTCPeerConnection} connection
   * @param {string} offer
   */
  async canAnswer(connection, offer) {
    const { sdp } = await connection.createAnswer();
    if (!this.negotiation.isCurrent(connection)) return false;
    const obstacle = this.signaling.obstacle({ type: "webrtc_answer", sdp });
    const isKnown = this.#unanswered === offer;
    this.#unanswered = obstacle && offer;
    if (!obstacle) {
      if (isKnown) this.#postponed.end();
      this.#withoutNews.end();
      return true;
    }
    await connection.setRemoteDescription({ type: "rollback" });
    if (!this.negotiation.isCurrent(connection)) return false;
    this.#postponed.begin();
    if (!isKnown) this.negotiation.fail(obstacle);
    return false;
  }

  /**
   * Sends the present description, if the other is there.
   * @param {RTCPeerConnection} connection
   */
  async send(connection) {
    const { type, sdp } = connection.localDescription ?? {};
    if (!type || !this.negotiation.isCurrent(connection)) return;
    try {
      this.signaling.sendNow({ type: `webrtc_${type}`, sdp });
    } catch (error) {
      await this.withdraw(connection, error);
    }
  }

  /**
   * Takes the offer back that the server does not take, if it was one. A first offer goes with its connection: after a
   * rollback of that Chromium leaves the line of the data channels out of the next one.
   * @param {RTCPeerConnection | null} connection
   * @param {unknown} error
   */
  async withdraw(connection, error) {
    if (connection?.signalingState === "have-local-offer") {
      if (connection.currentLocalDescription) {
        await connection.setLocalDescription({ type: "rollback" });
        if (!this.negotiation.isCurrent(connection)) return;
      } else {
        this.negotiation.renew();
      }
      this.#postponed.begin();
    }
    this.negotiation.fail(error);
  }

  /** An offer was answered: the other has given up its own, if it had made one. */
  agree() {
    this.#postponed.end();
    this.#unanswered = null;
  }

  /** The two have met anew: what was offered before is worth nothing. */
  forget() {
    this.#unanswered = null;
  }

  end() {
    this.#postponed.end();
    this.#withoutNews.end();
    this.#unanswered = null;
  }
}
