// @ts-check

/**
 * What names the connection that wrote a description: the id of its session (RFC 8866 §5.2).
 * @param {string} sdp
 */
export function identity(sdp) {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? sdp;
}

/**
 * Whether a candidate is of the ICE generation that a description begins (RFC 8840 §4.1). One that does not say its
 * generation is taken to be.
 * @param {RTCIceCandidateInit} candidate
 * @param {string} sdp
 */
export function isOf(candidate, sdp) {
  const fragment = candidate.usernameFragment;
  return !fragment || sdp.split(/\r?\n/).includes(`a=ice-ufrag:${fragment}`);
}
