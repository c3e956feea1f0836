package import TLS

/// Takes a connection of the web server's ports that speaks STUN. Called from any thread, at any rate; it must not
/// block.
package typealias StreamTaker = @Sendable (consuming DetachedStream) -> Void
