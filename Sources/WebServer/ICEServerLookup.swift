package import Signaling

/// The ICE servers for one member of a room; nil when there are none to tell of. Called from any thread, at any rate; it
/// must not block.
package typealias ICEServerLookup = @Sendable (_ room: String, _ member: String) -> ICEServers?
