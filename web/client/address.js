// @ts-check

/** Where this module came from, which is a server unless somebody copied it: `…/client/address.js` is of `…/`. */
const origin = new URL("..", import.meta.url);

/**
 * A server's address in the form that paths are added to: it ends in a slash, without query and fragment.
 * @param {string | URL} [server] the one that this module came from by default
 */
export function serverAddress(server = origin) {
  const address = new URL(server);
  address.search = address.hash = "";
  if (!address.pathname.endsWith("/")) address.pathname += "/";
  return address;
}
