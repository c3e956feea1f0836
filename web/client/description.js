// @ts-check

/**
 * What names the connection that wrote a description: the id of its session (RFC 8866 §5.2).
 * @param {string} sdp
 */
export function identity(sdp) {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? sdp;
}

/**
 * What names the ICE generation that a description begins or belongs to (RFC 8839 §5.4).
 * @param {string} sdp
 */
export function generation(sdp) {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1];
}

/**
 * Whether a candidate is of the ICE generation that a description begins (RFC 8840 §4.1), and of a line that it has. One
 * that does not say its generation is taken to be.
 * @param {RTCIceCandidateInit} candidate
 * @param {string} sdp
 */
export function isOf({ usernameFragment, sdpMid }, sdp) {
  const lines = new Set(sdp.split(/\r?\n/));
  const isOfGeneration = !usernameFragment || lines.has(`a=ice-ufrag:${usernameFragment}`);
  // Lines without a name are found by their number.
  const isOfLine = !sdpMid || !/^a=mid:/m.test(sdp) || lines.has(`a=mid:${sdpMid}`);
  return isOfGeneration && isOfLine;
}

/** Lines that change without any wish for it: the version, and what belongs to the gathering of candidates. */
const INCIDENTAL = /^(o=|c=|a=candidate:|a=end-of-candidates|a=rtcp:)/;

/**
 * What an offer says to the other: two of the same connection that differ in nothing else than their version and the
 * addresses found so far have the same.
 * @param {string} sdp
 */
export function substance(sdp) {
  const lines = sdp.split(/\r?\n/).filter((line) => !INCIDENTAL.test(line));
  // Port 0 says that the line is not wanted (RFC 3264 §6).
  return lines.map((line) => line.replace(/^(m=\S+) [1-9]\d*/, "$1 9")).join("\n");
}

/**
 * An answer whose DTLS role is the one that its sender has had so far (RFC 8842 §5.3): without a new association the
 * roles stay. Firefox answers an offer with new ICE credentials as the active side whatever it was, and then others
 * refuse the answer.
 * @param {string} sdp
 * @param {Pick<RTCPeerConnection, "currentLocalDescription" | "currentRemoteDescription">} connection
 */
export function withSettledRole(sdp, { currentLocalDescription: local, currentRemoteDescription: remote }) {
  const theirs = remote?.type === "answer" ? role(remote.sdp) : opposite[role(local?.sdp ?? "") ?? ""];
  return theirs ? sdp.replace(/^a=setup:(active|passive)/gm, `a=setup:${theirs}`) : sdp;
}

/** @type {Record<string, string | undefined>} */
const opposite = { active: "passive", passive: "active" };

/** @param {string} sdp */
function role(sdp) {
  return /^a=setup:(active|passive)/m.exec(sdp)?.[1];
}
