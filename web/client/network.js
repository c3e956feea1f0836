// @ts-check

/**
 * Calls `changed` when this device has come to another network, as far as the browser says so.
 * @param {() => void} changed
 * @param {AbortSignal} signal ends it
 */
export function watchNetwork(changed, signal) {
  globalThis.addEventListener?.("online", changed, { signal });
  // Not in every browser, and told of every new estimate of the speed as well: only another kind of network counts.
  const connection = /** @type {any} */ (globalThis.navigator)?.connection;
  let type = connection?.type;
  const compare = () => {
    if (connection.type === type) return;
    type = connection.type;
    if (type !== "none") changed();
  };
  connection?.addEventListener?.("change", compare, { signal });
}
