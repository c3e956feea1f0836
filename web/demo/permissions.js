// @ts-check

/** @typedef {"audio" | "video"} Kind */

/** @type {Kind[]} */ export const KINDS = ["audio", "video"];

/**
 * Which of the two may be asked for by itself after both together were refused: what is allowed, and what is not
 * denied when the other is, which was the reason then. Browsers that do not tell ask nobody a second time.
 * @param {PermissionState | undefined} audio
 * @param {PermissionState | undefined} video
 */
export function worthAskingAlone(audio, video) {
  const isWorth = (/** @type {typeof audio} */ own, /** @type {typeof audio} */ other) =>
    own === undefined || own === "granted" || (own === "prompt" && other === "denied");
  return KINDS.filter((kind) => (kind === "audio" ? isWorth(audio, video) : isWorth(video, audio)));
}

/** @returns {Promise<[PermissionState | undefined, PermissionState | undefined]>} for microphone and camera */
export async function permissions() {
  const [audio, video] = ["microphone", "camera"].map(async (name) => {
    try {
      return (await navigator.permissions.query({ name: /** @type {PermissionName} */ (name) })).state;
    } catch {
      return undefined;
    }
  });
  return [await audio, await video];
}

/** @param {unknown} error */
export function isRefusal(error) {
  return error instanceof DOMException && error.name === "NotAllowedError";
}

/**
 * What is missing, in one word.
 * @param {{kind: Kind, error: unknown}[]} missing
 */
export function subject(missing) {
  const names = new Set(missing.map(({ error }) => (error instanceof Error ? error.name : "")));
  if (missing.length === 2 && names.size === 1) return "devices";
  return missing[0].kind === "audio" ? "microphone" : "camera";
}
