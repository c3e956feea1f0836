/// Bounds of the members of client messages, and which application types are forwarded.
package struct SignalingRules: Sendable {
    /// The most bytes of an `sdp` in UTF-8, its JSON escapes read.
    package var maxSDPBytes = 114_688
    /// The most bytes of a `candidate` object as it stands in the JSON.
    package var maxCandidateBytes = 4_096
    /// Types of application messages that reach the other peer with all their members.
    package var forwardedTypes: Set<String> = ["key_exchange", "key_exchange_complete"]

    /// The default bounds and types.
    package init() {}
}
