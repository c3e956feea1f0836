public import Signaling

extension LiveRoomID: ExpressibleByUnicodeScalarLiteral {}
extension LiveRoomID: ExpressibleByExtendedGraphemeClusterLiteral {}
extension LiveRoomID: ExpressibleByStringLiteral {
    /// For tests: an id as a literal. A wrong one ends the test run.
    public init(stringLiteral text: String) {
        guard let id = LiveRoomID(text) else { preconditionFailure("not a room id: \(text)") }
        self = id
    }
}
