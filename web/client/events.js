// @ts-check

/**
 * An `EventTarget` whose events are `CustomEvent`s that say what happened in `detail`.
 * @template {Record<string, any>} Details what `detail` is, by the type of event
 */
export class Events extends EventTarget {
  /**
   * Calls `handle` with the detail of every event of a type, until the signal is aborted.
   * @template {keyof Details & string} Type
   * @param {Type} type
   * @param {(detail: Details[Type]) => void} handle
   * @param {{signal?: AbortSignal}} [options]
   */
  on(type, handle, options) {
    this.addEventListener(type, (event) => handle(/** @type {CustomEvent} */ (event).detail), options);
  }

  /**
   * @protected
   * @template {keyof Details & string} Type
   * @param {Type} type
   * @param {Details[Type]} detail
   */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
