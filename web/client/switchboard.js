// @ts-check
/**
 * The client of a Switchboard server: pairing, signaling, and a peer connection that looks after itself.
 *
 *     import { Pairing, Signaling, Peer } from "https://call.example.org/client/switchboard.js";
 *
 * Loaded by `<script type="module" src=…>` it is also there as `window.Switchboard` for other scripts, from
 * `DOMContentLoaded` on.
 */
import { readJoinCode } from "./code.js";
import { SwitchboardError } from "./errors.js";
import { Pairing } from "./pairing.js";
import { PathMonitor } from "./path.js";
import { Peer } from "./peer.js";
import { Signaling } from "./signaling.js";

const all = { Pairing, PathMonitor, Peer, Signaling, SwitchboardError, readJoinCode };

export { Pairing, PathMonitor, Peer, Signaling, SwitchboardError, readJoinCode };

/** @type {any} */ (globalThis).Switchboard ??= Object.freeze(all);
